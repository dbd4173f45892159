#include "node/server/eviction.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/server/each_record.h"
#include "node/server/state.h"

namespace cairn::server {
namespace {

using partition::EvictMark;
using partition::Namespace;

/// Records that no round can take are a state the operator has to end: told again only now and then.
class Complaints {
public:
    bool due(Instant now) {
        if (last_ && now - *last_ < 60s) return false;
        last_ = now;
        return true;
    }

private:
    std::optional<Instant> last_;
};

/// One namespace's rounds.
class Evictor {
public:
    Evictor(State& state, Namespace& ns) : state_(state), ns_(ns) {}

    runtime::Task<void> look(runtime::TaskGroup& group) {
        runtime::Clock& clock = group.loop().clock();
        const uint32_t period_s = ns_.nsup_period_s.load(std::memory_order_relaxed);
        const bool above = ns_.evict_mark.load(std::memory_order_relaxed) != EvictMark::none;
        if (period_s == 0 || !above || clock.now() < next_due_ || !ns_.evictions.finished()) co_return;
        next_due_ = clock.now() + std::chrono::seconds(period_s);
        const uint64_t lut = clock.epoch_ms();
        const uint32_t now_s = clock.epoch_s();
        ExpiryHistogram soonest(ns_.evict_hist_buckets.load(std::memory_order_relaxed), now_s);
        co_await each_record(group, ns_, [&](const record::Head& record) {
            if (ns_.evictable(record) && record.void_time > now_s) soonest.add(record.void_time);
        });
        if (group.stopping()) co_return;
        const uint64_t tenths_pct = ns_.evict_tenths_pct.load(std::memory_order_relaxed);
        if (soonest.total() == 0 || tenths_pct == 0) {
            if (complaints_.due(clock.now())) {
                state_.log.warning(log::Module::nsup, "nothing can be evicted",
                                   {{"namespace", ns_.name},
                                    {"records_that_expire", soonest.total()},
                                    {"evict_tenths_pct", tenths_pct}});
            }
            co_return;
        }
        const uint64_t count = std::max<uint64_t>(1, soonest.total() * tenths_pct / 1000);
        begin(soonest.cut(count), count, lut, now_s);
    }

private:
    void begin(const ExpiryHistogram::Cut& cut, uint64_t count, uint64_t lut, uint32_t now_s) {
        ns_.evictions.add({cut.all_before, lut}, now_s);
        if (ns_.store) {
            // What is removed from the index alone would come back with the next start.
            if (const auto kept = state_.keep_evictions(); !kept) {
                state_.log.warning(log::Module::nsup, "nothing is evicted: the mark cannot be kept",
                                   {{"namespace", ns_.name}, {"reason", kept.error().detail}});
                return;
            }
        }
        ns_.evict_ttl_s.store(cut.some_before - now_s, std::memory_order_relaxed);
        ns_.evictions.begin({cut.all_before, cut.some_before, lut}, cut.some,
                            static_cast<uint32_t>(state_.namespace_counters.size()));
        state_.log.info(log::Module::nsup, "evicting",
                        {{"namespace", ns_.name}, {"records", count}, {"evict_ttl_s", cut.some_before - now_s}});
    }

    State& state_;
    Namespace& ns_;
    Instant next_due_{};
    Complaints complaints_;
};

}  // namespace

void ExpiryHistogram::add(uint32_t void_time) {
    CAIRN_CHECK(void_time > now_s_);
    const uint64_t ttl_s = void_time - now_s_;
    while (ttl_s / width_s_ >= counts_.size()) widen();
    ++counts_[ttl_s / width_s_];
    ++total_;
}

void ExpiryHistogram::widen() {
    for (size_t i = 0; i < counts_.size(); ++i) {
        const size_t from = 2 * i;
        uint32_t both = from < counts_.size() ? counts_[from] : 0;
        if (from + 1 < counts_.size()) both += counts_[from + 1];
        counts_[i] = both;
    }
    width_s_ *= 2;
}

ExpiryHistogram::Cut ExpiryHistogram::cut(uint64_t count) const {
    CAIRN_CHECK(count >= 1 && count <= total_);
    uint64_t below = 0;
    size_t bucket = 0;
    while (below + counts_[bucket] < count) below += counts_[bucket++];
    const auto bound = [&](size_t index) {
        return static_cast<uint32_t>(std::min<uint64_t>(now_s_ + uint64_t{index} * width_s_, UINT32_MAX));
    };
    if (below + counts_[bucket] == count) return {bound(bucket + 1), bound(bucket + 1), 0};
    return {bound(bucket), bound(bucket + 1), count - below};
}

runtime::Task<void> evict(runtime::TaskGroup& group, State& state) {
    std::vector<Evictor> evictors;
    for (const auto& ns : state.namespaces) evictors.emplace_back(state, *ns);
    while (co_await group.sleep(1s)) {
        for (Evictor& evictor : evictors) {
            if (!group.stopping()) co_await evictor.look(group);
        }
    }
}

}  // namespace cairn::server
