#pragma once
#include <memory>
#include <span>
#include <vector>

#include "common/metrics/histogram.h"
#include "node/copies/outbox.h"
#include "node/copies/record_copies.h"
#include "node/copies/roles.h"

namespace cairn::copies {

using replication::PartitionMachine;

/// This node's copies of one namespace: a machine of replication in each partition, behind the partition's door.
class Copies final : public partition::Replicator {
public:
    /// All but the settings outlive this.
    Copies(partition::Namespace& ns, cluster::NodeId self, const replication::ReplicationSettings& settings,
           replication::TransferSlots& slots, Outbox& outbox, const replication::ReplicationMutants& mutants = {},
           size_t partitions = kPartitionCount);

    Access may_write(PartitionId partition) const override;
    Access may_read(PartitionId partition) const override;
    uint64_t master(PartitionId partition) const override {
        return masters_[partition].load(std::memory_order_relaxed);
    }
    bool wrote(partition::Partition& partition, const Written& written) override;
    void prefetch(PartitionId partition) const override {
        if (partition < copies_.size()) copies_[partition]->machine.prefetch();
    }

    /// Any thread, outside the doors.
    void step(PartitionId partition, std::span<const PartitionMachine::Event> events, Instant now);
    void step(PartitionId partition, const PartitionMachine::Event& event, Instant now) {
        step(partition, std::span(&event, 1), now);
    }
    /// Machines that a tick would wake.
    void tick(Instant now);
    /// Whether any waits for a slot, as of its last step.
    bool any_waiting() const { return waiting_.load(std::memory_order_relaxed) != 0; }
    struct Waiting {
        uint32_t rank;  // the lower, the sooner
        size_t ns;
        PartitionId partition;
    };
    /// Adds those that wait for a slot.
    void append_waiting(std::vector<Waiting>& to) const;

    /// Reads what the partition's machine wants from the devices, and steps it when that is there. On loop 0.
    void read_wanted(PartitionId partition, runtime::Loop& loop);

    /// To look at, inside the partition's door.
    const PartitionMachine& machine(PartitionId partition) const { return copies_[partition]->machine; }

    struct Held {
        struct Share {
            uint64_t objects = 0;
            uint64_t tombstones = 0;
        };
        Share master, replica, other;
    };
    /// Records by this node's role. Enters every door once.
    Held held() const;

    /// How long writes took on their way to other copies: of the replies that waited for them. Written on loop 0.
    struct SyncTimes {
        metrics::Histogram
            network;  // from here to the copy that was the last to answer, and back, without its own time
        metrics::Histogram replica;  // writes of other masters here: from their arrival to the acknowledgement
    };
    const SyncTimes& sync_times() const { return sync_times_; }
    SyncTimes& sync_times() { return sync_times_; }

    partition::Namespace& ns() { return ns_; }
    size_t partition_count() const { return copies_.size(); }
    const Roles& roles() const { return roles_; }
    void set_column_count(size_t count) { roles_.set_column_count(count); }
    /// Grows when clients are to be sent elsewhere.
    uint64_t generation() const { return generation_.load(std::memory_order_relaxed); }
    /// Partitions whose copies are being filled, merged, dropped or handed over, as far as this node is concerned: as
    /// their master (sent), or as another (received).
    struct Unfinished {
        size_t sent = 0, received = 0;
        size_t lead = 0;  // of `sent`: urgent
        size_t active = 0;  // of `sent`: whose transfer runs
        size_t active_received = 0;  // of `received`: likewise
    };
    Unfinished to_finish() const;
    size_t unfinished() const {
        const auto all = to_finish();
        return all.sent + all.received;
    }
    /// The view is active on this node: what is unfinished now is what there was to do.
    void begin_count();
    Unfinished initial() const {
        return {.sent = initial_sent_.load(std::memory_order_relaxed),
                .received = initial_received_.load(std::memory_order_relaxed)};
    }
    replication::NamespaceTransfers& transfers() { return transfers_; }
    const replication::NamespaceTransfers& transfers() const { return transfers_; }
    /// Calls f(PartitionId, const PartitionMachine&) inside the doors of the partitions that this node has to finish as
    /// master.
    template <class F>
    void for_each_sent(F&& f) const {
        for (size_t p = 0; p < kPartitionCount; ++p) {
            const auto partition = static_cast<PartitionId>(p);
            if ((moving_[p].load(std::memory_order_relaxed) & kSent) == 0) continue;
            ns_.partitions.with(partition, [&](partition::Partition&) { f(partition, copies_[p]->machine); });
        }
    }

private:
    struct Copy {
        explicit Copy(partition::Namespace& of, cluster::NodeId self, const replication::ReplicationSettings& settings,
                      const replication::ReplicationMutants& mutants, replication::TransferSlots& slots)
            : records(of), machine(self, records, settings, mutants, &slots) {}
        bool reading = false;
        bool has_data = false;
        cluster::CfgId shown{};  // in the roles
        RecordCopies records;
        PartitionMachine machine;  // its cold parts are at its end
    };
    void note_moving(PartitionId partition, const PartitionMachine& machine);
    uint32_t rank_of(const PartitionMachine& machine, size_t records) const;
    /// After a step, inside the door.
    void note(PartitionId partition, Copy& copy, PartitionMachine::Effects&& effects);

    partition::Namespace& ns_;
    const cluster::NodeId self_;
    Outbox& outbox_;
    Roles roles_;
    std::vector<std::unique_ptr<Copy>> copies_;
    std::vector<std::atomic<uint64_t>> masters_;  // other nodes; 0: none
    /// Of each partition: what a tick looks at before it enters.
    enum : uint8_t { kRests = 0, kBusy = 1, kTells = 2, kWaits = 4 };
    std::vector<std::atomic<uint8_t>> busy_;
    Instant told_at_{};  // when machines that only tell what is settled were woken
    std::atomic<size_t> waiting_{0};
    enum : uint8_t { kSent = 1, kReceived = 2, kLead = 4, kActive = 8, kReceives = 16 };
    std::vector<std::atomic<uint8_t>> moving_;
    std::vector<std::atomic<uint32_t>> ranks_;  // of those that wait
    std::atomic<size_t> unfinished_sent_{0}, unfinished_received_{0}, unfinished_lead_{0}, active_{0},
        active_received_{0};
    std::atomic<size_t> initial_sent_{0}, initial_received_{0};
    replication::NamespaceTransfers transfers_;
    std::atomic<uint64_t> generation_{1};
    SyncTimes sync_times_;
};

}  // namespace cairn::copies
