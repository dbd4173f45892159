#include "bench/load/driver.h"

#include <cstdio>

namespace cairn::bench {
namespace {

constexpr Duration kTimeout = 5s;

}  // namespace

Driver::Driver(runtime::Machine& machine, Plan& plan, std::move_only_function<void(Result<Measured>)> ended)
    : machine_(machine),
      plan_(plan),
      ended_(std::move(ended)),
      loop_(machine.loop(0)),
      timer_(loop_.make_timer()),
      end_timer_(loop_.make_timer()) {}

void Driver::start() {
    if (plan_.options().raw) {
        nodes_.push_back(plan_.options().seed_node);
        return open_workers();
    }
    ask_node(plan_.options().seed_node);
}

void Driver::ask_node(const runtime::Endpoint& at) {
    client::connect(loop_, at, kTimeout, [this, at](Result<std::unique_ptr<client::Connection>> connection) {
        if (!connection) return end(std::unexpected(connection.error()));
        connection_ = std::move(*connection);
        client::fetch_view(*connection_, [this, at](Result<client::ClusterView> view) {
            if (!view) return end(std::unexpected(view.error()));
            take_view(at, *view);
        });
    });
}

void Driver::take_view(const runtime::Endpoint& at, const client::ClusterView& view) {
    const auto& ns = plan_.options().ns;
    const auto found = view.namespaces.find(ns);
    if (found == view.namespaces.end() || found->second.columns.empty()) {
        return end(fail("--namespace: the server at " + at.text() + " has no namespace '" + ns + "'"));
    }
    if (nodes_.empty()) {
        measured_.build = view.build;
        for (const auto& peer : view.peers.peers) {
            if (!peer.addresses.empty()) to_ask_.push_back(peer.addresses.front());
        }
    }
    const auto& mine = found->second.columns[0];
    for (uint32_t id = 0; id < kPartitionCount; ++id) {
        if (mine[id]) owners_[id] = uint16_t(nodes_.size());
    }
    partitions_owned_ += mine.count();
    nodes_.push_back(at);
    if (!to_ask_.empty()) {
        const auto next = to_ask_.back();
        to_ask_.pop_back();
        return ask_node(next);
    }
    if (partitions_owned_ != kPartitionCount) {
        return end(fail("the cluster is not settled: its nodes are master of " + std::to_string(partitions_owned_) +
                        " of 4096 partitions of namespace '" + ns + "'"));
    }
    open_workers();
}

void Driver::open_workers() {
    if (nodes_.size() > plan_.options().connections) {
        return end(fail("--connections must be at least " + std::to_string(nodes_.size()) + ": one for each node"));
    }
    measured_.nodes = nodes_.size();
    plan_.set_nodes(nodes_, owners_);
    const size_t count = machine_.loop_count();
    for (size_t i = 0; i < count; ++i) {
        // Workers speak to the driver on its own loop.
        const auto tell = [this](void (Driver::*what)()) {
            return [this, what] { loop_.post([this, what] { (this->*what)(); }); };
        };
        Worker::Events events;
        events.opened = tell(&Driver::opened);
        events.done = [this] {
            loop_.post([this] {
                if (++workers_done_ == workers_.size()) finish();
            });
        };
        events.failed = [this](std::string reason) {
            loop_.post([this, reason = std::move(reason)] { end(fail(reason)); });
        };
        workers_.push_back(std::make_unique<Worker>(machine_.loop(i), plan_, i, count, std::move(events)));
    }
    for (size_t i = 0; i < count; ++i) machine_.loop(i).post([worker = workers_[i].get()] { worker->open(); });
}

void Driver::opened() {
    if (++workers_opened_ != workers_.size()) return;
    connection_.reset();
    for (size_t i = 0; i < workers_.size(); ++i) {
        machine_.loop(i).post([worker = workers_[i].get()] { worker->start(); });
    }
    const double warmup_s = plan_.options().warmup_s;
    if (warmup_s == 0) return begin_measuring();
    end_timer_->arm(Duration(int64_t(warmup_s * 1e9)), [this] {
        for (size_t i = 0; i < workers_.size(); ++i) {
            machine_.loop(i).post([worker = workers_[i].get()] { worker->restart_tally(); });
        }
        loop_.post([this] { begin_measuring(); });
    });
}

void Driver::begin_measuring() {
    if (finishing_) return;
    if (const int pid = plan_.options().server_pid; pid != 0) {
        const auto usage = read_usage(pid);
        if (!usage) return end(fail("--server-pid: " + usage.error().detail));
        server_start_ = *usage;
    }
    if (const auto usage = read_usage(0)) generator_start_ = *usage;
    loop_.clock().refresh();
    began_ = loop_.clock().now();
    measuring_ = true;
    last_ = progress();
    if (const double duration_s = plan_.options().duration_s; duration_s > 0) {
        end_timer_->arm(Duration(int64_t(duration_s * 1e9)), [this] { finish(); });
    }
    if (!plan_.options().quiet) timer_->arm(1s, [this] { tick(); });
}

Worker::Progress Driver::progress() const {
    Worker::Progress sum{};
    for (const auto& worker : workers_) {
        const auto one = worker->progress();
        sum.requests += one.requests;
        sum.records += one.records;
        sum.failed += one.failed;
    }
    return sum;
}

void Driver::tick() {
    const auto now = progress();
    const double second = double((loop_.clock().now() - began_).count()) / 1e9;
    std::fprintf(stderr, "%6.1f s  %9llu requests/s  %9llu records/s  %llu errors\n", second,
                 (unsigned long long)(now.requests - last_.requests), (unsigned long long)(now.records - last_.records),
                 (unsigned long long)now.failed);
    last_ = now;
    timer_->arm(1s, [this] { tick(); });
}

void Driver::finish() {
    if (finishing_ || !ended_) return;
    if (!measuring_) return end(fail("ended before anything was measured"));
    finishing_ = true;
    timer_->cancel();
    end_timer_->cancel();
    if (const int pid = plan_.options().server_pid; pid != 0) {
        const auto usage = read_usage(pid);
        if (!usage) return end(fail("--server-pid: " + usage.error().detail));
        measured_.server = usage->since(server_start_);
    }
    if (const auto usage = read_usage(0)) measured_.generator = usage->since(generator_start_);
    loop_.clock().refresh();
    measured_.seconds = double((loop_.clock().now() - began_).count()) / 1e9;
    for (size_t i = 0; i < workers_.size(); ++i) {
        machine_.loop(i).post([this, worker = workers_[i].get()] {
            loop_.post([this, tally = worker->stop()]() mutable { gather(std::move(tally)); });
        });
    }
}

void Driver::gather(Tally tally) {
    measured_.tally.merge(tally);
    if (++workers_gathered_ == workers_.size()) end(std::move(measured_));
}

void Driver::end(Result<Measured> result) {
    finishing_ = true;
    timer_->cancel();
    end_timer_->cancel();
    if (ended_) std::exchange(ended_, nullptr)(std::move(result));
}

}  // namespace cairn::bench
