#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/replication/codec.h"
#include "node/replication/partition_machine.h"
#include "tests/sim/cluster_history.h"
#include "tests/sim/memory_store.h"

namespace cairn::sim {

struct ReplicationShape {
    size_t nodes = 0;     // 0: 3 to 6, drawn
    bool splits = false;  // any trouble; else at most one node is away at a time, and views need a majority
    replication::ReplicationMutants mutants = {};
    Duration trouble = 40s;
    replication::ConflictPolicy policy = replication::ConflictPolicy::generation;
};

/// What was asked of the cluster, and what its copies hold, seen from outside.
class RecordChecks {
public:
    struct Operation {
        size_t partition = 0;
        Digest digest{};
        replication::Kind kind = replication::Kind::live;
        bool commit_all = true;
        std::optional<replication::PartitionMachine::Outcome> outcome{};
    };
    /// @return  its number, which is what is written.
    uint32_t begin(Operation operation) {
        operations_.push_back(operation);
        return static_cast<uint32_t>(operations_.size());
    }
    void end(uint32_t number, replication::PartitionMachine::Outcome outcome) {
        operations_[number - 1].outcome = outcome;
    }
    const Operation& operation(uint32_t number) const { return operations_[number - 1]; }
    size_t count(replication::PartitionMachine::Outcome outcome) const;

    /// Each record was written by somebody; nothing that was definitely refused is there.
    std::optional<std::string> check_written(size_t partition, const MemoryStore::Records& records) const;
    /// Nothing acknowledged is missing. Operations on one record are applied in the order of their numbers.
    std::optional<std::string> check_complete(size_t partition, const MemoryStore::Records& records) const;

private:
    std::vector<Operation> operations_;
};

/// Whole nodes, each with its part in every partition: a ClusterHistory whose views are used. Clients write to whoever is
/// master; packets go through the codec. With `splits` the sides go on alone and are merged; without, no acknowledged
/// write may be missing.
class ReplicationHistory : private ClusterData {
public:
    ReplicationHistory(uint64_t seed, const ReplicationShape& shape);
    ~ReplicationHistory() override;

    /// @return  what went wrong first.
    std::optional<std::string> run();
    /// One split into two sides, each of which writes records of its own; then all of them are to be there. By
    /// last-update-time: a side without a copy begins at generation 1.
    std::optional<std::string> run_one_split();

    struct Totals {
        size_t acknowledged = 0, in_doubt = 0, syncs = 0, faults = 0, handed_over = 0, erased = 0;
        replication::ReplicationCounters counters;
    };
    Totals totals();
    uint64_t trace_hash() { return cluster_.trace_hash(); }

private:
    using Machine = replication::PartitionMachine;
    struct Node;

    void begin(size_t node, bool lost, cluster::NamespaceReport& said) override;
    void end(size_t node) override;
    void accept(size_t node, const cluster::Formed& formed) override;
    void activate(size_t node, const cluster::Formed& formed) override;
    void lose_view(size_t node) override;
    void tick(size_t node) override;
    void arrive(size_t node, cluster::NodeId from, Bytes frame) override;

    void give(size_t node, size_t partition, std::span<const Machine::Event> events);
    void give(size_t node, size_t partition, const Machine::Event& event) { give(node, partition, {&event, 1}); }
    void perform(size_t node, size_t partition, Machine::Effects effects);
    void post(size_t node);
    void store_cfg(size_t node, size_t partition, const Machine::StoreCfg& wanted);
    void use();
    void write_somewhere();
    std::optional<size_t> master_of(size_t partition);
    bool synced();
    /// Clients stop until no write is open any more; then all copies are compared.
    void stop_and_check();
    /// In words.
    std::string what_is_missing();
    void check_synced();
    void disturb_one_node();
    std::optional<std::string> run_without_splits();
    std::optional<std::string> run_with_splits();
    std::optional<std::string> finish();

    const ReplicationShape shape_;
    ClusterHistory cluster_;
    RecordChecks checks_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::map<std::tuple<size_t, cluster::Ballot, cluster::Regime>, size_t> masters_;
    bool writing_ = true;
    std::optional<uint64_t> sides_;  // while there are two: a bit for each node; it writes keys of that parity only
    std::optional<size_t> quiesced_;
    bool complete_ = true;  // whether all that was acknowledged must be there
    Totals totals_;
};

}  // namespace cairn::sim
