#pragma once
#include <cstdint>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/runtime/clock.h"
#include "common/wire/message.h"
#include "node/partition/namespace.h"
#include "node/record/draft.h"
#include "node/txn/counters.h"
#include "node/txn/filter.h"

namespace cairn::udf {
class Runner;
}

namespace cairn::txn {

/// What one worker brings to every command it runs: time, scratch memory, counters. Never shared.
struct Worker {
    Worker(runtime::Clock& machine_clock, size_t namespace_count) : clock(machine_clock), counters(namespace_count) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    runtime::Clock& clock;
    record::Draft draft;
    Buffer scratch;                           // values being checked or computed
    /// Of the request being run: whoever runs commands sets it, and runs them again when they answer `waiting` and what
    /// they wanted has been read.
    partition::Reads* reads = &own_reads;
    partition::Reads own_reads;  // of who runs commands that nobody waits for
    /// What must be durable before the replies written since it was last emptied may be sent.
    struct Owed {
        storage::Store* store;
        storage::Ticket ticket;
    };
    std::vector<Owed> owed;
    void owe(storage::Store& store, storage::Ticket ticket) {
        for (Owed& known : owed) {
            if (known.store == &store && known.ticket.stream == ticket.stream) {
                known.ticket = ticket;
                return;
            }
        }
        owed.push_back({&store, ticket});
    }
    /// Replies written since it was last emptied that wait for other copies of what they tell.
    struct Unreplicated {
        uint64_t ticket;
        size_t reply_at;  // where the reply's unit begins; kNowhere: it cannot be found any more
        size_t ns;  // index of the namespace
        bool row = false;  // of a batch
        static constexpr size_t kNowhere = SIZE_MAX;
    };
    std::vector<Unreplicated> unreplicated;
    uint64_t tickets = 0;  // the last one given; the upper 16 bits say which worker this is
    size_t reply_at = 0;  // of the command that runs
    /// A command answered `waiting` and wants no reads: it is to be run again in a moment.
    bool again = false;
    std::vector<NamespaceCounters> counters;  // by namespace index
    Filter filter;  // of the command that runs
    expr::Program program;  // of the operation that runs
    udf::Runner* functions = nullptr;  // outlives this; null: there are no functions
    record::Memory memory;  // of one evaluation of a filter
};

/// One command on one record, parsed: views into its frame.
struct Command {
    const wire::MessageHeader& header;
    const wire::Fields& fields;
    const wire::Ops& ops;
    Digest digest;
    Origin origin = Origin::client;
    uint32_t row_index = 0;  // goes into the reply header of batch rows
    const Filter* filter = nullptr;  // compiled already, for many commands; null: `fields` say
};

/// Runs the command and appends its reply: exactly one unit, without a frame.
/// Semantics and order of checks: docs/protocol.md, "Single records".
/// @return  the code in the reply; or waiting: nothing was appended or changed, worker.reads knows what has to be read.
ResultCode execute(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

/// Whether a record counts as absent: its time is over, or it was truncated.
bool is_gone(const partition::Namespace& ns, const record::Head& record, const runtime::Clock& clock);

}  // namespace cairn::txn
