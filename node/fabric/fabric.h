#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/runtime/machine.h"
#include "node/cluster/membership.h"
#include "node/fabric/address_file.h"
#include "node/fabric/mesh.h"
#include "node/fabric/state_file.h"

namespace cairn::fabric {

struct FabricSettings {
    std::string cluster_name{};
    cluster::NodeId node_id = 0;
    std::vector<runtime::Endpoint> listen{};
    std::vector<runtime::Endpoint> seeds{};
    Duration interval = 150ms;
    uint32_t timeout = 10;  // intervals
    Duration connect_timeout = 500ms;
    ClientAddresses clients{};
    size_t queue_bytes = Link::kQueueBytesMax;  // of each connection
    std::string state_path{};
    std::string addresses_path{};  // of a file of hints: where the others were reached last
    /// What this node has, as it is now; the Cfgs that are stored come in at start.
    cluster::NodeReport report{};
    FabricMutants mutants{};
};

/// What a node knows of its cluster at one moment. Published as a whole: any thread may keep one.
struct Standing {
    std::shared_ptr<const cluster::Formed> formed{};  // the view it is active in, or none
    uint64_t cluster_key = 0;                         // of that view; 0: none
    uint64_t generation = 0;                          // of views since the start
    Instant since{};                                  // of that view, or of its loss
    std::map<cluster::NodeId, PeerAddresses> peers{};
    uint64_t peers_generation = 0;  // grows when a member comes, goes, or has other addresses
};

/// The driver of a node's membership: owns the connections, the timers and the durable state that cluster::Membership
/// asks for, and performs what it decides. Over the runtime's interfaces alone; all on loop 0 of the machine
/// (docs/cluster.md, "Driver").
class Fabric final : public Mesh::User {
public:
    /// All run on the loop, in the order of the events.
    struct Callbacks {
        /// The fence: older regimes are refused from now on.
        std::function<void(const std::shared_ptr<const cluster::Formed>&)> accepted = [](const auto&) {};
        /// The view serves. Or nothing does any more: the others went on without this node.
        std::function<void(const std::shared_ptr<const Standing>&)> changed = [](const auto&) {};
        /// A packet of replication or a passed request; see Mesh::User::on_packet().
        std::function<bool(cluster::NodeId, const FrameStart&, Bytes)> packet = [](auto, const auto&, Bytes) {
            return true;
        };
        /// Another process has this node's id: this one has to end. `address` is the other's, where it is known.
        std::function<void(const std::string& address)> duplicate = [](const auto&) {};
    };

    /// @param machine, logger  outlive this.
    Fabric(runtime::Machine& machine, FabricSettings settings, log::Logger& logger, Callbacks callbacks);
    ~Fabric();

    /// Reads the durable state, or makes a new one, and listens. Before the loops run, or on loop 0.
    /// @error  names the file or the address.
    Result<void> start();
    /// Tells the others, and ends all connections a moment later; `done` runs on the loop.
    void stop(runtime::Work done);

    /// A new view of the same members: what changed of this node takes effect.
    void recluster();
    void set_quiesced(bool quiesced);
    /// As a recluster will make known.
    void set_rack(const std::string& ns, uint32_t rack);
    /// These seeds from now on.
    void set_seeds(const std::vector<runtime::Endpoint>& seeds);
    /// Other intervals from now on.
    void set_timing(Duration interval, uint32_t timeout);

    /// To another node's replication: a whole frame. What cannot be sent is dropped.
    /// @return  whether it is on its way.
    bool send_packet(cluster::NodeId to, Link::Frame packet) {
        return mesh_ && !stopping_ && mesh_->send_packet(to, std::move(packet));
    }
    /// What is promised from now on of one partition; `stored` runs when it is durable.
    /// @return  false: a newer view was promised or a newer Cfg stored, nothing changes.
    bool store_cfg(const std::string& ns, PartitionId partition, cluster::Cfg cfg, std::function<void()> stored);
    /// As it is stored now.
    const cluster::Cfg& own_cfg(const std::string& ns, PartitionId partition) const;
    /// Whether there are records, for the next promise.
    void set_has_data(const std::string& ns, PartitionId partition, bool has_data);

    std::shared_ptr<const Standing> standing() const { return standing_; }
    const cluster::Member& self() const { return self_; }
    /// Nothing before start().
    const cluster::Membership* membership() const { return membership_ ? &*membership_ : nullptr; }
    std::vector<runtime::Endpoint> listening() const {
        return mesh_ ? mesh_->listening() : std::vector<runtime::Endpoint>();
    }
    const Figures& figures() const { return figures_; }

private:
    void on_message(cluster::NodeId from, cluster::Message message) override;
    bool on_packet(cluster::NodeId from, const FrameStart& start, Bytes body) override {
        return callbacks_.packet(from, start, body);
    }
    void on_process_ended(cluster::Process which) override;
    void on_peers() override;
    void on_duplicate(const std::string& address) override;
    uint32_t view_size() const override;

    Result<void> load();
    cluster::MembershipSettings membership_settings() const;
    void tick();
    void step(const cluster::Membership::Event& event);
    void perform(cluster::Membership::Effects effects);
    void on(const cluster::Membership::Send& send);
    void on(const cluster::Membership::PersistPromise& promise);
    void on(const cluster::Membership::PersistView& view);
    void on(const cluster::Membership::ViewAccepted& accepted);
    void on(const cluster::Membership::ViewActive& active);
    void on(const cluster::Membership::TablesDiffer& differ);
    void on(const cluster::Membership::Broadcast& broadcast);
    void on(const cluster::Membership::ViewLost&);
    void on(const cluster::Membership::DuplicateSelf&);
    void on(const cluster::Membership::PeerChanged& changed);
    void store(uint64_t number);
    void publish();
    void keep_addresses();

    runtime::Machine& machine_;
    runtime::Loop& loop_;
    FabricSettings settings_;
    log::Logger& log_;
    const Callbacks callbacks_;
    Figures figures_;
    cluster::Member self_;
    cluster::DurableState durable_;  // as it was last asked to be stored
    StateFile state_file_;
    AddressFile address_file_;
    std::optional<cluster::Membership> membership_;
    std::optional<Mesh> mesh_;
    std::unique_ptr<runtime::Timer> timer_;
    std::shared_ptr<const cluster::Formed> serving_;  // from its activity until the next one's, or its loss
    std::shared_ptr<const Standing> standing_ = std::make_shared<const Standing>();
    std::map<cluster::NodeId, cluster::PeerState> heard_;  // as it was logged last
    std::vector<std::function<void()>> cfgs_stored_;  // to be told when what is in `durable_` now is stored
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    bool stopping_ = false;
};

}  // namespace cairn::fabric
