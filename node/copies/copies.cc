#include "node/copies/copies.h"

#include <algorithm>

namespace cairn::copies {

using Event = PartitionMachine::Event;
using Role = Roles::Role;

namespace {

constexpr Duration kTell = 200ms;

/// Replicas in sync, in the order in which they are wanted, have a column each; the master has all others.
uint8_t columns_of(const PartitionMachine& machine, cluster::NodeId self, Role role) {
    const auto& plan = machine.plan();
    const auto& cfg = machine.cfg();
    if (role != Role::master && role != Role::replica) return 0;
    uint8_t bits = role == Role::master ? 1 : 0;
    size_t column = 1;
    const auto take = [&](cluster::NodeId node) {
        if (node == cfg.master || cfg.copy_on(node) == nullptr) return;
        if (column < Roles::kColumnsMax && node == self) bits = static_cast<uint8_t>(bits | 1 << column);
        ++column;
    };
    for (const cluster::NodeId node : plan.targets) take(node);
    if (role != Role::master) return bits;
    for (; column < std::min(plan.targets.size(), Roles::kColumnsMax); ++column) {
        bits = static_cast<uint8_t>(bits | 1 << column);
    }
    return bits;
}

}  // namespace

Copies::Copies(partition::Namespace& ns, cluster::NodeId self, const replication::ReplicationSettings& settings,
               replication::TransferSlots& slots, Outbox& outbox, const replication::ReplicationMutants& mutants,
               size_t partitions)
    : ns_(ns),
      self_(self),
      outbox_(outbox),
      masters_(kPartitionCount),
      busy_(kPartitionCount),
      moving_(kPartitionCount),
      ranks_(kPartitionCount) {
    auto of_this = settings;
    of_this.transfer.done = &transfers_;
    copies_.reserve(partitions);
    for (size_t p = 0; p < partitions; ++p) {
        copies_.push_back(std::make_unique<Copy>(ns, self, of_this, mutants, slots));
    }
}

partition::Replicator::Access Copies::may_write(PartitionId partition) const {
    if (partition >= copies_.size()) return Access::elsewhere;
    switch (copies_[partition]->machine.may_write()) {
        case PartitionMachine::Outcome::ok: return Access::ok;
        case PartitionMachine::Outcome::moving: return Access::moving;
        case PartitionMachine::Outcome::overload: return Access::overload;
        default: return Access::elsewhere;
    }
}

partition::Replicator::Access Copies::may_read(PartitionId partition) const {
    const Role role = roles_.of(partition);
    return role == Role::master || role == Role::replica ? Access::ok : Access::elsewhere;
}

bool Copies::wrote(partition::Partition& partition, const Written& written) {
    Copy& copy = *copies_[partition.id()];
    copy.records.enter(partition);
    auto version = std::make_shared<replication::Version>();
    if (written.version == nullptr) {
        version->kind = replication::Kind::deleted;
    } else if (copy.machine.sends_writes()) {
        *version = RecordCopies::version_of(ns_, *written.version);
    }
    auto effects = copy.machine.step(PartitionMachine::Wrote{.ticket = {{written.ticket, written.deadline}},
                                                             .digest = written.digest,
                                                             .version = std::move(version),
                                                             .commit_all = written.commit_all},
                                     written.now);
    const size_t answered = std::erase_if(effects, [&](const PartitionMachine::Effect& effect) {
        const auto* const answer = std::get_if<PartitionMachine::Answer>(&effect);
        return answer != nullptr && answer->ticket == written.ticket;
    });
    note(partition.id(), copy, std::move(effects));
    copy.records.leave();
    return answered == 0;
}

void Copies::step(PartitionId id, std::span<const Event> events, Instant now) {
    ns_.partitions.with(id, [&](partition::Partition& partition) {
        Copy& copy = *copies_[id];
        copy.records.enter(partition);
        note(id, copy, copy.machine.step(events, now));
        copy.records.leave();
    });
}

void Copies::note(PartitionId partition, Copy& copy, PartitionMachine::Effects&& effects) {
    const Role role = copy.machine.role();
    if (role != roles_.of(partition) || copy.machine.cfg().id != copy.shown) {
        copy.shown = copy.machine.cfg().id;
        const bool other = role == Role::replica || role == Role::other;
        const cluster::NodeId master = other ? copy.machine.cfg().master : 0;
        masters_[partition].store(master == self_ ? 0 : master, std::memory_order_relaxed);
        roles_.set(partition, role);
        const uint8_t columns = columns_of(copy.machine, self_, role);
        // First what clients are told, then that it is new.
        const bool moved = columns != roles_.columns(partition);
        roles_.set_columns(partition, columns);
        if (moved) generation_.fetch_add(1, std::memory_order_release);
    }
    note_moving(partition, copy.machine);
    if (const bool has_data = !copy.records.empty(); has_data != copy.has_data) {
        copy.has_data = has_data;
        outbox_.add({ns_.index, partition, Outbox::HasData{has_data}});
    }
    const bool waits = copy.machine.waits_for_slot();
    if (waits) ranks_[partition].store(rank_of(copy.machine, copy.records.count()), std::memory_order_relaxed);
    const uint8_t ticks = copy.machine.rests() ? kRests : copy.machine.only_tells() ? kTells : kBusy;
    const auto busy = static_cast<uint8_t>(ticks | (waits ? kWaits : 0));
    // Only here, inside the door, is it written.
    const uint8_t before = busy_[partition].load(std::memory_order_relaxed);
    if (before != busy) busy_[partition].store(busy, std::memory_order_relaxed);
    if ((busy & kWaits) != (before & kWaits)) waiting_.fetch_add(waits ? 1 : size_t(-1), std::memory_order_relaxed);
    if (copy.records.wanting() && !copy.reading) {
        copy.reading = true;
        outbox_.add({ns_.index, partition, Outbox::WantsReads{}});
    }
    outbox_.add(ns_.index, ns_.name, partition, std::move(effects));
}

void Copies::note_moving(PartitionId partition, const PartitionMachine& machine) {
    uint8_t now = 0;
    if (machine.migrating()) {
        const bool sent = machine.role() == Role::master;
        now = sent ? kSent : kReceived;
        if (sent && machine.urgency() == PartitionMachine::Urgency::lead) now |= kLead;
        if (sent && machine.transfers()) now |= kActive;
        if (!sent && machine.receives()) now |= kReceives;
    }
    const uint8_t before = moving_[partition].load(std::memory_order_relaxed);
    if (now == before) return;
    moving_[partition].store(now, std::memory_order_relaxed);
    const auto count = [&](uint8_t bit, std::atomic<size_t>& of) {
        if ((now & bit) == (before & bit)) return;
        of.fetch_add((now & bit) != 0 ? 1 : size_t(-1), std::memory_order_relaxed);
    };
    count(kSent, unfinished_sent_);
    count(kReceived, unfinished_received_);
    count(kLead, unfinished_lead_);
    count(kActive, active_);
    count(kReceives, active_received_);
}

Copies::Unfinished Copies::to_finish() const {
    return {.sent = unfinished_sent_.load(std::memory_order_relaxed),
            .received = unfinished_received_.load(std::memory_order_relaxed),
            .lead = unfinished_lead_.load(std::memory_order_relaxed),
            .active = active_.load(std::memory_order_relaxed),
            .active_received = active_received_.load(std::memory_order_relaxed)};
}

void Copies::begin_count() {
    const auto all = to_finish();
    initial_sent_.store(all.sent, std::memory_order_relaxed);
    initial_received_.store(all.received, std::memory_order_relaxed);
}

/// What is urgent first; then by the namespaces' order, and small ones first.
uint32_t Copies::rank_of(const PartitionMachine& machine, size_t records) const {
    const auto urgency = static_cast<uint32_t>(machine.urgency());
    const uint32_t order = transfers_.order.load(std::memory_order_relaxed) & 15;
    return urgency << 28 | order << 24 | static_cast<uint32_t>(std::min<size_t>(records, (1 << 24) - 1));
}

void Copies::tick(Instant now) {
    const bool tells = now - told_at_ >= kTell;
    if (tells) told_at_ = now;
    for (size_t p = 0; p < copies_.size(); ++p) {
        const uint8_t busy = busy_[p].load(std::memory_order_relaxed);
        if ((busy & kBusy) != 0 || (tells && (busy & kTells) != 0)) {
            step(static_cast<PartitionId>(p), PartitionMachine::Tick{}, now);
        }
    }
}

void Copies::append_waiting(std::vector<Waiting>& to) const {
    for (size_t p = 0; p < kPartitionCount; ++p) {
        if ((busy_[p].load(std::memory_order_relaxed) & kWaits) == 0) continue;
        to.push_back({ranks_[p].load(std::memory_order_relaxed), ns_.index, static_cast<PartitionId>(p)});
    }
}

void Copies::read_wanted(PartitionId id, runtime::Loop& loop) {
    struct Task {
        std::vector<Digest> digests;
        partition::Reads reads;
    };
    const auto task = std::make_shared<Task>();
    ns_.partitions.with(id, [&](partition::Partition& partition) {
        task->digests = copies_[id]->records.take_wanted();
        if (task->digests.size() > partition::Reads::kMax) task->digests.resize(partition::Reads::kMax);
        for (const Digest& digest : task->digests) {
            record::Head* record = partition.find(digest);
            if (record != nullptr) (void)partition.load(record, task->reads);
        }
    });
    auto done = [this, id, task, &loop] {
        ns_.partitions.with(id, [&](partition::Partition& partition) {
            Copy& copy = *copies_[id];
            copy.reading = false;
            copy.records.enter(partition);
            copy.records.keep_read(task->digests, task->reads);
            const Event event = PartitionMachine::Tick{};
            auto effects = copy.machine.step(event, loop.clock().now());
            copy.records.forget_read();
            note(id, copy, std::move(effects));
            copy.records.leave();
        });
    };
    if (task->reads.wanting()) task->reads.start(loop, std::move(done));
    else done();
}

Copies::Held Copies::held() const {
    Held held;
    for (size_t p = 0; p < kPartitionCount; ++p) {
        const auto partition = static_cast<PartitionId>(p);
        const Role role = roles_.of(partition);
        auto& share = role == Role::master ? held.master : role == Role::replica ? held.replica : held.other;
        const auto [objects, tombstones] = ns_.partitions.with(
            partition, [](partition::Partition& of) { return std::pair(of.record_count(), of.tombstone_count()); });
        share.objects += objects;
        share.tombstones += tombstones;
    }
    return held;
}

}  // namespace cairn::copies
