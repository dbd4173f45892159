#include "node/partition/evictions.h"

#include <algorithm>

namespace cairn::partition {
namespace {

/// More are only kept while records with ever shorter lives come: forgetting one brings back, at worst, some records
/// that would have lived still.
constexpr size_t kMarksMax = 64;

}  // namespace

void Evictions::add(Mark mark, uint32_t now_s) {
    const std::lock_guard lock(lock_);
    std::erase_if(marks_, [&](const Mark& old) { return old.void_time <= mark.void_time || old.void_time <= now_s; });
    if (marks_.size() == kMarksMax) marks_.pop_back();
    marks_.push_back(mark);
}

void Evictions::lower(uint32_t void_time) {
    const std::lock_guard lock(lock_);
    for (Mark& mark : marks_) mark.void_time = std::min(mark.void_time, void_time);
    if (void_time == 0) marks_.clear();
}

std::vector<Evictions::Mark> Evictions::marks() const {
    const std::lock_guard lock(lock_);
    return marks_;
}

bool Evictions::covers(const record::Head& record) const {
    if (record.void_time == 0) return false;
    const std::lock_guard lock(lock_);
    return std::ranges::any_of(marks_, [&](const Mark& mark) {
        return record.void_time < mark.void_time && record.last_update_ms() < mark.lut;
    });
}

void Evictions::begin(const Round& round, uint64_t some, uint32_t sweepers) {
    round_ = round;
    some_left_.store(static_cast<int64_t>(some), std::memory_order_relaxed);
    sweepers_left_.store(sweepers, std::memory_order_relaxed);
    rounds_.fetch_add(1, std::memory_order_release);
}

bool Evictions::may_take(const record::Head& record) const {
    if (record.void_time == 0 || record.void_time >= round_.some_before) return false;
    if (record.last_update_ms() >= round_.lut) return false;
    return record.void_time < round_.all_before || some_left_.load(std::memory_order_relaxed) > 0;
}

bool Evictions::takes(const record::Head& record) {
    if (!may_take(record)) return false;
    return record.void_time < round_.all_before || some_left_.fetch_sub(1, std::memory_order_relaxed) > 0;
}

}  // namespace cairn::partition
