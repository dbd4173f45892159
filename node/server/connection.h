#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "common/base/buffer.h"
#include "common/runtime/network.h"
#include "common/wire/message.h"
#include "node/partition/prefetch.h"
#include "node/query/scan.h"
#include "node/server/info_handler.h"
#include "node/server/passed_rows.h"
#include "node/server/worker.h"
#include "node/txn/batch.h"

namespace cairn::server {

/// One client on one socket: requests in, replies out, in order. A plain state machine on the worker's loop:
/// reading → (running a long request) → sending what the socket did not take at once → reading.
///
/// Invariants: at most one read, or one wait for writability, for records or for durability, or one posted step is
/// outstanding. While replies wait to
/// be sent nothing more is read, so a peer that does not read costs one batch of replies, not more. While a long
/// request runs its frame stays at the front of the input.
class Connection final : public runtime::Socket::Handler {
public:
    /// @param passed_on  by another node, to which this one's word was that it answers for the record.
    Connection(Worker& worker, uint64_t id, std::unique_ptr<runtime::Socket> socket, bool passed_on = false);
    ~Connection();

    /// Begins to read. `this` may be destroyed before any of the calls below returns.
    void start();
    void on_read(size_t size) override;
    void on_writable() override;
    /// The next step of a long request.
    void resume();
    /// Serves what has been read. Called by the worker, after on_read() told it that there is something.
    void serve_read() {
        gathered_ = false;
        serve(last_moved_);
    }
    /// Names the records of requests at the front of the input, to be fetched before they are served.
    /// @return  how many of `records` were filled.
    size_t expect(std::span<partition::Expected> records);

    /// The reply to a request that was passed on to another node; see Worker::passed().
    void on_passed(uint64_t number, std::optional<Bytes> reply);
    /// A write whose reply waits is on all copies, or nobody knows.
    /// @param unit  where the reply is; kNowhere: it cannot be found any more.
    void on_replicated(const txn::Worker::Unreplicated& unit, bool in_doubt);

    uint64_t id() const { return id_; }
    bool idle() const {
        return std::holds_alternative<std::monostate>(job_) && unsent_.empty() && !gathered_ && !reading_ &&
               passing_ == 0 && !later_;
    }
    /// Since when nothing has moved on this connection.
    Instant last_moved() const { return last_moved_; }
    /// How long replies may wait for the peer to read; zero: for ever.
    Duration send_timeout() const;
    bool sending() const { return !unsent_.empty() && undurable_ == 0; }
    /// The peer has taken too long: counted so when the connection is destroyed.
    void give_up() { gave_up_ = true; }

private:
    /// Serves whole frames at the front of the input. @return  false when the connection was closed.
    /// @param began  for the latencies of what is served.
    bool serve(Instant began);
    enum class Next { frame, wait, job, reads, later, passed, close };
    Next serve_frame();
    void serve_message(Bytes body, Buffer& out);
    void serve_compressed(Bytes body, Buffer& out);
    void serve_single(const wire::Message& message, Bytes body, Buffer& out);
    /// Another node answers for the record, or nobody at this moment.
    void serve_elsewhere(const wire::Message& message, Bytes body, const partition::Namespace& ns, const Digest& digest,
                         Buffer& out);
    /// The value of an info line comes later, by on_passed().
    std::function<void(std::string)> await_info();
    void start_batch(const wire::Message& message, Buffer& out);
    void pass_rows_on(txn::Batch& batch);
    /// The rows that other nodes were asked for are answered, or were given back.
    void on_rows_passed();
    void go_on_with_rows();
    void start_query(const wire::Message& message, Buffer& out);
    void start_background(const wire::Message& message, partition::Namespace& ns, Buffer& out);

    /// Hands `out` to the socket, keeping what it does not take. @return  false when the connection was closed.
    bool send(Buffer& out);
    bool run_job();
    void post_resume();
    /// Serves the request at the front of the input again, a moment later.
    void try_again();
    /// Goes on when the records that the request wants have been read.
    void wait_for_reads();
    /// Replies to writes wait with the connection until these are durable, and on all copies.
    void hold(Buffer& out);
    void on_durable(bool durable);
    bool step_batch(txn::Batch& batch, Buffer& out);
    void end_job();
    void abandon_job();
    void read_more();
    bool grow_input();
    void shrink_input();

    Worker& worker_;  // outlives the connection
    const uint64_t id_;
    std::unique_ptr<runtime::Socket> socket_;
    InfoSession session_;
    Buffer in_;
    size_t charged_input_ = 0;  // of in_'s capacity, taken from the worker's share
    bool gathered_ = false;     // has read something that is to be served this turn
    size_t frames_ahead_ = 0;   // at the front of in_, whose records are being fetched
    partition::Reads reads_;    // of the request being served
    bool reading_ = false;
    const bool passed_on_;
    uint64_t passing_ = 0;              // of the request that was passed on, and whose reply is waited for; 0: none
    size_t passed_frame_ = 0;           // its size, at the front of the input
    txn::NamespaceCounters::Passed* passed_counters_ = nullptr;  // of its namespace
    bool resume_posted_ = false;
    bool later_ = false;                // the request is to be tried again in a moment
    std::optional<Instant> trying_since_;  // the request at the front of the input
    std::unique_ptr<PassedRows> passed_rows_;   // of the batch that runs
    bool rows_wait_ = false;                    // the batch waits for them, or for the next try
    std::unique_ptr<runtime::Timer> patience_;  // with what is passed on or tried again
    Buffer unsent_;
    size_t undurable_ = 0;  // writes that must be durable, or on other copies, before unsent_ may go
    Instant turn_began_;
    std::vector<Worker::Timed> held_timed_;  // of the turn whose replies wait
    Instant last_moved_;
    bool gave_up_ = false;
    bool compress_replies_ = false;  // of the request being served
    bool sends_batch_ = false;       // what is gathered in this turn has rows of a batch

    // A request that takes more than one step, and the bytes of its frame at the front of in_.
    std::variant<std::monostate, std::unique_ptr<txn::Batch>, std::unique_ptr<query::Scan>> job_;
    std::shared_ptr<query::Job> query_;  // of the scan, when it is listed
    Buffer job_frame_;                   // the inflated frame of a compressed long request
    size_t job_frame_size_ = 0;
    bool job_compresses_ = false;
    Instant job_began_{};
    std::unique_ptr<runtime::Timer> throttle_;
};

}  // namespace cairn::server
