#include "node/cluster/placement.h"

#include <algorithm>
#include <ranges>

#include "common/base/check.h"
#include "node/cluster/balance.h"
#include "node/cluster/contains.h"
#include "node/cluster/rendezvous.h"

namespace cairn::cluster {
namespace {

/// Racks numbered from 0 without gaps.
std::vector<uint32_t> dense_racks(const std::vector<PlacedNode>& nodes, std::span<const uint16_t> active,
                                  std::vector<uint32_t>& names) {
    for (const uint16_t node : active) names.push_back(nodes[node].rack);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    std::vector<uint32_t> racks;
    for (const uint16_t node : active) {
        racks.push_back(static_cast<uint32_t>(std::ranges::lower_bound(names, nodes[node].rack) - names.begin()));
    }
    return racks;
}

/// For each partition the positions in `nodes`, highest score first.
std::vector<uint16_t> orders_by_score(std::span<const uint64_t> scores, size_t nodes, size_t partitions) {
    std::vector<uint16_t> orders;
    orders.reserve(nodes * partitions);
    std::vector<std::pair<uint64_t, uint16_t>> row(nodes);
    for (size_t p = 0; p < partitions; ++p) {
        for (size_t n = 0; n < nodes; ++n) row[n] = {scores[n * partitions + p], static_cast<uint16_t>(n)};
        std::ranges::sort(row, std::greater());
        for (const auto& [score, node] : row) orders.push_back(node);
    }
    return orders;
}

}  // namespace

Placement::Placement(std::vector<PlacedNode> nodes, const PlacementRules& rules) : nodes_(std::move(nodes)) {
    CAIRN_CHECK(nodes_.size() <= kNodesMax && rules.partitions <= kPartitionCount);
    std::ranges::sort(nodes_, {}, &PlacedNode::id);
    CAIRN_CHECK(std::ranges::adjacent_find(nodes_, {}, &PlacedNode::id) == nodes_.end());
    if (nodes_.empty()) return;

    const bool none_active = std::ranges::all_of(nodes_, &PlacedNode::quiesced);
    std::vector<uint16_t> active, quiesced;
    for (uint16_t n = 0; n < nodes_.size(); ++n) {
        (nodes_[n].quiesced && !none_active ? quiesced : active).push_back(n);
    }
    replicas_ = std::min<size_t>(rules.replication_factor, active.size());

    const auto scores_of = [&](const std::vector<uint16_t>& some) {
        std::vector<uint64_t> scores;
        scores.reserve(some.size() * rules.partitions);
        for (const uint16_t n : some) {
            const Rendezvous rendezvous(nodes_[n].id);
            for (uint32_t p = 0; p < rules.partitions; ++p) {
                scores.push_back(rendezvous.score(static_cast<PartitionId>(p)));
            }
        }
        return scores;
    };
    auto scores = scores_of(active);
    auto orders = orders_by_score(scores, active.size(), rules.partitions);
    const auto last = orders_by_score(scores_of(quiesced), quiesced.size(), rules.partitions);

    std::vector<uint32_t> racks;
    const auto dense = dense_racks(nodes_, active, racks);
    const auto active_rack = std::ranges::find(racks, rules.active_rack);
    const bool one_rack_leads = rules.active_rack != 0 && active_rack != racks.end() && racks.size() <= replicas_;

    Balance balance(dense, orders, std::move(scores), replicas_, rules.partitions);
    if (rules.uniform_balance) balance.even_copies();
    balance.choose_masters(one_rack_leads ? static_cast<uint32_t>(active_rack - racks.begin()) : Balance::kAnyRack);
    if (rules.uniform_balance) balance.even_masters();

    rows_.reserve(nodes_.size() * rules.partitions);
    for (size_t p = 0; p < rules.partitions; ++p) {
        const auto targets = balance.targets(p);
        const uint16_t master = balance.master(p);
        rows_.push_back(active[master]);
        for (const uint16_t n : targets) {
            if (n != master) rows_.push_back(active[n]);
        }
        for (const uint16_t n : std::span(orders).subspan(p * active.size(), active.size())) {
            if (!contains(targets, n)) rows_.push_back(active[n]);
        }
        for (const uint16_t n : std::span(last).subspan(p * quiesced.size(), quiesced.size())) {
            rows_.push_back(quiesced[n]);
        }
    }
}

}  // namespace cairn::cluster
