#include "node/cluster/balance.h"
#include "node/cluster/contains.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "common/base/check.h"

namespace cairn::cluster {

Balance::Balance(std::vector<uint32_t> racks, std::vector<uint16_t> orders, std::vector<uint64_t> scores,
                 size_t replicas, size_t partitions)
    : racks_(std::move(racks)),
      orders_(std::move(orders)),
      scores_(std::move(scores)),
      replicas_(replicas),
      partitions_(partitions),
      refused_(partitions),
      copies_(racks_.size()) {
    CAIRN_CHECK(replicas_ >= 1 && replicas_ <= nodes());
    rack_count_ = std::ranges::max(racks_) + size_t{1};
    targets_.reserve(partitions_ * replicas_);
    std::vector<uint16_t> chosen;
    for (size_t p = 0; p < partitions_; ++p) {
        choose(p, {}, chosen);
        targets_.insert(targets_.end(), chosen.begin(), chosen.end());
        for (const uint16_t n : chosen) ++copies_[n];
    }
}

/// The most wanted nodes that do not refuse: first one on each rack, then two, and so on. Fewer than `replicas_` when
/// too many refuse. In the order of wish.
void Balance::choose(size_t partition, const Refusals& refused, std::vector<uint16_t>& into) const {
    into.clear();
    std::bitset<kNodesMax> taken;
    std::array<uint16_t, kNodesMax> on_rack{};
    size_t count = 0;
    const auto wanted = order(partition);
    for (uint16_t round = 1; round <= replicas_ && count < replicas_; ++round) {
        for (const uint16_t n : wanted) {
            if (refused[n] || taken[n] || on_rack[racks_[n]] >= round) continue;
            taken.set(n);
            ++on_rack[racks_[n]];
            if (++count == replicas_) break;
        }
    }
    for (const uint16_t n : wanted) {
        if (taken[n]) into.push_back(n);
    }
}

size_t Balance::racks_of(std::span<const uint16_t> targets) const {
    std::bitset<kNodesMax> seen;
    for (const uint16_t n : targets) seen.set(racks_[n]);
    return seen.count();
}

/// How many copies each node should have: as even as racks allow. A rack holds one copy of a partition, or as many more
/// as there are replicas above the number of racks.
std::vector<double> Balance::shares() const {
    std::vector<size_t> on_rack(rack_count_);
    for (const uint32_t rack : racks_) ++on_rack[rack];
    const size_t each = replicas_ <= rack_count_ ? 1 : replicas_ - rack_count_ + 1;
    std::vector<double> of_rack(rack_count_, -1);
    double copies = static_cast<double>(partitions_ * replicas_);
    size_t open_nodes = nodes();
    for (bool changed = true; changed;) {  // racks that are too large for an even share get what they can hold
        changed = false;
        for (size_t r = 0; r < rack_count_; ++r) {
            const double most = static_cast<double>(partitions_ * std::min(each, on_rack[r]));
            if (of_rack[r] >= 0 || copies / static_cast<double>(open_nodes) * static_cast<double>(on_rack[r]) <= most) {
                continue;
            }
            of_rack[r] = most / static_cast<double>(on_rack[r]);
            copies -= most;
            open_nodes -= on_rack[r];
            changed = true;
        }
    }
    std::vector<double> shares;
    for (const uint32_t rack : racks_) {
        shares.push_back(of_rack[rack] >= 0 ? of_rack[rack] : copies / static_cast<double>(open_nodes));
    }
    return shares;
}

void Balance::even_copies() {
    const auto share = shares();
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t n = 0; n < nodes(); ++n) {
            const size_t capacity = static_cast<size_t>(std::max(std::ceil(share[n]), std::floor(share[n] * 1.04)));
            changed |= copies_[n] > capacity && relieve(n, capacity);
        }
    }
}

/// The node refuses the partitions it wants least, where another node of use to the same racks is left.
/// @return  whether it refused any.
bool Balance::relieve(size_t node, size_t capacity) {
    std::vector<std::pair<uint64_t, size_t>> held;
    for (size_t p = 0; p < partitions_; ++p) {
        if (contains(targets(p), node)) held.emplace_back(score(node, p), p);
    }
    std::ranges::sort(held);
    bool refused_any = false;
    std::vector<uint16_t> chosen;
    for (const auto& [how_wanted, p] : held) {
        if (copies_[node] <= capacity) break;
        if (refused_[p].count() >= kRefusalsMax) continue;
        Refusals refused = refused_[p];
        refused.set(node);
        choose(p, refused, chosen);
        if (chosen.size() < replicas_ || racks_of(chosen) < racks_of(targets(p))) continue;
        refused_[p] = refused;
        for (const uint16_t n : targets(p)) --copies_[n];
        for (const uint16_t n : chosen) ++copies_[n];
        std::ranges::copy(chosen, targets_.begin() + static_cast<ptrdiff_t>(p * replicas_));
        refused_any = true;
    }
    return refused_any;
}

void Balance::choose_masters(uint32_t rack) {
    master_rack_ = rack;
    masters_.clear();
    for (size_t p = 0; p < partitions_; ++p) {
        const auto of = targets(p);
        const auto leader = std::ranges::find_if(of, [&](uint16_t n) { return may_lead(n); });
        masters_.push_back(leader != of.end() ? *leader : of.front());
    }
}

void Balance::even_masters() {
    size_t leaders = 0;
    for (size_t n = 0; n < nodes(); ++n) leaders += may_lead(n);
    const double mean = static_cast<double>(partitions_) / static_cast<double>(leaders);
    const double mean_copies = static_cast<double>(partitions_ * replicas_) / static_cast<double>(nodes());
    // Where copies are even, masters in proportion to them make the replicas even too.
    const bool copies_even = static_cast<double>(std::ranges::max(copies_)) <= std::ceil(mean_copies * 1.05);
    surplus_.assign(nodes(), 0);
    for (size_t n = 0; n < nodes(); ++n) {
        if (!may_lead(n)) continue;
        const bool in_proportion = copies_even && master_rack_ == kAnyRack;
        surplus_[n] = in_proportion ? -static_cast<double>(copies_[n]) / static_cast<double>(replicas_) : -mean;
    }
    for (const uint16_t n : masters_) surplus_[n] += 1;
    slack_ = std::max(0.75, mean * 0.005);
    takers_.assign(nodes() * nodes(), 0);
    for (size_t p = 0; p < partitions_; ++p) count_takers(p, 1);
    while (shift_one()) {
    }
}

void Balance::count_takers(size_t partition, int by) {
    for (const uint16_t n : targets(partition)) {
        if (may_lead(n)) takers_[masters_[partition] * nodes() + n] += by;
    }
}

/// Moves one mastership to where it is lacking, over as many partitions as it takes.
bool Balance::shift_one() {
    std::vector<size_t> sources;
    for (size_t n = 0; n < nodes(); ++n) {
        if (may_lead(n)) sources.push_back(n);
    }
    std::ranges::sort(sources, std::greater(), [&](size_t n) { return std::pair(surplus_[n], n); });
    return std::ranges::any_of(sources, [&](size_t n) { return shift_from(n); });
}

bool Balance::shift_from(size_t node) {
    constexpr size_t kNobody = ~size_t{0};
    std::vector<size_t> from(nodes(), kNobody);
    std::deque<size_t> reached{node};
    from[node] = node;
    size_t best = node;
    for (; !reached.empty(); reached.pop_front()) {
        const size_t at = reached.front();
        if (surplus_[at] < surplus_[best]) best = at;
        for (size_t n = 0; n < nodes(); ++n) {
            if (takers_[at * nodes() + n] == 0 || from[n] != kNobody) continue;
            from[n] = at;
            reached.push_back(n);
        }
    }
    const bool worth_it = surplus_[node] > slack_ || surplus_[best] < -slack_;
    if (!worth_it || surplus_[node] - surplus_[best] <= 1) return false;
    surplus_[node] -= 1;
    surplus_[best] += 1;
    for (size_t to = best; to != node; to = from[to]) flip(from[to], to);
    return true;
}

/// Makes `to` the master of the partition of both that `from` gives up most easily.
void Balance::flip(size_t from, size_t to) {
    size_t best = partitions_;
    double least = 0;
    for (size_t p = 0; p < partitions_; ++p) {
        if (masters_[p] != from || !contains(targets(p), to)) continue;
        const double cost = static_cast<double>(score(from, p)) - static_cast<double>(score(to, p));
        if (best == partitions_ || cost < least) {
            best = p;
            least = cost;
        }
    }
    CAIRN_CHECK(best < partitions_);
    count_takers(best, -1);
    masters_[best] = static_cast<uint16_t>(to);
    count_takers(best, 1);
}

}  // namespace cairn::cluster
