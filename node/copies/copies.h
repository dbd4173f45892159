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
    /// @param waiting  those too that wait for a slot.
    void tick(Instant now, bool waiting);
    /// Whether any waits for a slot, as of its last step.
    bool any_waiting() const { return waiting_.load(std::memory_order_relaxed) != 0; }

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
    /// Partitions whose copies are being filled, merged, dropped or handed over, as far as this node is concerned.
    size_t unfinished() const { return unfinished_.load(std::memory_order_relaxed); }

private:
    struct Copy {
        explicit Copy(partition::Namespace& of, cluster::NodeId self, const replication::ReplicationSettings& settings,
                      const replication::ReplicationMutants& mutants, replication::TransferSlots& slots)
            : records(of), machine(self, records, settings, mutants, &slots) {}
        bool reading = false;
        bool migrating = false;
        bool has_data = false;
        cluster::CfgId shown{};  // in the roles
        RecordCopies records;
        PartitionMachine machine;  // its cold parts are at its end
    };
    /// After a step, inside the door.
    void note(PartitionId partition, Copy& copy, PartitionMachine::Effects&& effects);

    partition::Namespace& ns_;
    const cluster::NodeId self_;
    Outbox& outbox_;
    Roles roles_;
    std::vector<std::unique_ptr<Copy>> copies_;
    std::vector<std::atomic<uint64_t>> masters_;  // other nodes; 0: none
    /// Of each partition: what a tick looks at before it enters.
    enum : uint8_t { kRests = 0, kBusy = 1, kWaits = 2, kTells = 3 };
    std::vector<std::atomic<uint8_t>> busy_;
    Instant told_at_{};  // when machines that only tell what is settled were woken
    std::atomic<size_t> waiting_{0};
    std::atomic<size_t> unfinished_{0};
    std::atomic<uint64_t> generation_{1};
    SyncTimes sync_times_;
};

}  // namespace cairn::copies
