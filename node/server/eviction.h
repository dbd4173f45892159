#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "common/runtime/task_group.h"

namespace cairn::server {

class State;

/// When records expire: which of them are the soonest. One pass, whatever their lives are: buckets become wider when a
/// record does not fit.
class ExpiryHistogram {
public:
    /// @param buckets  `evict-hist-buckets`; at least 1.
    /// @param now_s    seconds since 2010, as void-times.
    ExpiryHistogram(size_t buckets, uint32_t now_s) : now_s_(now_s), counts_(buckets) {}

    /// @param void_time  after now.
    void add(uint32_t void_time);
    uint64_t total() const { return total_; }

    /// Where the soonest `count` records end: all that expire before `all_before`, and `some` of those that do before
    /// `some_before`, one bucket later.
    struct Cut {
        uint32_t all_before = 0;
        uint32_t some_before = 0;
        uint64_t some = 0;
    };
    /// @param count  1 to total().
    Cut cut(uint64_t count) const;

private:
    void widen();

    const uint32_t now_s_;
    uint32_t width_s_ = 1;
    uint64_t total_ = 0;
    std::vector<uint32_t> counts_;
};

/// Keeps namespaces below their marks: each `nsup-period` that finds one above, `evict-tenths-pct` of the records that
/// may be evicted go, those that expire soonest. On worker 0; the sweepers of all workers remove them.
runtime::Task<void> evict(runtime::TaskGroup& group, State& state);

}  // namespace cairn::server
