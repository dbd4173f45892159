#include "operator/plan/view.h"

#include <algorithm>
#include <set>

namespace cairn::plan {

bool Member::dead() const {
    if (pod == nullptr || pod->failed) return true;
    if (host_gone) return server == nullptr;
    // What is said of a pod on a silent host is old.
    const bool heard = host == nullptr || host->ready;
    return heard && !pod->running;
}

bool Member::broken() const {
    if (pod == nullptr || pod->deleting || pod->gate || in_view) return false;
    return pod->failed || (!pod->running && dead()) || (!pod->answers && server == nullptr);
}

View::View(const Observed& observed) : observed_(observed) {
    for (const NodeObject& node : observed.nodes) members_.push_back(look(node));
    look_at_servers();
}

Member View::look(const NodeObject& node) const {
    Member member;
    member.node = &node;
    const auto pod = std::ranges::find(observed_.pods, node.id.name, [](const Pod& each) { return each.id.name; });
    if (pod != observed_.pods.end()) member.pod = &*pod;
    std::set<std::string> whole;  // uids of claims that are as they should be
    for (const Claim& claim : observed_.claims) {
        if (claim.node != node.id.name || claim.retired) continue;
        member.claims.push_back(&claim);
        const bool host_there =
            claim.local_host.empty() || !observed_.hosts_known ||
            std::ranges::find(observed_.hosts, claim.local_host, &Host::name) != observed_.hosts.end();
        if (!claim.deleting && !claim.lost && host_there) whole.insert(claim.id.uid);
    }
    for (const auto& [volume, uid] : node.claims) {
        if (whole.contains(uid)) continue;
        const bool going = std::ranges::any_of(
            member.claims, [&uid](const Claim* each) { return each->id.uid == uid && each->deleting && !each->lost; });
        (going ? member.claims_going : member.claims_lost) = true;
    }
    const auto server = observed_.servers.find(node.id.name);
    if (member.pod != nullptr && server != observed_.servers.end()) member.server = &server->second;
    look_at_host(member);
    const bool replaced = observed_.wish && observed_.wish->heal && observed_.wish->replace_lost;
    member.lost = replaced && (member.host_lost || member.claims_lost || member.claims_going);
    const bool automatic = observed_.wish && observed_.wish->automatic_racks && node.rack == kAutomaticRack;
    if (!automatic) member.rack = node.rack;
    if (automatic && member.pod != nullptr) {
        member.rack = !member.pod->zone_label.empty() ? member.pod->zone_label
                      : member.host != nullptr        ? member.host->zone
                                                      : std::string();
    }
    const RackWish* rack = observed_.wish ? observed_.wish->rack(node.rack) : nullptr;
    member.unwanted = node.deleting || node.wish == api::NodeWish::removed || node.wish == api::NodeWish::replaced ||
                      (observed_.wish && (rack == nullptr || !rack->active));
    if (observed_.wish && observed_.wish->drain == api::Drain::migrate && member.host != nullptr) {
        member.unwanted |= member.host->cordoned;
    }
    return member;
}

void View::look_at_host(Member& member) const {
    if (!observed_.hosts_known || member.pod == nullptr || member.pod->host.empty()) return;
    const auto host = std::ranges::find(observed_.hosts, member.pod->host, &Host::name);
    if (host == observed_.hosts.end()) {
        member.host_gone = observed_.complete;
        return;
    }
    member.host = &*host;
    member.host_gone = host->out_of_service;
    const Seconds patience = observed_.wish ? observed_.wish->node_lost_after : 0;
    const bool silent = !host->ready && observed_.wish && observed_.now - host->not_ready_since >= patience;
    member.host_lost = silent;
}

void View::look_at_servers() {
    std::vector<std::string> serving;
    std::set<std::string> keys;
    std::set<std::string> named;
    known_ = observed_.complete;
    for (const Member& member : members_) {
        if (member.server == nullptr) {
            known_ &= member.dead();
            continue;
        }
        if (!member.server->serving) continue;
        serving.push_back(member.node->node_id);
        keys.insert(member.server->cluster_key);
        named.insert(member.server->members.begin(), member.server->members.end());
    }
    std::ranges::sort(serving);
    if (keys.size() == 1) cluster_key_ = *keys.begin();
    for (Member& member : members_) {
        member.in_view = named.contains(member.node->node_id);
        if (member.up()) known_ &= member.server->members == serving;
    }
    known_ &= keys.size() <= 1;
}

int64_t View::migrations() const {
    int64_t most = 0;
    for (const Member& member : members_) {
        if (member.server != nullptr) most = std::max(most, member.server->migrations);
    }
    return most;
}

Safe View::may_stop(const std::vector<const Member*>& nodes, bool still, std::vector<StopQuestion>& questions) const {
    StopQuestion question;
    for (const Member* member : nodes) question.push_back(member->node->node_id);
    std::ranges::sort(question);
    const bool anybody = std::ranges::any_of(members_, [](const Member& each) { return each.up(); });
    if (!known_ || !anybody || question.empty()) return Safe::unknown;
    const auto answers = observed_.answers.find(question);
    if (answers == observed_.answers.end()) {
        if (std::ranges::find(questions, question) == questions.end()) questions.push_back(question);
        return Safe::unknown;
    }
    for (const Member& member : members_) {
        if (!member.up()) continue;
        const auto answer = answers->second.find(member.node->id.name);
        if (answer == answers->second.end() || answer->second.cluster_key != cluster_key_) return Safe::unknown;
        const StopAnswer& said = answer->second;
        if (said.unavailable != 0 || said.without_full_copy != 0 || (still && said.moving != 0)) return Safe::no;
    }
    return Safe::yes;
}

int32_t View::wanted(std::string_view name) const {
    if (!observed_.wish) return 0;
    const Wish& wish = *observed_.wish;
    int32_t active = 0;
    int32_t place = -1;
    for (const RackWish& rack : wish.racks) {
        if (!rack.active) continue;
        if (rack.name == name) place = active;
        active++;
    }
    if (place < 0) return 0;
    return wish.size / active + (place < wish.size % active ? 1 : 0);
}

const Revision* View::target(std::string_view rack) const {
    const RackWish* found = observed_.wish ? observed_.wish->rack(rack) : nullptr;
    return found == nullptr ? nullptr : &found->revision;
}

bool View::is_target(std::string_view revision, std::string_view rack) const {
    const Revision* wanted = target(rack);
    if (wanted == nullptr || revision == wanted->text()) return true;  // of a rack that is no more, nothing is changed
    return observed_.wish->defer_operator_upgrade && revision.starts_with(wanted->user + "-");
}

std::vector<VolumeWish> View::volumes(const Member& member) const {
    const RackWish* rack = observed_.wish ? observed_.wish->rack(member.node->rack) : nullptr;
    if (member.node->claims.empty()) return rack == nullptr ? std::vector<VolumeWish>{} : rack->volumes;
    std::vector<VolumeWish> volumes;
    for (const auto& [name, uid] : member.node->claims) volumes.push_back({name, 0});
    return volumes;
}

bool View::restart_asked(const Member& member) const {
    if (member.pod == nullptr) return false;
    return std::ranges::any_of(observed_.restarts, [&member](const RestartRequest& request) {
        const bool named =
            request.nodes.empty() || std::ranges::find(request.nodes, member.node->id.name) != request.nodes.end();
        return named && member.pod->created < request.created;
    });
}

bool View::outdated(const Member& member) const {
    if (!is_target(member.node->revision, member.node->rack)) return true;
    return member.pod != nullptr && (member.pod->revision != member.node->revision || restart_asked(member));
}

}  // namespace cairn::plan
