#include "node/query/index_walk.h"

#include <algorithm>

namespace cairn::query {
namespace {

std::vector<Start> all_partitions() {
    std::vector<Start> starts;
    for (uint32_t pid = 0; pid < kPartitionCount; ++pid) starts.push_back({static_cast<PartitionId>(pid), {}, 0});
    return starts;
}

std::vector<sindex::ValueRange> ranges_of(const sindex::Query& query, const sindex::Definition& definition) {
    const auto ranges = query.ranges(definition);
    return {ranges.begin(), ranges.end()};
}

}  // namespace

IndexWalk::IndexWalk(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index, sindex::Query query)
    : IndexWalk(ns, std::move(index), std::move(query), all_partitions(), {}) {}

IndexWalk::IndexWalk(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index, sindex::Query query,
                     std::span<const Start> starts)
    : IndexWalk(ns, std::move(index), std::move(query), {}, starts) {}

IndexWalk::IndexWalk(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index, sindex::Query query,
                     std::vector<Start> own_starts, std::span<const Start> starts)
    : ns_(ns),
      index_(std::move(index)),
      query_(std::move(query)),
      ranges_(ranges_of(query_, index_->definition)),
      own_starts_(std::move(own_starts)),
      starts_(own_starts_.empty() ? starts : std::span(own_starts_)),
      slice_count_(ns.partitions.slice_count()) {
    bool all_resume = true;
    sindex::Value least = UINT64_MAX;
    for (size_t i = 0; i < starts_.size(); ++i) {
        const Start& start = starts_[i];
        start_of_[start.partition] = static_cast<uint16_t>(i + 1);
        all_resume &= start.after.has_value();
        if (all_resume) least = std::min(least, sindex::value_of_wire(start.value, type()));
    }
    if (all_resume) least_ = least;  // later pages need not pass what earlier ones had
    if (ranges_.empty() || starts_.empty()) slice_ = slice_count_;
    else begin_range();
}

void IndexWalk::begin_range() {
    sindex::Value first = ranges_[range_].first;
    if (least_) first = std::max(first, *least_);
    at_ = {sindex::Entry::first_of(first), std::nullopt};
}

void IndexWalk::next_range() {
    if (++range_ == ranges_.size()) {
        range_ = 0;
        ++slice_;
    }
    begin_range();
}

}  // namespace cairn::query
