// Who is at the other end: the part of Mesh that greets, and refuses strangers.
#include <algorithm>

#include "node/fabric/mesh.h"
#include "node/fabric/names.h"

namespace cairn::fabric {
namespace {

constexpr Duration kStrangerSilence = 600s;
constexpr Duration kPeerMemory = 60s;
constexpr size_t kPeersMax = 2 * cluster::kNodesMax;  // processes: nodes may be starting anew

Link::Frame frame_of(LinkMessage message) { return std::make_shared<const std::vector<uint8_t>>(encode(message)); }

}  // namespace

void Mesh::greet(Link& link) {
    (void)link.send(
        frame_of(Hello{settings_.cluster_name, settings_.self, user_.view_size(), told_, settings_.clients}));
}

void Mesh::on(Link& link, const Hello& hello) {
    if (link.peer()) return on_garbage(link, "fabric frame: a second greeting");
    if (const auto reason = objection(link, hello)) return turn_away(link, hello, *reason);
    welcome(link, hello);
}

std::optional<Refused::Reason> Mesh::objection(const Link&, const Hello& hello) const {
    if (hello.cluster_name != settings_.cluster_name) return Refused::Reason::other_cluster;
    if (hello.self.id == settings_.self.id) return Refused::Reason::own_id;
    if (peers_.size() >= kPeersMax && !peers_.contains(process_of(hello.self))) return Refused::Reason::full;
    return std::nullopt;
}

/// Either end may find the other unwelcome; the dialling one then leaves without a word.
void Mesh::turn_away(Link& link, const Hello& hello, Refused::Reason reason) {
    const bool ourselves = hello.self == settings_.self;
    if (ourselves) {
        figures_.pulses_of_self.add();
    } else if (reason == Refused::Reason::own_id) {
        meet_namesake(link, hello.self, hello.view_size);
    } else {
        figures_.strangers_refused.add();
        if (reason == Refused::Reason::other_cluster) {
            tell_stranger(link, "a node of another cluster is refused", hello.cluster_name);
        } else {
            tell_stranger(link, "a node is refused: the cluster has as many as it may have", node_name(hello.self.id));
        }
    }
    const auto dialed = link.dialed();
    if (!dialed) {
        (void)link.send(frame_of(Refused{reason, settings_.cluster_name, settings_.self, user_.view_size()}));
    }
    drop(link, false);
    if (dialed) targets_.turned_away(*dialed, now());
}

void Mesh::on(Link& link, const Refused& refused) {
    if (link.peer() || !link.dialed()) return on_garbage(link, "fabric frame: a refusal that nobody waits for");
    const bool ourselves = refused.self == settings_.self;
    if (ourselves) {
        figures_.pulses_of_self.add();
    } else if (refused.reason == Refused::Reason::own_id) {
        meet_namesake(link, refused.self, refused.view_size);
    } else if (refused.reason == Refused::Reason::other_cluster) {
        tell_stranger(link, "refused by a node of another cluster", refused.cluster_name);
    } else {
        tell_stranger(link, "refused by a cluster that has as many nodes as it may have", node_name(refused.self.id));
    }
    const auto at = *link.dialed();
    drop(link, false);
    targets_.turned_away(at, now());
}

/// Who is in the larger view stays; else the one with the lower boot, so that both judge alike.
void Mesh::meet_namesake(const Link& link, const cluster::Member& other, uint32_t view_size) {
    figures_.duplicates_refused.add();
    const uint32_t ours = user_.view_size();
    const bool we_stay = ours != view_size ? ours > view_size : settings_.self.boot < other.boot;
    tell_stranger(link,
                  we_stay ? "another process has this node's id; it is refused"
                          : "another process has this node's id and was there first",
                  node_name(other.id));
    if (!we_stay) user_.on_duplicate(link.address());
}

void Mesh::welcome(Link& link, const Hello& hello) {
    const auto process = process_of(hello.self);
    if (link.dialed() && linked(process)) {
        const auto at = *link.dialed();
        drop(link, false);
        return targets_.known(at, process);
    }
    if (!link.dialed()) {
        // The peer begins anew: what it dialled before leads nowhere.
        Link* const older = find([&](const Link& known) {
            return !known.dialed() && known.peer() && process_of(known.peer()->self) == process;
        });
        if (older != nullptr) drop(*older, false);
        greet(link);
    } else {
        targets_.linked(*link.dialed(), process, now());
    }
    link.set_peer(hello);
    figures_.connections.add(1);
    figures_.connections_opened.add();
    log_.debug(
        log::Module::hb, "connected",
        {{"node", node_name(hello.self.id)}, {"address", link.address()}, {"dialed", link.dialed().has_value()}});
    know(link, hello);
}

void Mesh::know(const Link& link, const Hello& hello) {
    if (!link.dialed()) {
        // Where it came from is where it can be reached, whatever it believes its addresses to be.
        std::vector<runtime::Endpoint> reached = hello.listening;
        if (!reached.empty()) reached.push_back({host_of(link.address()), reached.front().port});
        targets_.came(reached, now());
    }
    linked_at_[process_of(hello.self)] = now();
    const PeerAddresses said{hello.self, hello.listening, hello.clients};
    auto& known = peers_[process_of(hello.self)];
    if (known == said) return;
    known = said;
    user_.on_peers();
}

void Mesh::forget_peers() {
    for (const auto& link : links_) {
        if (link->peer()) linked_at_[process_of(link->peer()->self)] = now();
    }
    const size_t before = peers_.size();
    std::erase_if(peers_, [&](const auto& entry) { return now() - linked_at_[entry.first] > kPeerMemory; });
    std::erase_if(linked_at_, [&](const auto& entry) { return !peers_.contains(entry.first); });
    if (peers_.size() != before) user_.on_peers();
}

void Mesh::on(Link& link, const Gossip& gossip) {
    if (!link.peer() || link.dialed())
        return on_garbage(link, "fabric frame: gossip on a connection that is not for it");
    targets_.learn(gossip.listening, now());
}

void Mesh::on(Link& link, const Echo&) {
    if (!link.peer() || !link.dialed()) return on_garbage(link, "fabric frame: an echo of nothing");
}

/// One line for each address and reason: who is refused comes back.
void Mesh::tell_stranger(const Link& link, std::string_view what, const std::string& detail) {
    const std::string address = link.dialed() ? link.dialed()->text() : host_of(link.address());
    const Instant at = now();
    std::erase_if(strangers_, [&](const auto& told) { return at - told.second > kStrangerSilence; });
    if (strangers_.size() >= kStrangersMax || !strangers_.try_emplace(address + " " + std::string(what), at).second) {
        return;
    }
    log_.warning(log::Module::hb, what,
                 {{"address", address}, {"theirs", detail}, {"cluster_name", settings_.cluster_name}});
}

}  // namespace cairn::fabric
