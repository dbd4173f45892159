#include "tests/sim/fabric_history.h"

#include <algorithm>

#include "node/cluster/codec.h"

namespace cairn::sim {
namespace {

constexpr uint16_t kPort = 3002;
constexpr size_t kPartitions = 16;

cluster::NodeReport report_of(Dice& dice) {
    cluster::NodeReport report;
    auto& said = report.namespaces["test"];
    said.data = {dice.next(), dice.next()};
    said.partitions.resize(kPartitions);
    return report;
}

}  // namespace

FabricHistory::FabricHistory(uint64_t seed, const FabricShape& shape, FabricGuest* guest)
    : world_(seed), shape_(shape), guest_(guest) {
    auto& dice = world_.dice();
    auto& link = world_.network().shape();
    link.piece_max = std::max<size_t>(link.piece_max, 64);
    link.window_bytes = std::max<size_t>(link.window_bytes, 64 << 10);  // a pulse fits between two
    const size_t count = shape.nodes != 0 ? shape.nodes : dice.between(2, 5);
    std::vector<std::string> addresses;
    for (size_t i = 0; i < count; ++i) {
        auto& node = *nodes_.emplace_back(std::make_unique<Node>());
        node.machine = &world_.machine("node" + std::to_string(i + 1));
        addresses.push_back(node.machine->address());
    }
    world_.network().set_name("nodes", addresses);
    for (size_t i = 0; i < count; ++i) {
        auto& settings = nodes_[i]->settings;
        settings.cluster_name = "sim";
        settings.node_id = i + 1;
        settings.listen = {{"0.0.0.0", kPort}};
        settings.state_path = path();
        settings.addresses_path = addresses_path();
        settings.clients.standard = {addresses[i] + ":3000"};
        settings.mutants = shape.mutants;
        settings.report = report_of(dice);
        if (shape.by_name) {
            settings.seeds = {{"nodes", kPort}};
        } else {
            // A chain: the others are learnt from peers.
            settings.seeds = {{addresses[(i + 1) % count], kPort}};
        }
    }
}

FabricHistory::~FabricHistory() {
    for (size_t i = 0; i < nodes_.size(); ++i) kill(i);
}

void FabricHistory::start() {
    for (size_t i = 0; i < nodes_.size(); ++i) begin(i);
}

void FabricHistory::begin(size_t index) {
    auto& node = *nodes_[index];
    fabric::Fabric::Callbacks told;
    told.changed = [this](const auto& standing) {
        if (standing->formed) became_active(*standing->formed);
    };
    told.duplicate = [&node](const std::string& address) { node.duplicate = address; };
    if (guest_ != nullptr) guest_->begin(index, told);
    node.fabric = std::make_unique<fabric::Fabric>(*node.machine, node.settings, node.logger, std::move(told));
    const auto ready = guest_ != nullptr ? guest_->start(index, *node.fabric) : Result<void>();
    const auto started = ready ? node.fabric->start() : ready;
    node.start_error = started ? "" : started.error().detail;
    node.running = started.has_value();
}

void FabricHistory::kill(size_t index) {
    auto& node = *nodes_[index];
    if (node.fabric == nullptr) return;
    ++kills_;
    node.machine->kill();
    if (guest_ != nullptr) guest_->end(index);
    node.fabric.reset();
    node.running = false;
    node.machine->restart();
}

void FabricHistory::restart(size_t index) {
    if (!nodes_[index]->running) begin(index);
}

void FabricHistory::wipe(size_t index) {
    auto& node = *nodes_[index];
    const auto stored = node.machine->disk().read_file(path());
    if (!stored) return;
    node.lost.insert(cluster::decode_durable(as_bytes(*stored))->incarnation);
    (void)node.machine->disk().remove_file(path());
    (void)node.machine->disk().remove_file(addresses_path());
    if (guest_ != nullptr) guest_->wipe(index);
}

/// What any observer may never see.
void FabricHistory::became_active(const cluster::Formed& formed) {
    const auto [known, is_new] = views_.try_emplace(formed.view.ballot, formed.view, formed.table.hash);
    const std::string counter = std::to_string(formed.view.ballot.counter);
    const auto violate = [&](std::string what) {
        if (!violation_) violation_ = std::move(what);
    };
    if (known->second.first != formed.view) violate("two member lists under ballot " + counter);
    if (known->second.second != formed.table.hash) violate("two tables under ballot " + counter);
    if (!is_new) return;
    for (const auto& member : formed.view.members) {
        if (nodes_[member.id - 1]->lost.contains(member.incarnation)) continue;
        const auto stored = nodes_[member.id - 1]->machine->disk().read_file(path());
        const auto state = stored ? cluster::decode_durable(as_bytes(*stored)) : fail("none");
        if (state && state->incarnation != member.incarnation) continue;  // of another process with its id
        if (!state || state->view.ballot < formed.view.ballot) {
            violate("view " + counter + " serves before node " + std::to_string(member.id) + " has stored it");
        }
    }
}

bool FabricHistory::settled() const {
    const cluster::Formed* first = nullptr;
    std::vector<cluster::Member> living;
    for (const auto& node : nodes_) {
        if (node->running) living.push_back(node->fabric->self());
    }
    for (const auto& node : nodes_) {
        if (!node->running) continue;
        const auto& formed = node->fabric->standing()->formed;
        if (!formed || node->fabric->membership()->view_change().frozen()) return false;
        if (first == nullptr) first = formed.get();
        if (formed->view.ballot != first->view.ballot || formed->view.members != living) return false;
    }
    return first != nullptr;
}

bool FabricHistory::settle_within(Duration time) {
    // Looking after each piece of work would cost more than the work.
    for (const Instant end = world_.now() + time; world_.now() < end;) {
        if (settled()) return true;
        world_.run_for(10ms);
    }
    return settled();
}

size_t FabricHistory::logged(size_t node, std::string_view text) const {
    const auto lines = nodes_[node]->lines.lines();
    return static_cast<size_t>(std::ranges::count_if(lines, [&](const auto& line) { return line.contains(text); }));
}

void FabricHistory::trouble() {
    auto& dice = world_.dice();
    auto& network = world_.network();
    const size_t one = dice.below(nodes_.size());
    const size_t other = (one + dice.between(1, nodes_.size() - 1)) % nodes_.size();
    switch (dice.below(8)) {
        case 0: return kill(one);
        case 1:
            kill(one);
            if (dice.once_in(2)) wipe(one);
            return begin(one);
        case 2:
        case 3: return restart(one);
        case 4: return network.cut(machine(one), machine(other));
        case 5:
        case 6:
            network.block(machine(one), machine(other));
            blocked_.insert({one, other});
            if (dice.once_in(2)) {
                network.block(machine(other), machine(one));
                blocked_.insert({other, one});
            }
            return;
        default:
            for (const auto& [from, to] : std::exchange(blocked_, {})) network.unblock(machine(from), machine(to));
    }
}

void FabricHistory::heal() {
    for (const auto& [from, to] : std::exchange(blocked_, {})) world_.network().unblock(machine(from), machine(to));
    for (size_t i = 0; i < nodes_.size(); ++i) restart(i);
}

std::optional<std::string> FabricHistory::run() {
    start();
    for (const Instant end = world_.now() + shape_.trouble; world_.now() < end && !violation_;) {
        world_.run_for(world_.dice().up_to(1s));
        trouble();
    }
    heal();
    for (size_t i = 0; i < nodes_.size(); ++i) {
        if (!nodes_[i]->running) return "node " + std::to_string(i + 1) + " does not start: " + nodes_[i]->start_error;
    }
    // Who was expelled often waits for up to a minute.
    if (!violation_ && !settle_within(120s)) return "no view of all two minutes after the trouble";
    return violation_;
}

}  // namespace cairn::sim
