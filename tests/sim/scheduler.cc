#include "tests/sim/scheduler.h"

#include <algorithm>
#include <iterator>

#include "common/base/check.h"

namespace cairn::sim {

// The longest turn is drawn once per world: 1, 10, 100 or 1000 µs, so that in some worlds timers and packets overtake
// slow loops and in others never do.
Scheduler::Scheduler(uint64_t seed) : dice_(seed), turn_max_(1us), loops_(1) {
    for (uint64_t zeros = dice_.below(4); zeros > 0; --zeros) turn_max_ *= 10;
}

Scheduler::LoopId Scheduler::add_loop(std::function<void()> begin_turn) {
    loops_.push_back({std::move(begin_turn)});
    return static_cast<LoopId>(loops_.size() - 1);
}

void Scheduler::set_alive(LoopId loop, bool alive) {
    loops_[loop].alive = alive;
    if (alive) return;
    set_paused(loop, false);
    // Destroying work may call back in here, so it dies only after the lists are whole again.
    std::vector<Ready> kept;
    std::vector<Ready> dropped;
    for (auto& ready : ready_) (ready.loop == loop ? dropped : kept).push_back(std::move(ready));
    ready_ = std::move(kept);
    std::vector<Event> unborn;
    for (auto event = events_.begin(); event != events_.end();) {
        const auto next = std::next(event);
        if (event->second.loop == loop) unborn.push_back(std::move(events_.extract(event).mapped()));
        event = next;
    }
}

void Scheduler::set_paused(LoopId loop, bool paused) {
    loops_[loop].paused = paused;
    auto& from = paused ? ready_ : held_;
    auto& to = paused ? held_ : ready_;
    std::vector<Ready> kept;
    for (auto& ready : from) (ready.loop == loop ? to : kept).push_back(std::move(ready));
    from = std::move(kept);
}

void Scheduler::post(LoopId to, Work work) {
    if (closed_ || !alive(to)) return;
    make_ready({to, current_, {}, std::move(work)});
}

Scheduler::EventId Scheduler::after(Duration delay, LoopId loop, Work work) {
    const auto longest = Instant::max() - now_;
    return at(now_ + std::clamp(delay, Duration::zero(), longest), loop, std::move(work));
}

Scheduler::EventId Scheduler::at(Instant when, LoopId loop, Work work) {
    if (closed_ || !alive(loop)) return {};
    const EventId id{std::max(when, now_), ++events_made_};
    events_.emplace(id, Event{loop, std::move(work)});
    return id;
}

void Scheduler::forget(EventId event) {
    if (event.number == 0) return;
    Work dropped;
    if (const auto found = events_.find(event); found != events_.end()) {
        dropped = std::move(found->second.work);
        events_.erase(found);
        return;
    }
    for (auto* const list : {&ready_, &held_}) {
        const auto found = std::ranges::find(*list, event, &Ready::event);
        if (found == list->end()) continue;
        dropped = std::move(found->work);
        list->erase(found);
        return;
    }
}

bool Scheduler::step(Instant limit) {
    CAIRN_CHECK(current_ == kNoLoop);
    take_due_events();
    while (ready_.empty()) {
        if (events_.empty() || events_.begin()->first.when > limit) {
            now_ = std::max(now_, limit);
            return false;
        }
        now_ = events_.begin()->first.when;
        take_due_events();
    }
    if (now_ > limit) return false;
    run_one_ready();
    now_ += Duration(1) + dice_.up_to(turn_max_);  // work takes time: even a loop that never rests lets others go on
    return true;
}

void Scheduler::take_due_events() {
    while (!events_.empty() && events_.begin()->first.when <= now_) {
        auto next = events_.extract(events_.begin());
        if (next.mapped().loop == kNoLoop) {
            next.mapped().work();
        } else {
            make_ready({next.mapped().loop, kFree, next.key(), std::move(next.mapped().work)});
        }
    }
}

void Scheduler::run_one_ready() {
    auto chosen = ready_.begin() + static_cast<ptrdiff_t>(dice_.below(ready_.size()));
    if (chosen->lane != kFree) {
        chosen = std::ranges::find_if(
            ready_, [&](const Ready& ready) { return ready.loop == chosen->loop && ready.lane == chosen->lane; });
    }
    note("turn", chosen->loop, chosen->lane, static_cast<uint64_t>(chosen - ready_.begin()), ready_.size());
    const LoopId loop = chosen->loop;
    Work work = std::move(chosen->work);
    ready_.erase(chosen);
    current_ = loop;
    loops_[loop].begin_turn();
    work();
    work = nullptr;  // what it held dies on its loop
    current_ = kNoLoop;
}

void Scheduler::clear() {
    closed_ = true;
    while (!ready_.empty() || !held_.empty() || !events_.empty()) {
        const auto ready = std::exchange(ready_, {});
        const auto held = std::exchange(held_, {});
        const auto events = std::exchange(events_, {});
    }
}

}  // namespace cairn::sim
