#pragma once
#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "node/cluster/placement.h"

namespace cairn::cluster {

/// The inside of Placement: all partitions' orders of wish, and the choice of targets and masters from them.
class Balance {
public:
    /// @param nodes   the nodes that may be targets; all positions here are in it.
    /// @param racks   of each, numbered from 0 without gaps.
    /// @param orders  for each partition the positions, most wanted first; `nodes` of them each.
    /// @param scores  what the orders were made from: [position * partitions + partition].
    Balance(std::vector<uint32_t> racks, std::vector<uint16_t> orders, std::vector<uint64_t> scores, size_t replicas,
            size_t partitions);

    /// Each node gives what it holds above its capacity to the next that is wanted, least wanted partitions first.
    void even_copies();
    /// @param rack  masters stand there (a number of `racks`), or anywhere: kAnyRack.
    void choose_masters(uint32_t rack);
    /// Moves mastership between the targets of partitions until each node has its share of masters. Moves no copy.
    void even_masters();

    static constexpr uint32_t kAnyRack = ~uint32_t{0};

    /// Most wanted first.
    std::span<const uint16_t> targets(size_t partition) const {
        return std::span(targets_).subspan(partition * replicas_, replicas_);
    }
    uint16_t master(size_t partition) const { return masters_[partition]; }

private:
    using Refusals = std::bitset<kNodesMax>;
    static constexpr size_t kRefusalsMax = 8;  // of one partition: bounds the work when racks are very uneven

    size_t nodes() const { return racks_.size(); }
    std::span<const uint16_t> order(size_t partition) const {
        return std::span(orders_).subspan(partition * nodes(), nodes());
    }
    uint64_t score(size_t node, size_t partition) const { return scores_[node * partitions_ + partition]; }
    void choose(size_t partition, const Refusals& refused, std::vector<uint16_t>& into) const;
    size_t racks_of(std::span<const uint16_t> targets) const;
    std::vector<double> shares() const;
    bool relieve(size_t node, size_t capacity);
    bool may_lead(size_t node) const { return master_rack_ == kAnyRack || racks_[node] == master_rack_; }
    bool shift_one();
    bool shift_from(size_t node);
    void flip(size_t from, size_t to);
    void count_takers(size_t partition, int by);

    const std::vector<uint32_t> racks_;
    const std::vector<uint16_t> orders_;
    const std::vector<uint64_t> scores_;
    const size_t replicas_;
    const size_t partitions_;
    size_t rack_count_ = 0;
    std::vector<uint16_t> targets_;
    std::vector<Refusals> refused_;  // by partition
    std::vector<size_t> copies_;     // by node

    uint32_t master_rack_ = kAnyRack;
    std::vector<uint16_t> masters_;  // by partition
    std::vector<double> surplus_;    // by node: masters above its share
    std::vector<int> takers_;      // [master * nodes + node]: partitions that the node could take over
    double slack_ = 0;
};

}  // namespace cairn::cluster
