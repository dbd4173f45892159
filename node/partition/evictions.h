#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "node/record/layout.h"

namespace cairn::partition {

/// What eviction ends in one namespace: the round that the sweepers are to make, and what earlier rounds ended, so that
/// it does not come back when the index is built anew. Which records may be evicted at all is the caller's to know.
class Evictions {
public:
    /// Records that expire before `void_time` (seconds since 2010) and were last updated before `lut` (ms since 2010)
    /// are gone. What is written later may expire as soon and is not meant.
    struct Mark {
        uint32_t void_time = 0;
        uint64_t lut = 0;
        bool operator==(const Mark&) const = default;
    };

    /// Remembers a mark, the latest yet. Marks that it covers are forgotten, and those whose records expired by `now_s`.
    void add(Mark mark, uint32_t now_s);
    /// Forgets marks as far as they reach beyond `void_time`; 0: all.
    void lower(uint32_t void_time);
    std::vector<Mark> marks() const;
    /// Whether a remembered mark ended the record.
    bool covers(const record::Head& record) const;

    /// All records that expire before `all_before` go, and of those that expire before `some_before` as many as are
    /// asked for; none that was updated at `lut` or later.
    struct Round {
        uint32_t all_before = 0;
        uint32_t some_before = 0;
        uint64_t lut = 0;
    };
    /// Asks so many sweepers for a round; the last one is finished().
    void begin(const Round& round, uint64_t some, uint32_t sweepers);
    /// Counts rounds.
    uint32_t rounds() const { return rounds_.load(std::memory_order_acquire); }
    bool finished() const { return sweepers_left_.load(std::memory_order_acquire) == 0; }
    /// By each sweeper, when it is through.
    void end_share() { sweepers_left_.fetch_sub(1, std::memory_order_release); }
    /// Whether the round takes this record. By sweepers, between rounds() having changed and end_share().
    bool takes(const record::Head& record);
    /// Whether it would, if it were asked now; takes nothing.
    bool may_take(const record::Head& record) const;

private:
    mutable std::mutex lock_;  // guards marks_
    std::vector<Mark> marks_;  // the latest last; each reaches less far than the one before

    Round round_;  // changes only while no sweeper is left
    std::atomic<int64_t> some_left_{0};
    std::atomic<uint32_t> rounds_{0};
    std::atomic<uint32_t> sweepers_left_{0};
};

}  // namespace cairn::partition
