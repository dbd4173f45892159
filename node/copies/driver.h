#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "node/copies/copies.h"
#include "node/fabric/fabric.h"
#include "node/replication/codec.h"

namespace cairn::copies {

/// What the simulation makes different from a real node.
struct Trial {
    replication::ReplicationMutants mutants{};
    /// Copies are kept of so many, from the first; the others belong to nobody. The same on all nodes.
    size_t partitions = kPartitionCount;
    size_t open_max = replication::ReplicationSettings{}.open_max;
    int transfers_max = 0;  // 0: as configured
    size_t queue_bytes = fabric::Link::kQueueBytesMax;
};

struct DriverSettings {
    std::string cluster_name{};
    cluster::NodeId self = 0;
    std::vector<replication::ConflictPolicy> policies{};  // by namespace
    Trial trial{};
};

/// Carries out what the machines of all partitions decide: gives them views, packets and ticks, sends what they say in
/// one packet for each node and turn, stores their Cfgs, and hands answers to the workers. All on loop 0 of the machine.
class Driver {
public:
    struct Answered {
        uint64_t ticket;
        bool in_doubt;
    };
    /// To the worker whose number is in the upper 16 bits of the tickets; on loop 0.
    using Answers = std::function<void(size_t worker, std::vector<Answered>)>;

    /// @param namespaces  of the node, by index; these, the machine and the logger outlive this.
    Driver(runtime::Machine& machine, std::span<const std::unique_ptr<partition::Namespace>> namespaces,
           const DriverSettings& settings, log::Logger& logger, Answers answers);
    ~Driver();

    /// What may change while it runs; on loop 0.
    struct TransferLimits {
        int at_once = 64;  // copies filled and merged, over all namespaces; 0: none
        uint64_t bytes_per_second = 0, records_per_second = 0;  // 0: any number
        struct OfNamespace {
            uint8_t order = 5;  // 1 to 10
            Duration fill_delay{};
        };
        std::vector<OfNamespace> namespaces{};  // by index
    };
    void set_limits(const TransferLimits& limits);

    /// Before the fabric starts. It outlives this.
    void use(fabric::Fabric& fabric);

    // What the fabric tells; see fabric::Fabric::Callbacks.
    void accepted(const cluster::Formed& formed);
    void changed(const fabric::Standing& standing);
    bool packet(cluster::NodeId from, const cluster::FrameHeader& header, Bytes body);

    /// By index of the namespace. Their roles, generations and counters may be read from any thread.
    const std::vector<std::unique_ptr<Copies>>& copies() const { return copies_; }

private:
    using Machine = PartitionMachine;

    Copies* find(std::string_view name) const;
    /// Starts loading what the first of these will touch.
    /// @return  how many.
    size_t expect(std::span<const replication::Letter> letters) const;
    void tick();
    /// The most urgent transfers that wait begin, as many as may.
    void grant();
    void perform(Outbox::Gathered gathered);
    void on(const Outbox::Item& item, Machine::StoreCfg& wanted);
    void on(const Outbox::Item& item, const Machine::Erased&);
    void on(const Outbox::Item& item, const Machine::WantView&);
    void on(const Outbox::Item& item, const Outbox::WantsReads&);
    void on(const Outbox::Item& item, const Outbox::HasData& has);
    void post(const Outbox::Outgoing& outgoing, Duration held);
    Instant now() { return loop_.clock().now(); }

    runtime::Loop& loop_;
    const DriverSettings settings_;
    log::Logger& log_;
    const Answers answers_;
    replication::TransferSlots slots_;
    Outbox outbox_;
    std::vector<std::unique_ptr<Copies>> copies_;
    fabric::Fabric* fabric_ = nullptr;
    std::unique_ptr<runtime::Timer> timer_;
    std::shared_ptr<const cluster::Formed> serving_;
    Instant view_wanted_at_{};
    Instant refilled_at_{};
    std::optional<Instant> arrived_at_;  // of the first packet since the last flush
};

}  // namespace cairn::copies
