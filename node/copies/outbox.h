#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "common/runtime/loop.h"
#include "node/replication/codec.h"
#include "node/replication/partition_machine.h"

namespace cairn::copies {

/// Effects of machines that ran on any thread, on their way to loop 0, which performs them in order. Those of one turn
/// go together.
class Outbox {
public:
    using Machine = replication::PartitionMachine;
    /// The partition's machine wants records that have to be read first.
    struct WantsReads {};
    struct HasData {
        bool has_data;
    };
    struct Item {
        size_t ns;  // index of the namespace
        PartitionId partition;
        std::variant<Machine::StoreCfg, Machine::Erased, Machine::WantView, WantsReads, HasData> what;
    };
    struct Outgoing {
        cluster::NodeId to = 0;
        replication::Packet packet;
    };
    /// All of a turn.
    struct Gathered {
        std::vector<Item> items;
        std::vector<Outgoing> packets;  // one for each node and view
        std::vector<std::pair<size_t, Machine::Answer>> answers;  // with the namespace's index
    };
    using Flush = std::function<void(Gathered)>;

    /// @param loop   loop 0; outlives this.
    /// @param flush  runs on it.
    Outbox(runtime::Loop& loop, Flush flush) : loop_(loop), flush_(std::move(flush)) {}

    /// Any thread, inside a door or not.
    /// @param name  of the namespace; outlives this.
    void add(size_t ns, std::string_view name, PartitionId partition, Machine::Effects&& effects);
    void add(Item item);

private:
    std::vector<replication::Letter>& letters_to(cluster::NodeId node, const cluster::Ballot& view);
    void flush();
    /// A flush follows; under the lock.
    void wake();

    runtime::Loop& loop_;
    const Flush flush_;
    std::mutex mutex_;  // guards the two below
    Gathered gathered_;
    bool woken_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cairn::copies
