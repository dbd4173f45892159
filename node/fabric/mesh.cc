#include "node/fabric/mesh.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/cluster/codec.h"
#include "node/fabric/names.h"

namespace cairn::fabric {
namespace {

constexpr Duration kGossipEvery = 2s;

bool is_any(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

Link::Frame frame_of(std::vector<uint8_t> bytes) {
    return std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
}

}  // namespace

Mesh::Mesh(runtime::Machine& machine, MeshSettings settings, User& user, log::Logger& logger, Figures& figures)
    : machine_(machine),
      loop_(machine.loop(0)),
      settings_(std::move(settings)),
      user_(user),
      log_(logger),
      figures_(figures),
      targets_(
          {.back_off_first = settings_.interval, .back_off_most = std::max<Duration>(2s, 2 * settings_.interval)}) {
    for (const auto& seed : settings_.seeds) seeds_.try_emplace(seed.text(), seed);
}

Mesh::~Mesh() = default;

Result<void> Mesh::start() {
    for (const auto& at : settings_.listen) {
        auto listener = machine_.listen(
            at,
            [this, alive = std::weak_ptr(alive_)](size_t, std::unique_ptr<runtime::Socket> socket) {
                if (!alive.expired() && !listeners_.empty()) accept(std::move(socket));  // it may come after the end
            },
            /*loops=*/1);
        if (!listener) return std::unexpected(listener.error());
        listeners_.push_back(*std::move(listener));
    }
    for (const auto& at : listening()) {
        if (!is_any(at.host)) {
            told_.push_back(at);
            continue;
        }
        for (const auto& address : machine_.local_addresses()) {
            if (at.host == "::" || !address.contains(':')) told_.push_back({address, at.port});
        }
    }
    if (told_.size() > kEndpointsMax) told_.resize(kEndpointsMax);
    resolve();
    return {};
}

std::vector<runtime::Endpoint> Mesh::listening() const {
    std::vector<runtime::Endpoint> all;
    for (const auto& listener : listeners_) all.push_back(listener->endpoint());
    return all;
}

void Mesh::close() {
    listeners_.clear();
    for (const auto& link : links_) link->close();
    closed_.splice(closed_.end(), links_);
    figures_.connections.set(0);
}

void Mesh::resolve() {
    resolved_at_ = now();
    for (auto& [text, seed] : seeds_) {
        if (seed.resolving) continue;
        seed.resolving = true;
        loop_.resolve(seed.at.host, [this, text, alive = std::weak_ptr(alive_)](auto found) {
            if (!alive.expired()) resolved(text, std::move(found));
        });
    }
}

void Mesh::resolved(const std::string& text, Result<std::vector<std::string>> found) {
    const auto place = seeds_.find(text);
    if (place == seeds_.end()) return;  // no seed any more
    Seed& seed = place->second;
    seed.resolving = false;
    const bool first = !found && !seed.unresolved;
    seed.unresolved = !found;
    if (first) {
        log_.warning(log::Module::hb, "seed cannot be resolved; it is tried again",
                     {{"seed", text}, {"reason", found.error().detail}});
    }
    // A name server that cannot be asked says nothing about the addresses known before.
    if (!found && found.error().code != ResultCode::not_found) return;
    std::vector<runtime::Endpoint> addresses;
    if (found) {
        for (const std::string& host : *found) addresses.push_back({host, seed.at.port});
    }
    targets_.set_seed(text, addresses, now());
}

void Mesh::set_seeds(const std::vector<runtime::Endpoint>& seeds) {
    std::map<std::string, Seed> wanted;
    for (const auto& seed : seeds) wanted.try_emplace(seed.text(), seed);
    for (const auto& [text, seed] : seeds_) {
        if (!wanted.contains(text)) targets_.set_seed(text, {}, now());
    }
    std::erase_if(seeds_, [&](const auto& seed) { return !wanted.contains(seed.first); });
    seeds_.merge(wanted);
    resolve();
}

bool Mesh::seeds_pending() const {
    return std::ranges::any_of(seeds_, [&](const auto& seed) { return targets_.pending(seed.first); });
}

std::vector<runtime::Endpoint> Mesh::addresses_of(const cluster::View& view) const {
    std::map<std::string, runtime::Endpoint> found;
    const auto is_member = [&](const cluster::Member& other) {
        return other.id != settings_.self.id && view.find(other.id) != nullptr;
    };
    for (const auto& [process, peer] : peers_) {
        if (!is_member(peer.member)) continue;
        for (const auto& at : peer.listening) found.emplace(at.text(), at);
    }
    for (const auto& link : links_) {
        if (link->dialed() && link->peer() && is_member(link->peer()->self)) {
            found.emplace(link->dialed()->text(), *link->dialed());
        }
    }
    std::vector<runtime::Endpoint> all;
    for (const auto& [text, at] : found) all.push_back(at);
    if (all.size() > kEndpointsMax * cluster::kNodesMax) all.resize(kEndpointsMax * cluster::kNodesMax);
    return all;
}

void Mesh::tick() {
    const Instant at = now();
    closed_.clear();
    if (ticked_at_ && at - *ticked_at_ > settings_.interval) {  // we slept: what others said waits to be read
        for (const auto& link : links_) link->set_heard_at(std::min(at, link->heard_at() + (at - *ticked_at_)));
    }
    ticked_at_ = at;
    if (!settings_.mutants.keeps_silent_links) drop_silent(at);
    if (at - resolved_at_ >= settings_.resolve_every) resolve();
    for (const auto& due : targets_.due(at, [&](Process process) { return linked(process); })) dial(due);
    if (at - gossiped_at_ >= kGossipEvery) gossip();
}

void Mesh::drop_silent(Instant at) {
    std::vector<Link*> silent;
    for (const auto& link : links_) {
        if (at - link->heard_at() > settings_.patience) silent.push_back(link.get());
    }
    for (Link* const link : silent) drop(*link, false);
}

void Mesh::dial(const runtime::Endpoint& at) {
    figures_.dials.add();
    loop_.connect(
        at,
        [this, at, alive = std::weak_ptr(alive_)](Result<std::unique_ptr<runtime::Socket>> socket) {
            if (!alive.expired()) dialled(at, std::move(socket));
        },
        settings_.connect_timeout);
}

void Mesh::dialled(const runtime::Endpoint& at, Result<std::unique_ptr<runtime::Socket>> socket) {
    if (listeners_.empty()) return;  // closed meanwhile
    if (socket) return add(*std::move(socket), at);
    figures_.dials_failed.add();
    const bool refused = socket.error().code == ResultCode::not_found || settings_.mutants.any_failure_ends;
    const auto ended = targets_.failed(at, refused, now(), loop_.random().next());
    if (!ended) return;
    figures_.processes_ended.add();
    log_.info(log::Module::hb, "process has ended", {{"node", node_name(ended->id)}, {"address", at.text()}});
    user_.on_process_ended(*ended);
}

void Mesh::accept(std::unique_ptr<runtime::Socket> socket) {
    const auto greeting = [](const auto& link) { return !link->peer() && !link->dialed(); };
    if (std::ranges::count_if(links_, greeting) >= static_cast<ptrdiff_t>(kGreetingMax)) {
        drop(**std::ranges::find_if(links_, greeting), false);  // the oldest
    }
    add(std::move(socket), std::nullopt);
}

void Mesh::add(std::unique_ptr<runtime::Socket> socket, std::optional<runtime::Endpoint> at) {
    auto& link = *links_.emplace_back(
        std::make_unique<Link>(std::move(socket), std::move(at), *this, figures_, now(), settings_.queue_bytes));
    link.start();
    if (link.dialed()) greet(link);
}

/// `link` is destroyed later: something of it may be running.
void Mesh::drop(Link& link, bool by_peer) {
    if (link.peer()) {
        figures_.connections.add(-1);
        figures_.connections_closed.add();
    }
    const auto dialed = link.dialed();
    const bool was_up = link.peer().has_value();
    link.close();
    const auto place = std::ranges::find(links_, &link, [](const auto& known) { return known.get(); });
    CAIRN_CHECK(place != links_.end());
    closed_.splice(closed_.end(), links_, place);
    if (!dialed) return;
    const uint64_t random = loop_.random().next();
    if (was_up) {
        targets_.unlinked(*dialed, by_peer, now(), random);
        // At once, and not with the next tick: a process that ended is noticed sooner.
        for (const auto& due : targets_.due(now(), [&](Process process) { return linked(process); })) dial(due);
    } else if (by_peer) {
        targets_.cut_short(*dialed, now(), random);
    } else {
        (void)targets_.failed(*dialed, false, now(), random);
    }
}

Link* Mesh::find(const std::function<bool(const Link&)>& wanted) {
    const auto found =
        std::ranges::find_if(links_.rbegin(), links_.rend(), [&](const auto& link) { return wanted(*link); });
    return found == links_.rend() ? nullptr : found->get();
}

bool Mesh::linked(Process process) {
    return find([&](const Link& link) {
               return link.dialed() && link.peer() && process_of(link.peer()->self) == process;
           }) != nullptr;
}

void Mesh::send(NodeId to, const cluster::Message& message) {
    Link* const link =
        find([&](const Link& known) { return known.dialed() && known.peer() && known.peer()->self.id == to; });
    if (link != nullptr && link->send(frame_of(cluster::encode(message, settings_.cluster_name)))) {
        return figures_.messages_sent.add();
    }
    figures_.messages_unsent.add();
}

bool Mesh::send_packet(NodeId to, Frame packet) {
    Link* const link =
        find([&](const Link& known) { return known.dialed() && known.peer() && known.peer()->self.id == to; });
    const bool sent = link != nullptr && link->send(std::move(packet));
    (sent ? figures_.packets_sent : figures_.messages_unsent).add();
    return sent;
}

void Mesh::send(Process to, const cluster::Message& message) {
    Link* const link =
        find([&](const Link& known) { return known.dialed() && known.peer() && process_of(known.peer()->self) == to; });
    if (link != nullptr && link->send(frame_of(cluster::encode(message, settings_.cluster_name)))) {
        return figures_.messages_sent.add();
    }
    figures_.messages_unsent.add();
}

void Mesh::broadcast(const cluster::Message& message) {
    const bool pulse = std::holds_alternative<cluster::Pulse>(message);
    const auto frame = frame_of(cluster::encode(message, settings_.cluster_name));
    for (const auto& link : links_) {
        if (!link->dialed() || !link->peer()) continue;
        if (link->send(frame, pulse)) (pulse ? figures_.pulses_sent : figures_.messages_sent).add();
        else figures_.messages_unsent.add();
    }
}

void Mesh::gossip() {
    gossiped_at_ = now();
    forget_peers();
    std::map<std::string, runtime::Endpoint> known;
    for (const auto& link : links_) {
        if (!link->peer()) continue;
        if (link->dialed()) known.emplace(link->dialed()->text(), *link->dialed());
        for (const auto& at : link->peer()->listening) known.emplace(at.text(), at);
    }
    Gossip said;
    for (const auto& [text, at] : known) said.listening.push_back(at);
    const size_t most = kEndpointsMax * cluster::kNodesMax;
    if (said.listening.size() > most) said.listening.resize(most);
    const auto frame = frame_of(encode(LinkMessage(std::move(said))));
    for (const auto& link : links_) {
        if (link->dialed() && link->peer()) (void)link->send(frame);
    }
}

void Mesh::on_broken(Link& link) { drop(link, true); }

void Mesh::on_garbage(Link& link, const std::string& what) {
    figures_.frames_refused.add();
    tell_stranger(link, "connection closed: bytes that are no frame of this cluster", what);
    drop(link, false);
}

void Mesh::on_frame(Link& link, const FrameStart& start, Bytes body) {
    link.set_heard_at(now());
    using Kind = FrameStart::Kind;
    if (start.kind == Kind::packet || start.kind == Kind::request || start.kind == Kind::metadata) {
        if (link.dialed()) return on_garbage(link, "packet, request or metadata: on a connection that is not for it");
        figures_.packets_received.add();
        if (!user_.on_packet(link.peer()->self.id, start, body))
            on_garbage(link, "packet, request or metadata: malformed");
        return;
    }
    if (start.kind == FrameStart::Kind::cluster) {
        auto message = cluster::decode({start.body_size, start.check}, body, settings_.cluster_name);
        if (!message) return on_garbage(link, message.error().detail);
        if (link.dialed()) return on_garbage(link, "cluster frame: on a connection that is not for it");
        return take(link, *std::move(message));
    }
    const auto message = decode(start, body);
    if (!message) return on_garbage(link, message.error().detail);
    std::visit([&](const auto& known) { on(link, known); }, *message);
}

void Mesh::take(Link& link, cluster::Message message) {
    const NodeId from = link.peer()->self.id;
    if (const auto* const pulse = std::get_if<cluster::Pulse>(&message)) {
        if (pulse->from != link.peer()->self) return on_garbage(link, "cluster frame: a pulse in another's name");
        figures_.pulses_received.add();
        (void)link.send(frame_of(encode(LinkMessage(Echo{}))));
    } else {
        figures_.messages_received.add();
    }
    user_.on_message(from, std::move(message));
}

}  // namespace cairn::fabric
