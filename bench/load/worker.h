#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/lane.h"
#include "bench/load/plan.h"
#include "bench/load/tally.h"
#include "common/runtime/loop.h"

namespace cairn::bench {

/// One thread of load: its connections, and in the open loop its timetable. All calls but progress() on its loop.
class Worker {
public:
    /// What a worker tells the run; called on the worker's loop.
    struct Events {
        std::function<void()> opened;              // every connection stands
        std::function<void()> done;                // no work left, nothing in flight
        std::function<void(std::string)> failed;   // the run cannot go on
    };
    /// @param index, count  which of the workers this is: it takes every count-th connection.
    Worker(runtime::Loop& loop, Plan& plan, size_t index, size_t count, Events events);

    void open();
    void start();
    /// Forgets what was counted so far: the warm-up is over.
    void restart_tally();
    /// Sends no more; replies still in flight are not counted. @return  what was counted.
    Tally stop();

    struct Progress {
        uint64_t requests, records, failed;
    };
    /// From the start of the load, warm-up included. Any thread.
    Progress progress() const;

    Plan& plan() { return plan_; }
    Dice& dice() { return dice_; }
    Tally& tally() { return tally_; }

    // From the lanes:
    void completed(Lane& lane, Kind kind, Instant start);
    /// All replies that came together were taken: time to send again.
    void replies_taken(Lane& lane);
    void fail_run(std::string reason);

private:
    void open_lane(size_t connection);
    void pump();
    void wait_for_due();
    void check_done(bool maybe);

    runtime::Loop& loop_;
    Plan& plan_;
    const size_t index_;
    const size_t count_;
    Events events_;
    Dice dice_;
    Tally tally_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    size_t lanes_wanted_ = 0;
    bool running_ = false;

    // Open loop: requests are due at set times, whether or not a lane has room for them then.
    Duration interval_{0};
    Instant next_due_{};
    std::deque<Lane*> slots_;  // a lane stands here once for each request it has room for
    std::vector<Lane*> unsent_;
    std::unique_ptr<runtime::Timer> timer_;
    bool timer_armed_ = false;

    // Read by the progress line on another thread; written by this one only.
    std::atomic<uint64_t> requests_{0};
    std::atomic<uint64_t> records_{0};
    std::atomic<uint64_t> failed_{0};
    uint64_t records_before_ = 0;  // counted before restart_tally()
    uint64_t failed_before_ = 0;
};

}  // namespace cairn::bench
