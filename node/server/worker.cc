#include "node/server/worker.h"

#include <algorithm>
#include <array>
#include <span>

#include "node/server/connection.h"

namespace cairn::server {
namespace {

constexpr size_t kOutputKept = 1u << 20;  // of the memory for replies, between two turns

}  // namespace

Worker::Worker(State& state, InfoHandler& info, runtime::Loop& loop, size_t worker_count)
    : state_(state),
      info_(info),
      loop_(loop),
      worker_count_(worker_count),
      config_(state.config()),
      find_namespace_([&state](std::string_view name) { return state.find_namespace(name); }),
      commands_(loop.clock(), state.namespaces.size()),
      tasks_(loop) {
    const ServiceConfig& limits = config_->service;
    if (state.modules != nullptr && !limits.disable_udf_execution) {
        functions_.emplace(*state.modules, loop.clock(),
                           udf::Limits{.instructions = limits.udf_instructions_max,
                                       .memory_bytes = limits.udf_memory_max,
                                       .time = std::chrono::milliseconds(limits.udf_time_max_ms)});
        commands_.functions = &*functions_;
    }
    tasks_.spawn(watch_connections());
}

Worker::~Worker() = default;

void Worker::accept(std::unique_ptr<runtime::Socket> socket, bool passed_on) {
    if (draining_) return;
    if (state_.open_connections.load(std::memory_order_relaxed) >= config_->service.proto_fd_max) {
        counters_.connections_refused.add();
        return;
    }
    state_.open_connections.fetch_add(1, std::memory_order_relaxed);
    counters_.client_connections_opened.add();
    const uint64_t id = next_connection_id_++;
    auto& connection = connections_[id] = std::make_unique<Connection>(*this, id, std::move(socket), passed_on);
    connection->start();
}

void Worker::close(Connection& connection) {
    const auto found = connections_.find(connection.id());
    CAIRN_CHECK(found != connections_.end());
    const auto closed = std::move(found->second);
    connections_.erase(found);
    std::erase(gathered_, closed.get());
    std::ranges::replace(serving_, closed.get(), nullptr);
    state_.open_connections.fetch_sub(1, std::memory_order_relaxed);
    counters_.client_connections_closed.add();
    finish_drain();
}

Connection* Worker::find(uint64_t connection_id) {
    const auto found = connections_.find(connection_id);
    return found == connections_.end() ? nullptr : found->second.get();
}

void Worker::replicated(uint64_t ticket, bool in_doubt) {
    const auto found = awaited_.find(ticket);
    if (found == awaited_.end()) return;
    const Awaited awaited = found->second;
    awaited_.erase(found);
    if (Connection* const connection = find(awaited.connection_id))
        connection->on_replicated(awaited.written, in_doubt);
}

uint64_t Worker::pass_on(uint64_t node, uint64_t connection_id, std::vector<uint8_t> frame) {
    const uint64_t number = expect_passed(connection_id);
    state_.pass_on(node, number, std::move(frame));
    return number;
}

void Worker::passed(uint64_t number, std::optional<Bytes> reply) {
    const auto found = passed_.find(number);
    if (found == passed_.end()) return;
    const uint64_t connection_id = found->second;
    passed_.erase(found);
    if (Connection* const connection = find(connection_id)) connection->on_passed(number, reply);
}

void Worker::lose_replies(size_t from) {
    for (auto& written : commands_.unreplicated) {
        if (written.reply_at >= from) written.reply_at = txn::Worker::Unreplicated::kNowhere;
    }
}

void Worker::gather(Connection& connection) {
    if (gathered_.empty()) loop_.at_turn_end([this] { serve_gathered(); });
    gathered_.push_back(&connection);
}

void Worker::serve_gathered() {
    serving_.swap(gathered_);
    std::array<partition::Expected, partition::kPrefetchGroup> records;
    for (size_t first = 0, next = 0; first < serving_.size(); first = next) {
        size_t known = 0;
        for (; next < serving_.size() && known < records.size(); ++next) {
            if (serving_[next] != nullptr) known += serving_[next]->expect(std::span(records).subspan(known));
        }
        if (known > 1) partition::prefetch(std::span(records).first(known));
        for (size_t i = first; i < next; ++i) {
            if (serving_[i] != nullptr) std::exchange(serving_[i], nullptr)->serve_read();
        }
    }
    serving_.clear();
}

bool Worker::take_input(size_t bytes) {
    if (input_bytes_ + bytes > config_->service.input_bytes_max / worker_count_) return false;
    input_bytes_ += bytes;
    return true;
}

void Worker::end_turn(Instant began) {
    if (out_.empty() && out_.capacity() > kOutputKept) out_.release();
    if (timed_.empty()) return;
    clock().refresh();
    record(timed_, began, clock().now());
    timed_.clear();
}

void Worker::record(std::span<const Timed> timed, Instant began, Instant now) {
    for (const Timed& one : timed) one.histogram->record(now - one.began.value_or(began), one.count);
}

void Worker::reload() { config_ = state_.config(); }

void Worker::drain(runtime::Work done) {
    draining_ = true;
    drained_ = std::move(done);
    std::vector<Connection*> idle;
    for (const auto& [id, connection] : connections_) {
        if (connection->idle()) idle.push_back(connection.get());
    }
    for (Connection* connection : idle) close(*connection);
    finish_drain();
}

void Worker::finish_drain() {
    if (!draining_ || !connections_.empty() || !drained_) return;
    tasks_.stop(std::move(drained_));
    drained_ = nullptr;
}

runtime::Task<void> Worker::watch_connections() {
    while (co_await tasks_.sleep(1s)) {
        const Instant now = clock().now();
        const auto idle_max = std::chrono::milliseconds(config_->service.proto_fd_idle_ms);
        std::vector<Connection*> over;
        for (const auto& [id, connection] : connections_) {
            const Duration still = now - connection->last_moved();
            const bool stuck = connection->sending() && connection->send_timeout() > Duration::zero() &&
                               still > connection->send_timeout();
            const bool idle = idle_max > Duration::zero() && connection->idle() && still > idle_max;
            if (stuck || idle) over.push_back(connection.get());
        }
        for (Connection* connection : over) {
            counters_.reaped_fds.add();
            connection->give_up();
            close(*connection);
        }
    }
}

}  // namespace cairn::server
