#include "tests/sim/whole_cluster.h"

#include <algorithm>
#include <map>

#include "common/base/check.h"
#include "node/storage/format/superblock.h"

namespace cairn::sim {
namespace {

using Role = copies::Roles::Role;

constexpr uint64_t kFileBytes = storage::kBlocksOffset + (1 << 20);
constexpr uint16_t kHeartbeat = 3002;
constexpr const char* kRackFile = "/rack";
constexpr size_t kLines = 25;  // of each node's log, with a violation

std::shared_ptr<const NodeConfig> config_of(const ClusterShape& shape, size_t node,
                                            const std::vector<std::string>& seeds) {
    auto config = std::make_shared<NodeConfig>();
    config->logging.any = log::Level::info;
    config->service.cluster_name = "sim";
    config->service.node_id = "A" + std::to_string(node + 1);
    config->network.heartbeat.port = kHeartbeat;
    config->network.heartbeat.mesh_seed_address_ports = seeds;
    if (shape.racks > 1) config->network.rack_id_file = kRackFile;
    NamespaceConfig ns;
    ns.name = "test";
    ns.replication_factor = shape.copies;
    ns.conflict_resolution_policy = shape.policy;
    ns.storage_engine.data_size_bytes = 64 << 20;
    if (shape.on_files) {
        ns.storage_engine.type = StorageEngine::device;
        ns.storage_engine.files = {"/data"};
        ns.storage_engine.write_block_size_bytes = 16 << 10;
        ns.storage_engine.file_size_bytes = kFileBytes;
        ns.storage_engine.commit_to_device = shape.commit_to_device;
    }
    config->namespaces.push_back(std::move(ns));
    return config;
}

/// All records of one copy; on files without their content.
std::map<std::string, replication::Version> records_of(partition::Namespace& ns, PartitionId id) {
    return ns.partitions.with(id, [&](partition::Partition& partition) {
        std::map<std::string, replication::Version> records;
        if (partition.record_count() == 0) return records;
        std::vector<record::Head*> found;
        for (partition::WalkPosition position; !position.done;) {
            found.clear();
            partition.walk(position, found);
            for (const record::Head* record : found) {
                const bool buried = record->kind == uint32_t(record::Kind::tombstone);
                auto version = partition.in_store() ? replication::Version{.generation = record->generation,
                                                                           .last_update_ms = record->last_update_ms(),
                                                                           .kind = buried ? replication::Kind::tombstone
                                                                                          : replication::Kind::live,
                                                                           .void_time = record->void_time}
                                                    : copies::RecordCopies::version_of(ns, *record);
                records.emplace(std::string(record->digest.bytes.begin(), record->digest.bytes.end()),
                                std::move(version));
            }
        }
        return records;
    });
}

}  // namespace

WholeCluster::WholeCluster(World& world, const ClusterShape& shape) : world_(world), shape_(shape) {
    // A change of view says something of each of 4096 partitions: in small pieces that would take all the test's time.
    auto& link = world.network().shape();
    link.piece_max = std::max<size_t>(link.piece_max, 32 << 10);
    link.window_bytes = std::max<size_t>(link.window_bytes, 1 << 20);
    std::vector<std::string> seeds;
    for (size_t i = 0; i < shape.nodes; ++i) {
        SimMachine& machine = world.machine("node" + std::to_string(i + 1));
        auto& disk = machine.sim_disk().shape();
        disk.delay_max = std::min<Duration>(disk.delay_max, 5ms);
        disk.sector = std::min<uint32_t>(disk.sector, 512);
        seeds.push_back(machine.address() + ":" + std::to_string(kHeartbeat));
        members_.push_back(std::make_unique<Member>(&machine, Lines(world, i)));
    }
    for (size_t i = 0; i < shape.nodes; ++i) {
        members_[i]->config = config_of(shape, i, seeds);
        if (shape.racks > 1) set_rack(i, 1 + i % shape.racks);
    }
}

WholeCluster::~WholeCluster() {
    for (size_t i = 0; i < size(); ++i) kill(i);
}

void WholeCluster::start(size_t index) {
    auto& member = *members_[index];
    CAIRN_CHECK(member.node == nullptr);
    for (size_t i = 0; i < member.machine->loop_count(); ++i) member.machine->loop(i).clock().refresh();
    member.node = std::make_unique<Node>(*member.machine, member.config, member.logger, shape_.trial);
    member.member = true;
    const auto started = member.node->start(
        [this, index](const Error& error) { violate("node " + std::to_string(index) + " gave up: " + error.detail); });
    if (!started) violate("node " + std::to_string(index) + " does not start: " + started.error().detail);
    disturb(index, false);
}

void WholeCluster::kill(size_t index) { end(index, false); }
void WholeCluster::crash(size_t index) { end(index, true); }

void WholeCluster::end(size_t index, bool power_lost) {
    auto& member = *members_[index];
    if (member.node == nullptr) return;
    disturb(index, true);
    if (power_lost) member.machine->crash();
    else member.machine->kill();
    member.node.reset();
    member.machine->restart();
}

void WholeCluster::stop(size_t index) {
    auto& member = *members_[index];
    if (member.node == nullptr) return;
    disturb(index, true);
    member.machine->set_paused(false);  // nobody can ask one that does not run
    bool stopped = false;
    member.machine->loop(0).post([&] { member.node->stop([&stopped] { stopped = true; }); });
    if (!world_.run_until([&] { return stopped; }, 30s)) violate("a node does not end within 30 s");
    if (!stopped) return kill(index);
    member.node.reset();
}

void WholeCluster::pause(size_t index) {
    disturb(index, true);
    members_[index]->machine->set_paused(true);
}

void WholeCluster::resume(size_t index) {
    members_[index]->machine->set_paused(false);
    disturb(index, false);
}

void WholeCluster::isolate(size_t index, bool out, bool in) {
    auto& network = world_.network();
    members_[index]->isolated = true;
    for (size_t other = 0; other < size(); ++other) {
        if (other == index) continue;
        if (out) network.block(machine(index), machine(other));
        if (in) network.block(machine(other), machine(index));
    }
}

void WholeCluster::rejoin(size_t index) {
    members_[index]->rejoins = true;
    unblock(index);
}

void WholeCluster::unblock(size_t index) {
    auto& network = world_.network();
    for (size_t other = 0; other < size(); ++other) {
        if (other == index) continue;
        network.unblock(machine(index), machine(other));
        network.unblock(machine(other), machine(index));
    }
}

void WholeCluster::wipe(size_t index) {
    machine(index).sim_disk().wipe();
    if (shape_.racks > 1) set_rack(index, members_[index]->rack);
}

void WholeCluster::quiesce(size_t index, bool quiesced) {
    if (running(index)) members_[index]->node->state().membership.ask_quiesce(quiesced);
    wants_recluster_ = true;
}

/// By whoever may.
void WholeCluster::recluster() {
    for (size_t i = 0; i < size(); ++i) {
        if (running(i)) (void)members_[i]->node->state().membership.recluster(world_.now());
    }
}

void WholeCluster::set_rack(size_t index, size_t rack) {
    members_[index]->rack = rack;
    CAIRN_CHECK(machine(index).sim_disk().write_file(kRackFile, std::to_string(rack)));
}

void WholeCluster::disturb(size_t index, bool disturbed) {
    members_[index]->disturbed = disturbed;
    members_[index]->disturbed_until = world_.now();
}

bool WholeCluster::undisturbed_since(size_t index, Instant when) const {
    return !members_[index]->disturbed && members_[index]->disturbed_until <= when;
}

std::optional<size_t> WholeCluster::any_steady_node() {
    const size_t node = world_.dice().below(size());
    const auto& of = *members_[node];
    if (!running(node) || of.isolated || !undisturbed_since(node, complete_at_)) return std::nullopt;
    const auto view = view_of(node);
    return view && view == last_view() ? std::optional(node) : std::nullopt;
}

/// None while it is in no view.
cluster::Ballot WholeCluster::view_of(size_t node) const {
    const auto standing = members_[node]->node->state().membership.standing();
    return standing && standing->formed ? standing->formed->view.ballot : cluster::Ballot();
}

cluster::Ballot WholeCluster::last_view() const {
    cluster::Ballot last;
    for (size_t i = 0; i < size(); ++i) {
        if (running(i)) last = std::max(last, view_of(i));
    }
    return last;
}

std::optional<size_t> WholeCluster::master_of(PartitionId partition) const {
    const auto last = last_view();
    std::optional<size_t> master;
    for (size_t i = 0; i < size(); ++i) {
        if (!running(i) || copies_of(i).roles().of(partition) != Role::master) continue;
        // Who was cut off, or slept, and has not heard yet that the others went on.
        if (!shape_.lossy() && (members_[i]->isolated || view_of(i) < last)) continue;
        const auto regime = [&](size_t node) { return copies_of(node).machine(partition).regime(); };
        if (!master || regime(i) > regime(*master)) master = i;
    }
    return master;
}

std::optional<std::string> WholeCluster::missing_view() {
    std::optional<cluster::Ballot> ballot;
    std::string views = "no view of all:";
    bool one = true;
    for (size_t i = 0; i < size(); ++i) {
        if (!member(i)) continue;
        const auto standing = running(i) ? members_[i]->node->state().membership.standing() : nullptr;
        if (!standing || !standing->formed) {
            one = false;
            views += running(i) ? " none" : " ended";
            continue;
        }
        const auto& view = standing->formed->view;
        views += " " + std::to_string(view.ballot.counter) + " of " + std::to_string(view.members.size());
        one &= view.members.size() == member_count() && (!ballot || *ballot == view.ballot);
        ballot = view.ballot;
    }
    if (!one) return views;
    for (const auto& member : members_) {
        if (member->rejoins) member->isolated = member->rejoins = false;
    }
    return std::nullopt;
}

std::optional<std::string> WholeCluster::missing_copies() {
    if (auto views = missing_view()) return views;
    for (size_t i = 0; i < size(); ++i) {
        if (!member(i)) continue;
        if (const size_t left = copies_of(i).unfinished(); left != 0) {
            return "node " + std::to_string(i) + " has " + std::to_string(left) + " unfinished partitions";
        }
    }
    return std::nullopt;
}

bool WholeCluster::has_all_copies() {
    const bool has = !missing_copies();
    if (has) complete_at_ = world_.now();
    return has;
}

std::optional<std::string> WholeCluster::incomplete() {
    if (auto missing = missing_copies()) return missing;
    for (size_t p = 0; p < partitions(); ++p) {
        const auto partition = static_cast<PartitionId>(p);
        const auto master = master_of(partition);
        if (!master) return "partition " + std::to_string(p) + " has no master";
        const auto& machine = copies_of(*master).machine(partition);
        if (machine.done() && machine.unsettled() == 0) continue;
        return "partition " + std::to_string(p) + " on node " + std::to_string(*master) +
               " is not done: " + std::to_string(machine.cfg().insync.size()) + " in sync, " +
               std::to_string(machine.plan().targets.size()) + " targets, " + std::to_string(machine.unsettled()) +
               " unsettled";
    }
    for (size_t i = 0; i < size(); ++i) {
        for (size_t p = 0; member(i) && p < partitions(); ++p) {
            if (copies_of(i).machine(static_cast<PartitionId>(p)).rests()) continue;
            return "partition " + std::to_string(p) + " on node " + std::to_string(i) + " does not rest";
        }
    }
    complete_at_ = world_.now();
    return std::nullopt;
}

bool WholeCluster::complete_within(Duration time) {
    // One that was asked for while a view changed was ignored, as its asker was told.
    if (std::exchange(wants_recluster_, false)) {
        world_.run_for(2s);
        recluster();
    }
    // Looking after each piece of work would cost more than the work.
    for (const Instant end = world_.now() + time; world_.now() < end && !violation_; world_.run_for(20ms)) {
        check_masters();
        if (complete()) return true;
    }
    return complete();
}

void WholeCluster::check_copies() {
    for (size_t p = 0; p < partitions(); ++p) {
        const auto partition = static_cast<PartitionId>(p);
        const auto master = master_of(partition);
        if (!master) return violate("partition " + std::to_string(p) + " has no master");
        const auto& cfg = copies_of(*master).machine(partition).cfg();
        const auto records_on = [&](size_t node) {
            return records_of(*members_[node]->node->state().namespaces[0], partition);
        };
        if (cfg.insync.size() != std::min<size_t>(shape_.copies, member_count())) {
            violate("partition " + std::to_string(p) + " has " + std::to_string(cfg.insync.size()) + " copies");
        }
        const auto records = records_on(*master);
        for (size_t i = 0; i < size(); ++i) {
            if (!member(i)) continue;
            const auto id = members_[i]->node->state().identity.node_id;
            const auto seen = records_on(i);
            if (cfg.copy_on(id) != nullptr ? seen != records : !seen.empty()) {
                violate("copies of partition " + std::to_string(p) + " differ: " + std::to_string(records.size()) +
                        " records on node " + std::to_string(*master) + ", " + std::to_string(seen.size()) +
                        " on node " + std::to_string(i));
            }
        }
    }
}

void WholeCluster::check_masters() {
    for (size_t i = 0; i < size(); ++i) {
        const auto standing = running(i) ? members_[i]->node->state().membership.standing() : nullptr;
        if (!standing || !standing->formed) continue;
        for (size_t p = 0; p < partitions(); ++p) {
            const auto partition = static_cast<PartitionId>(p);
            if (copies_of(i).roles().of(partition) != Role::master) continue;
            const auto regime = copies_of(i).machine(partition).regime();
            const auto [known, is_new] = masters_.try_emplace({p, regime, standing->cluster_key}, i);
            if (known->second == i) continue;
            violate("nodes " + std::to_string(known->second) + " and " + std::to_string(i) +
                    " are master of partition " + std::to_string(p) + " in regime " + std::to_string(regime));
        }
    }
}

size_t WholeCluster::member_count() const {
    return static_cast<size_t>(std::ranges::count_if(members_, [](const auto& of) { return of->member; }));
}

void WholeCluster::Lines::write(std::string_view line) {
    // Not the line's own time: that is of the machine under the simulation.
    kept.push_back(std::to_string(world.now() / 1ms) + " ms, node " + std::to_string(index) + ": " +
                   std::string(line.substr(std::min(line.find(' '), line.size()))));
    if (kept.size() > kLines) kept.pop_front();
}

void WholeCluster::violate(std::string what) {
    if (violation_) return;
    violation_ = std::move(what) + ", at " + std::to_string(world_.now() / 1ms) + " ms";
    for (const auto& member : members_) {
        for (const std::string& line : member->lines.kept) *violation_ += "\n    " + line;
    }
}

}  // namespace cairn::sim
