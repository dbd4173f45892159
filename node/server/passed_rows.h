#pragma once
#include <map>
#include <optional>
#include <vector>

#include "node/server/worker.h"
#include "node/txn/batch.h"

namespace cairn::server {

/// Rows of one batch on their way to the nodes that answer for them: one request to each node at a time, which holds all
/// of its rows (docs/cluster.md, "Copies"). Rows that nobody takes go back to the batch.
class PassedRows {
public:
    /// Both outlive this.
    PassedRows(Worker& worker, uint64_t connection_id, txn::Batch& batch)
        : worker_(worker), connection_id_(connection_id), batch_(batch) {}
    /// What is still on its way is not waited for any more.
    ~PassedRows();
    PassedRows(const PassedRows&) = delete;
    PassedRows& operator=(const PassedRows&) = delete;

    /// Takes what the batch keeps, and sends it.
    void send(uint32_t timeout_ms);
    /// @param reply  nothing: it could not be sent; empty: its rows are in doubt.
    /// @return  false: no such request waits.
    bool hear(uint64_t number, std::optional<Bytes> reply);
    /// The time is over: what is on its way is in doubt.
    void give_up();
    /// No more tries: what the batch keeps is refused.
    void refuse();

    bool waiting() const { return !sent_.empty(); }
    /// Whether rows of the last send() went back to the batch.
    bool gave_back() const { return gave_back_; }

private:
    using Rows = std::vector<txn::Batch::Away>;
    void take_replies(const Rows& rows, Bytes frames);
    void give_back(const txn::Batch::Away& row);
    void in_doubt(const txn::Batch::Away& row);
    txn::NamespaceCounters::Passed& counters(const txn::Batch::Away& row) {
        return worker_.commands().counters[row.ns->index].batch_sub_proxy;
    }

    Worker& worker_;
    const uint64_t connection_id_;
    txn::Batch& batch_;
    std::map<uint64_t, Rows> sent_;  // by the number of the request
    bool gave_back_ = false;
};

}  // namespace cairn::server
