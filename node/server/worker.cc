#include "node/server/worker.h"

#include "node/server/connection.h"

namespace cairn::server {
namespace {

constexpr size_t kOutputKept = 1u << 20;  // of the memory for replies, between two turns

}  // namespace

Worker::Worker(State& state, InfoHandler& info, runtime::Loop& loop, size_t worker_count)
    : state_(state), info_(info), loop_(loop), worker_count_(worker_count), config_(state.config()),
      find_namespace_([&state](std::string_view name) { return state.find_namespace(name); }),
      commands_(loop.clock(), state.namespaces.size()), tasks_(loop) {
    tasks_.spawn(watch_connections());
}

Worker::~Worker() = default;

void Worker::accept(std::unique_ptr<runtime::Socket> socket) {
    if (draining_) return;
    if (state_.open_connections.load(std::memory_order_relaxed) >= config_->service.proto_fd_max) {
        counters_.connections_refused.add();
        return;
    }
    state_.open_connections.fetch_add(1, std::memory_order_relaxed);
    counters_.client_connections_opened.add();
    const uint64_t id = next_connection_id_++;
    auto& connection = connections_[id] = std::make_unique<Connection>(*this, id, std::move(socket));
    connection->start();
}

void Worker::close(Connection& connection) {
    const auto found = connections_.find(connection.id());
    CAIRN_CHECK(found != connections_.end());
    const auto closed = std::move(found->second);
    connections_.erase(found);
    state_.open_connections.fetch_sub(1, std::memory_order_relaxed);
    counters_.client_connections_closed.add();
    finish_drain();
}

Connection* Worker::find(uint64_t connection_id) {
    const auto found = connections_.find(connection_id);
    return found == connections_.end() ? nullptr : found->second.get();
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
    const Duration took = clock().now() - began;
    for (metrics::Histogram* histogram : timed_) histogram->record(took);
    timed_.clear();
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
            close(*connection);
        }
    }
}

}  // namespace cairn::server
