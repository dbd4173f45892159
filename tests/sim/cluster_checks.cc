#include "tests/sim/cluster_checks.h"

#include <algorithm>

namespace cairn::sim {

using cluster::Ballot;
using cluster::Cfg;
using cluster::Member;

namespace {

std::string name_of(const Member& member) { return "node " + std::to_string(member.id); }
std::string name_of(Ballot ballot) {
    return "ballot " + std::to_string(ballot.counter) + "." + std::to_string(ballot.proposer);
}

}  // namespace

void ClusterChecks::promised(const Member& member, Ballot ballot) {
    if (!promises_made_.emplace(member, ballot).second) return;  // sent again
    Ballot& highest = promises_[{member.id, member.incarnation}];
    if (ballot <= highest) violate(name_of(member) + " promised " + name_of(ballot) + " after " + name_of(highest));
    highest = ballot;
}

void ClusterChecks::same_for_all(const Formed& formed) {
    const auto [known, is_new] = views_.try_emplace(formed.view.ballot, formed.view, formed.table.hash);
    if (known->second.first != formed.view) violate("two member lists under " + name_of(formed.view.ballot));
    if (known->second.second != formed.table.hash) violate("two tables under " + name_of(formed.view.ballot));
}

void ClusterChecks::accepted(const Member& member, const Formed& formed) {
    same_for_all(formed);
    const Member* const named = formed.view.find(member.id);
    if (named == nullptr || *named != member) {
        violate(name_of(member) + " accepted " + name_of(formed.view.ballot) + ", which does not name its process");
    }
    Ballot& last = acceptances_[{member.id, member.incarnation}];
    if (formed.view.ballot <= last) violate(name_of(member) + " accepted " + name_of(formed.view.ballot) + " late");
    last = formed.view.ballot;
}

void ClusterChecks::accepted_durably(const Member& member, Ballot ballot) { durable_[ballot].insert(member); }

void ClusterChecks::active(const Member& member, const Formed& formed) {
    same_for_all(formed);
    active_views_.insert(formed.view.ballot);
    for (const Member& other : formed.view.members) {
        if (!durable_[formed.view.ballot].contains(other)) {
            violate(name_of(member) + " serves in " + name_of(formed.view.ballot) + " before " + name_of(other) +
                    " has stored it");
        }
    }
    for (const auto& [name, plans] : formed.table.namespaces) {
        for (size_t p = 0; p < plans.size(); ++p) {
            if (plans[p].state != cluster::Availability::serving) continue;
            const Cfg& cfg = plans[p].cfg;
            const auto [known, is_new] = masters_.try_emplace({name, p, cfg.regime}, cfg.master, formed.view.ballot);
            const auto [master, ballot] = known->second;
            // In AP, two sides of a split that share nobody may use one counter.
            if (master != cfg.master && (name == "strong" || share_a_member(ballot, formed.view.ballot))) {
                violate("two masters of " + name + " partition " + std::to_string(p) + " in one regime");
            }
        }
    }
}

bool ClusterChecks::share_a_member(Ballot one, Ballot other) const {
    const auto& members = views_.at(other).first.members;
    return std::ranges::any_of(views_.at(one).first.members, [&](const Member& member) {
        return std::ranges::any_of(
            members, [&](const Member& m) { return m.id == member.id && m.incarnation == member.incarnation; });
    });
}

void ClusterChecks::acknowledged(size_t partition, cluster::Regime regime) {
    cluster::Regime& last = regimes_[partition];
    if (regime < last) violate("a write of an older regime was acknowledged, partition " + std::to_string(partition));
    last = regime;
}

}  // namespace cairn::sim
