#pragma once
#include <algorithm>
#include <vector>

#include "node/cluster/ids.h"

namespace cairn::cluster {

constexpr size_t kAncestryMax = 8;

/// A copy of a partition: on which node, and in which incarnation of that node's data.
struct Copy {
    NodeId node = 0;
    DataInc data;
    auto operator<=>(const Copy&) const = default;
};

/// Which state of a partition's in-sync list: the view that made it, and the step inside that view.
struct CfgId {
    Ballot ballot;
    uint32_t step = 0;
    auto operator<=>(const CfgId&) const = default;
    explicit operator bool() const { return static_cast<bool>(ballot); }
};

/// The configuration record of one partition: which copies are in sync, so that each acknowledged write is on all of
/// them, and who is their master. Ordered by its id. The default one is "none": nothing was ever stored.
struct Cfg {
    CfgId id{};
    std::vector<Copy> insync{};  // ascending by node
    NodeId master = 0;
    Regime regime = 0;
    std::vector<CfgId> ancestry{};  // AP: what it grew out of, youngest first, one of each view; kAncestryMax at most

    bool operator==(const Cfg&) const = default;
    explicit operator bool() const { return static_cast<bool>(id); }

    const Copy* copy_on(NodeId node) const {
        const auto found = std::ranges::find(insync, node, &Copy::node);
        return found == insync.end() ? nullptr : &*found;
    }
    /// Whether this one grew out of `older`. Steps of one view come one after another, so the youngest of a view
    /// stands for all before it.
    bool descends_from(CfgId older) const {
        const auto covers = [&](CfgId younger) { return younger.ballot == older.ballot && older.step <= younger.step; };
        return older != id && (covers(id) || std::ranges::any_of(ancestry, covers));
    }
    /// What comes after it: the same list under a new id, its ancestry one longer.
    Cfg successor(CfgId next) const;
};

}  // namespace cairn::cluster
