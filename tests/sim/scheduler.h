#pragma once
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "common/runtime/loop.h"
#include "tests/sim/dice.h"
#include "tests/sim/trace.h"

namespace cairn::sim {

using runtime::Work;

/// Virtual time, and the order in which the loops of all machines do their work: whenever several pieces of work are
/// ready, the dice pick the next. One order is kept, because the real machine keeps it too: what one loop posts to
/// another (or to itself) runs in the order in which it was posted.
class Scheduler {
public:
    using LoopId = uint32_t;
    /// Not a loop: the test outside the world, and the network between the machines.
    static constexpr LoopId kNoLoop = 0;

    struct EventId {
        Instant when{};
        uint64_t number = 0;  // 0: none
        auto operator<=>(const EventId&) const = default;
    };

    explicit Scheduler(uint64_t seed);
    ~Scheduler() { clear(); }
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    Instant now() const { return now_; }
    Dice& dice() { return dice_; }
    Trace& trace() { return trace_; }
    template <class... Numbers>
    void note(std::string_view what, Numbers... numbers) {
        trace_.note(now_, what, numbers...);
    }

    /// @param begin_turn  runs before each piece of work of the loop.
    LoopId add_loop(std::function<void()> begin_turn);
    /// The loop whose work runs now, or kNoLoop.
    LoopId current() const { return current_; }
    bool alive(LoopId loop) const { return loops_[loop].alive; }
    /// Drops all work of the loop, waiting or ready; while it is not alive it takes no new work.
    void set_alive(LoopId loop, bool alive);
    /// While a loop is paused, its work waits: what is ready, what comes due, what others post.
    void set_paused(LoopId loop, bool paused);

    /// Makes `work` ready on `to`, behind what the current loop has posted there before.
    void post(LoopId to, Work work);
    /// Makes `work` ready on `loop` when `delay` has passed. On kNoLoop it runs at its time, before any loop's work.
    EventId after(Duration delay, LoopId loop, Work work);
    EventId at(Instant when, LoopId loop, Work work);
    /// Drops the work of an event that has not begun; none, or one that has: nothing.
    void forget(EventId event);

    /// Runs one piece of work, after moving time to the next event when none is ready.
    /// @return  false, with time at `limit`, when nothing is left to do before `limit`.
    bool step(Instant limit);
    /// Drops all work; what its destruction wants to add is dropped too.
    void clear();

private:
    struct LoopState {
        std::function<void()> begin_turn;
        bool alive = true;
        bool paused = false;
    };
    struct Event {
        LoopId loop;
        Work work;
    };
    static constexpr uint64_t kFree = ~0ull;  // a lane of its own
    struct Ready {
        LoopId loop;
        uint64_t lane;  // the posting loop, or kFree; work of one (loop, lane) keeps its order
        EventId event;
        Work work;
    };
    void make_ready(Ready ready) { (loops_[ready.loop].paused ? held_ : ready_).push_back(std::move(ready)); }
    void take_due_events();
    void run_one_ready();

    Dice dice_;
    Trace trace_;
    Instant now_{};
    Duration turn_max_;
    uint64_t events_made_ = 0;
    LoopId current_ = kNoLoop;
    bool closed_ = false;
    std::vector<LoopState> loops_;
    std::map<EventId, Event> events_;
    std::vector<Ready> ready_;
    std::vector<Ready> held_;  // of paused loops
};

}  // namespace cairn::sim
