#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/base/buffer.h"
#include "common/runtime/loop.h"
#include "common/runtime/task_group.h"
#include "node/server/info_handler.h"
#include "node/server/state.h"
#include "node/txn/batch.h"
#include "node/udf/runner.h"

namespace cairn::server {

class Connection;

/// One worker of the data path: a loop, its connections, and all that commands need and no other thread touches.
class Worker {
public:
    Worker(State& state, InfoHandler& info, runtime::Loop& loop, size_t worker_count);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    State& state() { return state_; }
    InfoHandler& info() { return info_; }
    runtime::Loop& loop() { return loop_; }
    runtime::Clock& clock() { return loop_.clock(); }
    runtime::TaskGroup& tasks() { return tasks_; }
    txn::Worker& commands() { return commands_; }
    NodeCounters& counters() { return counters_; }
    const NodeCounters& counters() const { return counters_; }
    const ServiceConfig& config() const { return config_->service; }
    const txn::FindNamespace& find_namespace() const { return find_namespace_; }

    /// Where replies of the current turn are gathered: sent, or moved to their connection, before the turn ends.
    Buffer& out() { return out_; }
    /// A compressed request, inflated.
    Buffer& inflated() { return inflated_; }
    /// The request being parsed: one for all, as its field table is large.
    wire::Message& message() { return message_; }

    /// @param passed_on  by another node: it is not passed on once more.
    void accept(std::unique_ptr<runtime::Socket> socket, bool passed_on = false);
    /// A number under which passed() will tell the connection something.
    uint64_t expect_passed(uint64_t connection_id) {
        passed_[++commands_.tickets] = connection_id;
        return commands_.tickets;
    }
    /// Passes a request on to another node: its reply comes to Connection::on_passed().
    /// @return  its number.
    uint64_t pass_on(uint64_t node, uint64_t connection_id, std::vector<uint8_t> frame);
    /// Its reply is not waited for any more.
    void forget_passed(uint64_t number) { passed_.erase(number); }
    /// The reply to a request that was passed on.
    /// @param reply  nothing: it could not be sent. Empty: it is in doubt.
    void passed(uint64_t number, std::optional<Bytes> reply);
    /// Destroys the connection; it is not used after.
    void close(Connection& connection);
    /// Nothing when it has been closed: what is posted for a connection finds it by its number.
    Connection* find(uint64_t connection_id);

    /// Has the connection served at the end of this turn, together with the others that have read something.
    void gather(Connection& connection);

    /// Memory of large requests: a connection asks before its buffer grows beyond the first few KiB.
    /// @return  false when this worker's share of `input-bytes-max` is used up.
    bool take_input(size_t bytes);
    void give_input(size_t bytes) { input_bytes_ -= bytes; }

    /// Keeps whose reply waits for the answer to a replicated write.
    void await(const txn::Worker::Unreplicated& written, uint64_t connection_id) {
        awaited_[written.ticket] = {written, connection_id};
    }
    /// The answer; one that nobody waits for any more does nothing.
    void replicated(uint64_t ticket, bool in_doubt);
    /// Replies from here on in the output cannot be found any more: they were compressed.
    void lose_replies(size_t from);

    /// A command for the histograms; all of a turn end when its replies are sent.
    struct Timed {
        metrics::Histogram* histogram;
        uint32_t count;
        std::optional<Instant> began{};  // nothing: with the turn
    };
    /// @param count  operations, where a step served several of a kind.
    void timed(metrics::Histogram& histogram, uint32_t count = 1) { timed_.push_back({&histogram, count}); }
    void timed_since(metrics::Histogram& histogram, Instant began) { timed_.push_back({&histogram, 1, began}); }
    void end_turn(Instant began);
    /// The turn's replies are not sent yet: record() is called when they are.
    std::vector<Timed> hold_timed() { return std::exchange(timed_, {}); }
    static void record(std::span<const Timed> timed, Instant began, Instant now);

    /// Takes over a changed configuration.
    void reload();
    /// No new connections and no new requests; `done` runs when all that is in flight has been answered.
    void drain(runtime::Work done);
    bool draining() const { return draining_; }

private:
    runtime::Task<void> watch_connections();
    void finish_drain();
    void serve_gathered();

    State& state_;       // outlives the worker
    InfoHandler& info_;  // outlives the worker
    runtime::Loop& loop_;
    const size_t worker_count_;
    std::shared_ptr<const NodeConfig> config_;
    txn::FindNamespace find_namespace_;
    txn::Worker commands_;
    std::optional<udf::Runner> functions_;
    NodeCounters counters_;
    Buffer out_;
    Buffer inflated_;
    wire::Message message_;
    size_t input_bytes_ = 0;
    std::vector<Timed> timed_;
    std::vector<Connection*> gathered_;  // have read something in this turn
    std::vector<Connection*> serving_;   // those of them being served; nothing where one was closed
    struct Awaited {
        txn::Worker::Unreplicated written;
        uint64_t connection_id;
    };
    std::unordered_map<uint64_t, Awaited> awaited_;   // by ticket
    std::unordered_map<uint64_t, uint64_t> passed_;  // connections, by the number of what they passed on
    uint64_t next_connection_id_ = 1;
    std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
    bool draining_ = false;
    runtime::Work drained_;
    runtime::TaskGroup tasks_;
};

}  // namespace cairn::server
