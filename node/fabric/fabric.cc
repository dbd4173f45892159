#include "node/fabric/fabric.h"

#include <algorithm>

#include "node/fabric/names.h"

namespace cairn::fabric {
namespace {

constexpr Duration kFarewell = 50ms;  // for the last words to leave

/// What is configured now, with what was stored of each partition: data that is another one since then tells by its
/// incarnation.
cluster::NodeReport with_stored(cluster::NodeReport present, const cluster::NodeReport& stored) {
    for (auto& [name, said] : present.namespaces) {
        const auto found = stored.namespaces.find(name);
        if (found == stored.namespaces.end()) continue;
        const auto& before = found->second.partitions;
        for (size_t p = 0; p < std::min(before.size(), said.partitions.size()); ++p) {
            said.partitions[p].cfg = before[p].cfg;
        }
    }
    return present;
}

std::string names_of(const cluster::View& view) {
    std::string names;
    for (const auto& member : view.members) names += (names.empty() ? "" : ",") + node_name(member.id);
    return names;
}

}  // namespace

Fabric::Fabric(runtime::Machine& machine, FabricSettings settings, log::Logger& logger, Callbacks callbacks)
    : machine_(machine),
      loop_(machine.loop(0)),
      settings_(std::move(settings)),
      log_(logger),
      callbacks_(std::move(callbacks)),
      state_file_(machine.disk(), loop_, settings_.state_path, logger, figures_),
      address_file_(machine.disk(), loop_, settings_.addresses_path, logger),
      timer_(loop_.make_timer()) {}

Fabric::~Fabric() = default;

Result<void> Fabric::load() {
    auto stored = state_file_.load();
    if (!stored) return std::unexpected(stored.error());
    auto& random = loop_.random();
    if (*stored) {
        durable_ = **std::move(stored);
    } else {
        durable_.incarnation = {random.next(), random.next()};
        log_.info(log::Module::clustering, "new in the cluster: no state is stored", {{"path", settings_.state_path}});
    }
    durable_.report = with_stored(settings_.report, durable_.report);
    uint64_t boot = 0;
    while (boot == 0) boot = random.next();
    self_ = {settings_.node_id, durable_.incarnation, boot};
    return {};
}

cluster::MembershipSettings Fabric::membership_settings() const {
    const Duration patience = settings_.interval * settings_.timeout;
    cluster::MembershipSettings settings;
    settings.detector = {settings_.interval, settings_.timeout};
    settings.damper.loss_batch = settings_.interval;
    // An answer waits for the disk. Who is heard meanwhile is not gone, only slow: a view without it, and another with it,
    // would cost more than the wait. (Whoever is not heard ends the proposal at once.)
    settings.view_change.answer = 3 * patience;
    settings.view_change.resend = 2 * settings_.interval;
    settings.view_change.resend_for = 4 * patience;
    return settings;
}

Result<void> Fabric::start() {
    if (auto loaded = load(); !loaded) return loaded;
    membership_.emplace(self_.id, self_.boot, durable_, membership_settings());
    mesh_.emplace(machine_,
                  MeshSettings{.cluster_name = settings_.cluster_name,
                               .self = self_,
                               .listen = settings_.listen,
                               .seeds = settings_.seeds,
                               .interval = settings_.interval,
                               .patience = settings_.interval * settings_.timeout,
                               .connect_timeout = settings_.connect_timeout,
                               .clients = settings_.clients,
                               .queue_bytes = settings_.queue_bytes,
                               .mutants = settings_.mutants},
                  *this, log_, figures_);
    if (auto started = mesh_->start(); !started) return started;
    mesh_->keep(address_file_.load());
    tick();
    return {};
}

void Fabric::stop(runtime::Work done) {
    if (!mesh_ || stopping_) return done();
    stopping_ = true;
    mesh_->broadcast(cluster::Leaving{process_of(self_)});
    timer_->arm(kFarewell, [this, done = std::move(done)]() mutable {
        mesh_->close();
        done();
    });
}

void Fabric::tick() {
    timer_->arm(settings_.interval / 4, [this] { tick(); });
    mesh_->tick();
    membership_->set_seeds_pending(mesh_->seeds_pending());
    step(cluster::Membership::Tick{});
}

// Whoever asks may do so after start() has failed, until the process ends.

void Fabric::recluster() {
    if (mesh_) step(cluster::Membership::Recluster{});
}

void Fabric::set_quiesced(bool quiesced) {
    if (mesh_) membership_->view_change().set_quiesced(quiesced);
}

void Fabric::set_rack(const std::string& ns, uint32_t rack) {
    if (mesh_) membership_->view_change().set_rack(ns, rack);
}

void Fabric::set_seeds(const std::vector<runtime::Endpoint>& seeds) {
    if (mesh_) mesh_->set_seeds(seeds);
}

void Fabric::set_timing(Duration interval, uint32_t timeout) {
    settings_.interval = interval;
    settings_.timeout = timeout;
    if (!mesh_) return;
    membership_->set_detector({interval, timeout});
    mesh_->set_timing(interval, interval * timeout);
}

void Fabric::step(const cluster::Membership::Event& event) {
    if (!stopping_) perform(membership_->step(event, loop_.clock().now()));
}

void Fabric::perform(cluster::Membership::Effects effects) {
    for (const auto& effect : effects) {
        std::visit([this](const auto& known) { on(known); }, effect);
    }
}

void Fabric::on(const cluster::Membership::Send& send) {
    // Of two processes with one node id, the one that has to end is named in the message alone.
    if (const auto* const duplicate = std::get_if<cluster::Duplicate>(&send.message)) {
        return mesh_->send(duplicate->which, send.message);
    }
    mesh_->send(send.to, send.message);
}

void Fabric::on(const cluster::Membership::Broadcast& broadcast) { mesh_->broadcast(broadcast.pulse); }

void Fabric::on(const cluster::Membership::PersistPromise& promise) {
    durable_.promised = promise.promised;
    store(promise.number);
}

void Fabric::on(const cluster::Membership::PersistView& view) {
    durable_.view = view.view;
    durable_.report = *view.report;
    store(view.number);
}

void Fabric::store(uint64_t number) {
    if (settings_.mutants.stored_at_once) {
        loop_.post([this, number] { step(cluster::Membership::Persisted{number}); });
        return state_file_.store(durable_, [] {});
    }
    state_file_.store(durable_, [this, number] { step(cluster::Membership::Persisted{number}); });
}

/// Those of one turn are written together.
bool Fabric::store_cfg(const std::string& ns, PartitionId partition, cluster::Cfg cfg, std::function<void()> stored) {
    auto& view_change = membership_->view_change();
    if (stopping_ || view_change.frozen() || own_cfg(ns, partition).id >= cfg.id) return false;
    view_change.set_cfg(ns, partition, cfg);
    auto& kept = durable_.report.namespaces.at(ns).partitions[partition].cfg;
    if (kept.id < cfg.id) kept = std::move(cfg);
    cfgs_stored_.push_back(std::move(stored));
    if (cfgs_stored_.size() > 1) return true;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        state_file_.store(durable_, [told = std::exchange(cfgs_stored_, {})] {
            for (const auto& done : told) done();
        });
    });
    return true;
}

const cluster::Cfg& Fabric::own_cfg(const std::string& ns, PartitionId partition) const {
    return membership_->view_change().report().namespaces.at(ns).partitions[partition].cfg;
}

void Fabric::set_has_data(const std::string& ns, PartitionId partition, bool has_data) {
    membership_->view_change().set_has_data(ns, partition, has_data);
}

void Fabric::on(const cluster::Membership::ViewAccepted& accepted) { callbacks_.accepted(accepted.formed); }

void Fabric::on(const cluster::Membership::ViewActive& active) {
    figures_.views.add();
    log_.info(log::Module::clustering, "view",
              {{"members", names_of(active.formed->view)},
               {"count", active.formed->view.members.size()},
               {"counter", active.formed->view.ballot.counter}});
    serving_ = active.formed;
    publish();
}

void Fabric::on(const cluster::Membership::ViewLost&) {
    log_.warning(log::Module::clustering, "the other nodes have gone on without this one");
    serving_.reset();
    publish();
}

void Fabric::on(const cluster::Membership::TablesDiffer& differ) {
    log_.critical(log::Module::clustering, "partition tables differ: the view does not become active",
                  {{"other", node_name(differ.other)}, {"counter", differ.ballot.counter}});
}

void Fabric::on(const cluster::Membership::DuplicateSelf&) { on_duplicate(""); }

void Fabric::on(const cluster::Membership::PeerChanged& changed) {
    const auto& peers = membership_->detector().peers();
    const auto peer = peers.find(changed.id);
    if (peer == peers.end()) {
        if (heard_.erase(changed.id) == 0) return;
        return log_.info(log::Module::hb, "node is forgotten", {{"node", node_name(changed.id)}});
    }
    const bool alive = peer->second.state == cluster::PeerState::alive;
    heard_[changed.id] = peer->second.state;
    log_.info(log::Module::hb, alive ? "node is heard" : "node is not heard any more",
              {{"node", node_name(changed.id)}, {"process_ended", peer->second.dead}});
}

void Fabric::on_message(cluster::NodeId from, cluster::Message message) {
    step(cluster::Membership::Arrived{from, std::move(message)});
}

void Fabric::on_process_ended(cluster::Process which) { step(cluster::Membership::ProcessEnded{which}); }

void Fabric::on_peers() { publish(); }

void Fabric::on_duplicate(const std::string& address) {
    if (stopping_) return;
    stopping_ = true;
    timer_->arm(Duration::zero(), [this] { mesh_->close(); });  // not inside what a connection calls
    log_.critical(log::Module::clustering, "another process has this node's id and stays: this one ends",
                  {{"node", node_name(self_.id)}, {"address", address}});
    callbacks_.duplicate(address);
}

uint32_t Fabric::view_size() const { return serving_ ? static_cast<uint32_t>(serving_->view.members.size()) : 0; }

void Fabric::publish() {
    auto next = std::make_shared<Standing>();
    next->formed = serving_;
    for (const auto& [process, addresses] : mesh_->peers()) {
        // Of two processes with one id, the one in the view is the node.
        const auto* const member = serving_ ? serving_->view.find(process.id) : nullptr;
        const bool other = member != nullptr && member->boot != process.boot;
        if (other && mesh_->peers().contains(process_of(*member))) continue;
        next->peers[process.id] = addresses;
    }
    next->generation = standing_->generation;
    next->since = standing_->since;
    next->peers_generation = standing_->peers_generation;
    if (next->formed) next->cluster_key = cluster_key(next->formed->view);
    if (next->formed != standing_->formed) {
        ++next->generation;
        next->since = loop_.clock().now();
    }
    if (next->formed != standing_->formed || next->peers != standing_->peers) ++next->peers_generation;
    standing_ = std::move(next);
    keep_addresses();
    callbacks_.changed(standing_);
}

/// A node that is alone for a while keeps the addresses of those it lost: they may know no seed that lives, either.
void Fabric::keep_addresses() {
    if (view_size() < 2) return;
    const auto addresses = mesh_->addresses_of(serving_->view);
    if (addresses.empty()) return;
    mesh_->keep(addresses);
    address_file_.store(addresses);
}

}  // namespace cairn::fabric
