#include "tests/sim/replication_history.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/cluster/contains.h"

namespace cairn::sim {

using cluster::NodeId;
using replication::Kind;
using replication::Packet;
using replication::Version;

namespace {

constexpr size_t kKeys = 24;
constexpr std::string_view kClusterName = "sim";

/// A key of the partition, in one of a few buckets.
Digest digest_of(size_t partition, size_t key) {
    Digest digest{};
    digest.bytes[0] = static_cast<uint8_t>(partition);
    digest.bytes[1] = static_cast<uint8_t>(key % 4 << 4);
    digest.bytes[2] = static_cast<uint8_t>(key % 3 << 6);
    digest.bytes[19] = static_cast<uint8_t>(key);
    return digest;
}

std::vector<uint8_t> content_of(uint32_t number) {
    std::vector<uint8_t> content(4);
    store_le(content.data(), number);
    return content;
}
uint32_t number_in(const Version& version) { return load_le<uint32_t>(version.content.data()); }

std::string name_of(size_t partition, const Digest& digest) {
    return "partition " + std::to_string(partition) + " key " + std::to_string(digest.bytes[19]);
}

}  // namespace

size_t RecordChecks::count(replication::PartitionMachine::Outcome outcome) const {
    return static_cast<size_t>(std::ranges::count(operations_, outcome, &Operation::outcome));
}

std::optional<std::string> RecordChecks::check_written(size_t partition, const MemoryStore::Records& records) const {
    using Outcome = replication::PartitionMachine::Outcome;
    for (const auto& [digest, version] : records) {
        if (version.content.empty()) continue;  // a delete that nobody asked for: of what the master did not have
        const uint32_t number = number_in(version);
        if (number == 0 || number > operations_.size() || operation(number).digest != digest) {
            return "nobody wrote what is in " + name_of(partition, digest);
        }
        const auto outcome = operation(number).outcome;
        if (outcome && *outcome != Outcome::ok && *outcome != Outcome::in_doubt) {
            return "a refused write is in " + name_of(partition, digest);
        }
    }
    return std::nullopt;
}

std::optional<std::string> RecordChecks::check_complete(size_t partition, const MemoryStore::Records& records) const {
    using Outcome = replication::PartitionMachine::Outcome;
    struct Known {
        uint32_t acknowledged = 0;
        uint32_t deleted = 0;  // the last that may have been
    };
    std::map<Digest, Known, MemoryStore::Less> known;
    for (size_t i = 0; i < operations_.size(); ++i) {
        const Operation& of = operations_[i];
        if (of.partition != partition) continue;
        const auto number = static_cast<uint32_t>(i + 1);
        if (of.outcome == Outcome::ok && of.commit_all) known[of.digest].acknowledged = number;
        const bool possible = !of.outcome || *of.outcome == Outcome::ok || *of.outcome == Outcome::in_doubt;
        if (of.kind != Kind::live && possible) known[of.digest].deleted = number;
    }
    for (const auto& [digest, of] : known) {
        const auto found = records.find(digest);
        const bool there = found != records.end() && !found->second.content.empty();
        const uint32_t last = there ? number_in(found->second) : of.deleted;
        if (last < of.acknowledged) {
            return "an acknowledged write is lost: " + name_of(partition, digest) + " has " + std::to_string(last) +
                   ", not " + std::to_string(of.acknowledged);
        }
    }
    return std::nullopt;
}

struct ReplicationHistory::Node {
    struct Copy {
        MemoryStore store;
        std::unique_ptr<Machine> machine;
    };
    std::array<Copy, ClusterHistory::kPartitions> copies;
    std::map<std::pair<NodeId, cluster::Ballot>, Packet> outbox;
    replication::TransferSlots slots{2};
    uint64_t life = 0;
};

ReplicationHistory::ReplicationHistory(uint64_t seed, const ReplicationShape& shape)
    : shape_(shape), cluster_(seed, {.nodes = shape.nodes, .trouble = shape.trouble, .majority = !shape.splits}) {
    for (size_t i = 0; i < cluster_.size(); ++i) nodes_.push_back(std::make_unique<Node>());
    complete_ = !shape.splits;
    cluster_.attach(*this);
}

ReplicationHistory::~ReplicationHistory() = default;

/// What a process finds: nothing; all but the last changes, which it cannot trust; or everything.
void ReplicationHistory::begin(size_t index, bool lost, cluster::NamespaceReport& said) {
    Node& node = *nodes_[index];
    ++node.life;
    const bool torn = !lost && cluster_.dice().once_in(4);
    replication::ReplicationSettings settings;
    settings.policy = shape_.policy;
    settings.handover_wait = 200ms;
    settings.resettle_max = 3;
    settings.transfer.records_max = 3;
    settings.transfer.page_records_max = 2;
    for (size_t p = 0; p < node.copies.size(); ++p) {
        Node::Copy& copy = node.copies[p];
        if (lost) {
            copy.store.clear();
        }
        if (torn) copy.store.lose_last(cluster_.dice().below(8));
        if (!lost) said.partitions[p].trusted = false;  // what of it was settled is not known
        copy.store.later_every = cluster_.dice().once_in(2) ? 0 : cluster_.dice().between(2, 6);
        said.partitions[p].has_data = !copy.store.records().empty();
        copy.machine =
            std::make_unique<Machine>(cluster_.id_of(index), copy.store, settings, shape_.mutants, &node.slots);
    }
}

void ReplicationHistory::end(size_t index) {
    Node& node = *nodes_[index];
    ++node.life;
    node.outbox.clear();
    for (auto& copy : node.copies) {
        if (copy.machine == nullptr) continue;
        const auto of = copy.machine->counters();
        auto& all = totals_.counters;
        all.resent += of.resent;
        all.refused_stale += of.refused_stale;
        all.resettled += of.resettled;
        all.fill_records += of.fill_records;
        all.fill_removes += of.fill_removes;
        all.fill_buckets_equal += of.fill_buckets_equal;
        all.merge_taken += of.merge_taken;
        all.merge_lost += of.merge_lost;
        all.strikes += of.strikes;
        copy.machine.reset();
    }
}

void ReplicationHistory::accept(size_t index, const cluster::Formed& formed) {
    const auto& plans = formed.table.namespaces.at(ClusterHistory::kAvailable);
    std::vector<cluster::Copy> copies;
    for (const auto& [node, report] : formed.reports) {
        copies.push_back({node, report->namespaces.at(ClusterHistory::kAvailable).data});
    }
    for (size_t p = 0; p < plans.size(); ++p) {
        // All copies were away at once, one of them without a fault of ours: a lost message is enough.
        complete_ = complete_ && !plans[p].data_elsewhere;
        give(index, p, Machine::ViewAccepted{formed.view.ballot, plans[p], cluster_.own_cfg(index, p), copies});
    }
    post(index);
}

void ReplicationHistory::activate(size_t index, const cluster::Formed& formed) {
    for (size_t p = 0; p < ClusterHistory::kPartitions; ++p) give(index, p, Machine::ViewActive{formed.view.ballot});
    post(index);
}

void ReplicationHistory::lose_view(size_t index) {
    for (size_t p = 0; p < ClusterHistory::kPartitions; ++p) give(index, p, Machine::ViewLost{});
    post(index);
}

void ReplicationHistory::tick(size_t index) {
    Node& node = *nodes_[index];
    for (size_t p = 0; p < node.copies.size(); ++p) {
        give(index, p, Machine::Tick{});
        cluster_.set_has_data(index, p, !node.copies[p].store.records().empty());
    }
    post(index);
}

/// All letters of a packet are one turn: those of one partition go in together.
void ReplicationHistory::arrive(size_t index, NodeId from, Bytes frame) {
    const auto header = cluster::FrameHeader::parse(replication::kPacketFrame, frame);
    CAIRN_CHECK(header.has_value());
    auto packet = replication::decode(*header, frame.subspan(cluster::kFrameHeaderSize), kClusterName);
    CAIRN_CHECK(packet.has_value());
    std::map<PartitionId, std::vector<Machine::Event>> events;
    for (auto& letter : packet->letters) {
        events[letter.partition].push_back(Machine::Arrived{from, packet->view, std::move(letter.message)});
    }
    for (const auto& [partition, of_one] : events) give(index, partition, of_one);
    post(index);
}

void ReplicationHistory::give(size_t index, size_t partition, std::span<const Machine::Event> events) {
    perform(index, partition, nodes_[index]->copies[partition].machine->step(events, cluster_.now()));
}

void ReplicationHistory::perform(size_t index, size_t partition, Machine::Effects effects) {
    Node& node = *nodes_[index];
    Machine& machine = *node.copies[partition].machine;
    for (auto& effect : effects) {
        if (auto* const send = std::get_if<Machine::Send>(&effect)) {
            Packet& packet = node.outbox[{send->to, send->view}];
            packet.view = send->view;
            packet.letters.push_back(
                {ClusterHistory::kAvailable, static_cast<PartitionId>(partition), std::move(send->message)});
        } else if (const auto* const answer = std::get_if<Machine::Answer>(&effect)) {
            const auto number = static_cast<uint32_t>(answer->ticket);
            if (checks_.operation(number).outcome) cluster_.violate("a write was answered twice");
            checks_.end(number, answer->outcome);
            if (answer->outcome != Machine::Outcome::ok) continue;
            const auto [known, is_new] =
                masters_.try_emplace({partition, machine.cfg().id.ballot, machine.regime()}, index);
            if (known->second != index) cluster_.violate("two masters answered in one regime");
        } else if (const auto* const wanted = std::get_if<Machine::StoreCfg>(&effect)) {
            if (wanted->cfg.regime != machine.regime()) ++totals_.handed_over;
            store_cfg(index, partition, *wanted);
        } else if (std::get_if<Machine::Erased>(&effect) != nullptr) {
            ++totals_.erased;
            if (machine.cfg().copy_on(cluster_.id_of(index)) != nullptr) {
                cluster_.violate("a copy in sync was erased");
            }
        }
    }
}

void ReplicationHistory::store_cfg(size_t index, size_t partition, const Machine::StoreCfg& wanted) {
    const auto done = [this, index, partition, number = wanted.number] {
        give(index, partition, Machine::CfgStored{number});
        post(index);
    };
    if (cluster_.store_cfg(index, partition, wanted.cfg, done)) return;
    cluster_.after(Duration{}, [this, index, partition, number = wanted.number, life = nodes_[index]->life] {
        if (nodes_[index]->life != life) return;
        give(index, partition, Machine::CfgRefused{number});
        post(index);
    });
}

/// One packet to each node, with all that this turn said to it.
void ReplicationHistory::post(size_t index) {
    for (auto& [to, packet] : std::exchange(nodes_[index]->outbox, {})) {
        cluster_.send_data(index, to.first,
                           std::make_shared<const std::vector<uint8_t>>(replication::encode(packet, kClusterName)));
    }
}

void ReplicationHistory::use() {
    if (writing_) write_somewhere();
    cluster_.after(cluster_.dice().up_to(cluster_.dice().once_in(10) ? 400ms : 30ms), [this] { use(); });
}

void ReplicationHistory::write_somewhere() {
    Dice& dice = cluster_.dice();
    const size_t partition = dice.below(ClusterHistory::kPartitions);
    const size_t index = dice.below(cluster_.size());
    if (!cluster_.awake(index)) return;
    Machine& machine = *nodes_[index]->copies[partition].machine;
    if (machine.role() != Machine::Role::master) return;
    const size_t key = dice.below(kKeys);
    if (sides_ && (*sides_ >> index & 1) != key % 2) return;
    RecordChecks::Operation operation{.partition = partition, .digest = digest_of(partition, key)};
    if (dice.once_in(4) && !(shape_.splits && complete_))
        operation.kind = dice.once_in(3) ? Kind::tombstone : Kind::deleted;
    operation.commit_all = !dice.once_in(8);
    const uint32_t number = checks_.begin(operation);
    Version version{.kind = operation.kind};
    const auto old = nodes_[index]->copies[partition].store.peek(operation.digest);
    version.generation = static_cast<uint16_t>(old ? old->generation + 1 : 1);
    version.last_update_ms = static_cast<uint64_t>(cluster_.now() / 1ms);
    if (operation.kind == Kind::live) version.content = content_of(number);
    const replication::Ticket ticket{number, cluster_.now() + 500ms + dice.up_to(4s)};
    give(index, partition, Machine::Put{ticket, operation.digest, version, operation.commit_all});
    post(index);
}

std::optional<size_t> ReplicationHistory::master_of(size_t partition) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
        const auto& machine = nodes_[i]->copies[partition].machine;
        if (machine && machine->role() == Machine::Role::master && cluster_.active(i)) return i;
    }
    return std::nullopt;
}

/// One view of all that live, and every partition has all it should have.
bool ReplicationHistory::synced() {
    if (!cluster_.settled()) return false;
    for (size_t p = 0; p < ClusterHistory::kPartitions; ++p) {
        const auto master = master_of(p);
        if (!master || !nodes_[*master]->copies[p].machine->done()) return false;
    }
    return true;
}

std::string ReplicationHistory::what_is_missing() {
    if (!cluster_.settled()) {
        std::string views = ": no view of all:";
        for (size_t i = 0; i < nodes_.size(); ++i) {
            const auto active = cluster_.active(i);
            views += " " + std::to_string(cluster_.id_of(i)) + (cluster_.awake(i) ? "" : " asleep") + " in ";
            views += active ? std::to_string(active->view.ballot.counter) + " of " +
                                  std::to_string(active->view.members.size())
                            : "none";
        }
        return views;
    }
    for (size_t p = 0; p < ClusterHistory::kPartitions; ++p) {
        const auto master = master_of(p);
        if (!master) return ": partition " + std::to_string(p) + " has no master";
        const Machine& machine = *nodes_[*master]->copies[p].machine;
        if (machine.done() && machine.unsettled() == 0) continue;
        const auto& plan = cluster_.active(*master)->table.namespaces.at(ClusterHistory::kAvailable)[p];
        std::string said = ": partition " + std::to_string(p) + " in sync";
        for (const auto& copy : machine.cfg().insync) said += " " + std::to_string(copy.node);
        said += ", targets";
        for (const NodeId node : plan.targets) said += " " + std::to_string(node);
        said += ", merge " + std::to_string(plan.merge.size()) + ", keep " + std::to_string(plan.keep.size());
        return said + ", unsettled " + std::to_string(machine.unsettled());
    }
    return "";
}

void ReplicationHistory::stop_and_check() {
    writing_ = false;
    const auto quiet = [this] {
        if (!synced()) return false;
        for (size_t p = 0; p < ClusterHistory::kPartitions; ++p) {
            if (nodes_[*master_of(p)]->copies[p].machine->unsettled() != 0) return false;
        }
        return true;
    };
    if (cluster_.run_until(quiet, 120s)) check_synced();
    else cluster_.violate("partitions do not come to rest within 120 s" + what_is_missing());
    writing_ = true;
}

void ReplicationHistory::check_synced() {
    ++totals_.syncs;
    for (size_t p = 0; p < ClusterHistory::kPartitions; ++p) {
        const size_t master = *master_of(p);
        const auto& cfg = nodes_[master]->copies[p].machine->cfg();
        const auto records = nodes_[master]->copies[p].store.records();
        if (const auto wrong = checks_.check_written(p, records)) cluster_.violate(*wrong);
        if (complete_) {
            if (const auto wrong = checks_.check_complete(p, records)) cluster_.violate(*wrong);
        }
        for (size_t i = 0; i < nodes_.size(); ++i) {
            if (nodes_[i]->copies[p].machine == nullptr) continue;
            const auto seen = nodes_[i]->copies[p].store.records();
            if (cfg.copy_on(cluster_.id_of(i)) != nullptr ? seen != records : !seen.empty()) {
                cluster_.violate("copies differ, partition " + std::to_string(p));
            }
        }
    }
}

/// One node is in trouble, again and again, for some time.
void ReplicationHistory::disturb_one_node() {
    Dice& dice = cluster_.dice();
    const size_t victim = quiesced_ && dice.once_in(2) ? *quiesced_ : dice.below(cluster_.size());
    const auto isolate = [&](bool out, bool in) {
        for (size_t other = 0; other < cluster_.size(); ++other) {
            if (other == victim) continue;
            cluster_.set_blocked(victim, other, out);
            cluster_.set_blocked(other, victim, in);
        }
    };
    for (size_t faults = dice.between(1, 3); faults > 0; --faults) {
        ++totals_.faults;
        const Duration lasts = dice.up_to(dice.once_in(2) ? 800ms : 8s);
        switch (dice.below(6)) {
            case 0:
            case 1:
                cluster_.kill(victim);
                cluster_.run_for(lasts);
                cluster_.restart(victim);
                break;
            case 2: cluster_.pause(victim, lasts); break;
            case 3:
                isolate(true, true);
                cluster_.run_for(lasts);
                isolate(false, false);
                break;
            case 4:
                isolate(dice.once_in(2), true);
                cluster_.run_for(lasts);
                isolate(false, false);
                break;
            case 5:  // never two: with one copy alone, its loss would be a loss
                if (quiesced_.value_or(victim) != victim || !cluster_.awake(victim)) break;
                cluster_.quiesce(victim, !quiesced_);
                quiesced_ = quiesced_ ? std::nullopt : std::optional(victim);
                break;
            default: break;
        }
        cluster_.set_loss(dice.once_in(2) ? 0 : dice.between(6, 40));
        cluster_.set_disk(dice.below(cluster_.size()), dice.once_in(2) ? 3ms : dice.up_to(300ms));
        cluster_.run_for(dice.up_to(dice.once_in(2) ? 300ms : 5s));
    }
}

std::optional<std::string> ReplicationHistory::run_without_splits() {
    cluster_.start();
    use();
    const Instant ends = cluster_.now() + shape_.trouble;
    while (!cluster_.violation()) {
        if (cluster_.now() >= ends) break;
        // The next node may be lost only when every partition has all its copies again.
        if (!cluster_.run_until([this] { return synced(); }, 90s)) {
            cluster_.violate("partitions do not get all their copies back within 90 s" + what_is_missing());
        }
        if (cluster_.violation()) break;
        stop_and_check();
        cluster_.run_for(cluster_.dice().up_to(1s));
        // What is told at one moment may not hold a moment later: views change by themselves, too.
        if (synced() && !cluster_.violation()) disturb_one_node();
    }
    if (!cluster_.violation()) cluster_.heal();
    return finish();
}

std::optional<std::string> ReplicationHistory::run_with_splits() {
    cluster_.after(1s, [this] { use(); });
    if (const auto wrong = cluster_.run()) return wrong;
    return finish();
}

std::optional<std::string> ReplicationHistory::run_one_split() {
    complete_ = true;
    cluster_.start();
    const auto sync = [this] {
        if (!cluster_.run_until([this] { return synced(); }, 90s))
            cluster_.violate("not all copies within 90 s" + what_is_missing());
        return !cluster_.violation();
    };
    if (!sync()) return cluster_.violation();
    use();
    cluster_.run_for(2s);
    sides_ = cluster_.dice().between(1, (1u << cluster_.size()) - 2);  // nobody is alone on purpose, but may be
    for (size_t a = 0; a < cluster_.size(); ++a) {
        for (size_t b = 0; b < cluster_.size(); ++b) {
            cluster_.set_blocked(a, b, (*sides_ >> a & 1) != (*sides_ >> b & 1));
        }
    }
    cluster_.run_for(8s);
    cluster_.heal();
    cluster_.run_until(
        [this] { return cluster_.settled() && cluster_.active(0)->view.members.size() == nodes_.size(); }, 90s);
    sides_.reset();
    return finish();
}

std::optional<std::string> ReplicationHistory::finish() {
    cluster_.run_for(2s);
    if (!cluster_.violation()) stop_and_check();
    return cluster_.violation();
}

std::optional<std::string> ReplicationHistory::run() {
    return shape_.splits ? run_with_splits() : run_without_splits();
}

ReplicationHistory::Totals ReplicationHistory::totals() {
    for (size_t i = 0; i < nodes_.size(); ++i) end(i);
    totals_.acknowledged = checks_.count(Machine::Outcome::ok);
    totals_.in_doubt = checks_.count(Machine::Outcome::in_doubt);
    return totals_;
}

}  // namespace cairn::sim
