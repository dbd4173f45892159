#include "bench/load/worker.h"

#include <algorithm>

namespace cairn::bench {
namespace {

/// The counter has one writer: a load and a store instead of a locked addition.
void raise(std::atomic<uint64_t>& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

Worker::Worker(runtime::Loop& loop, Plan& plan, size_t index, size_t count, Events events)
    : loop_(loop),
      plan_(plan),
      index_(index),
      count_(count),
      events_(std::move(events)),
      dice_(plan.options().random_seed * 1'000'003 + index),
      timer_(loop.make_timer()) {
    if (const double rate = plan.options().rate; rate > 0) {
        interval_ = std::max(Duration(1), Duration(int64_t(1e9 * double(count) / rate)));
    }
}

void Worker::open() {
    for (size_t i = index_; i < plan_.options().connections; i += count_) ++lanes_wanted_;
    for (size_t i = index_; i < plan_.options().connections; i += count_) open_lane(i);
}

void Worker::open_lane(size_t connection) {
    const size_t nodes = plan_.nodes().size();
    const size_t node = connection % nodes;
    const size_t connections = plan_.options().connections;
    const size_t shares = connections / nodes + (node < connections % nodes);
    loop_.connect(plan_.nodes()[node],
                  [this, node, share = connection / nodes, shares](Result<std::unique_ptr<runtime::Socket>> socket) {
                      if (!socket) return fail_run(socket.error().detail);
                      lanes_.push_back(std::make_unique<Lane>(*this, node, share, shares, std::move(*socket)));
                      if (lanes_.size() == lanes_wanted_) events_.opened();
                  });
}

void Worker::start() {
    running_ = true;
    loop_.clock().refresh();
    const Instant now = loop_.clock().now();
    if (interval_ != Duration::zero()) {
        for (uint32_t i = 0; i < plan_.options().pipeline; ++i) {
            for (auto& lane : lanes_) slots_.push_back(lane.get());
        }
        next_due_ = now + interval_ * int64_t(index_) / int64_t(count_);
        return pump();
    }
    for (auto& lane : lanes_) {
        while (lane->issue(now)) {
        }
        lane->flush();
    }
    if (std::ranges::all_of(lanes_, [](const auto& lane) { return lane->exhausted(); })) check_done(true);
}

void Worker::completed(Lane& lane, Kind kind, Instant start) {
    tally_.latency[size_t(kind)].add(loop_.clock().now() - start);
    ++tally_.requests;
    raise(requests_, 1);
    if (interval_ != Duration::zero()) slots_.push_back(&lane);
}

void Worker::replies_taken(Lane& lane) {
    // Scans count here too: records arrive long before a request is complete.
    records_.store(records_before_ + tally_.records, std::memory_order_relaxed);
    failed_.store(failed_before_ + tally_.failed, std::memory_order_relaxed);
    if (!running_) return;
    if (interval_ != Duration::zero()) return pump();
    while (lane.issue(loop_.clock().now())) {
    }
    lane.flush();
    check_done(lane.exhausted() && lane.idle());
}

void Worker::pump() {
    const Instant now = loop_.clock().now();
    bool exhausted = false;
    while (next_due_ <= now && !slots_.empty()) {
        Lane* lane = slots_.front();
        slots_.pop_front();
        if (lane->issue(next_due_)) {
            next_due_ += interval_;
            if (unsent_.empty() || unsent_.back() != lane) unsent_.push_back(lane);
        } else {
            exhausted = true;
        }
    }
    for (Lane* lane : unsent_) lane->flush();
    unsent_.clear();
    check_done(exhausted ||
               (slots_.empty() && std::ranges::any_of(lanes_, [](const auto& lane) { return lane->exhausted(); })));
    if (running_ && !slots_.empty()) wait_for_due();
}

void Worker::wait_for_due() {
    if (timer_armed_) return;
    timer_armed_ = true;
    timer_->arm(std::max(next_due_ - loop_.clock().now(), Duration::zero()), [this] {
        timer_armed_ = false;
        if (running_) pump();
    });
}

void Worker::check_done(bool maybe) {
    if (!maybe || !running_) return;
    if (!std::ranges::all_of(lanes_, [](const auto& lane) { return lane->exhausted() && lane->idle(); })) return;
    running_ = false;
    events_.done();
}

void Worker::restart_tally() {
    records_before_ += tally_.records;
    failed_before_ += tally_.failed;
    tally_ = {};
}

Tally Worker::stop() {
    running_ = false;
    timer_->cancel();
    return tally_;
}

Worker::Progress Worker::progress() const {
    return {requests_.load(std::memory_order_relaxed), records_.load(std::memory_order_relaxed),
            failed_.load(std::memory_order_relaxed)};
}

void Worker::fail_run(std::string reason) {
    running_ = false;
    events_.failed(std::move(reason));
}

}  // namespace cairn::bench
