#pragma once
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/runtime/machine.h"
#include "node/cluster/frame.h"
#include "node/cluster/messages.h"
#include "node/cluster/view.h"
#include "node/fabric/link.h"
#include "node/fabric/targets.h"

namespace cairn::fabric {

/// Faults for the simulation to find; all off in a real node.
struct FabricMutants {
    bool stored_at_once = false;      // what is to be durable counts as such before it is
    bool keeps_silent_links = false;  // a connection that brings nothing any more is kept
    bool any_failure_ends = false;    // an attempt without an answer counts as a refusal
};

struct MeshSettings {
    std::string cluster_name{};
    cluster::Member self{};
    std::vector<runtime::Endpoint> listen{};  // IP addresses; 0.0.0.0 and :: are all of the machine
    std::vector<runtime::Endpoint> seeds{};   // IP addresses or names; a name stands for all its addresses
    Duration interval = 150ms;
    Duration patience = 1500ms;       // a connection that is silent for so long is closed
    Duration connect_timeout = 500ms;  // of an attempt
    Duration resolve_every = 5s;
    ClientAddresses clients{};
    size_t queue_bytes = Link::kQueueBytesMax;  // of each connection
    FabricMutants mutants{};
};

/// A peer, as it greeted last.
struct PeerAddresses {
    cluster::Member member;
    std::vector<runtime::Endpoint> listening;
    ClientAddresses clients;
    bool operator==(const PeerAddresses&) const = default;
};

/// The connections of a node to all others: dials seeds and what it learns from peers, refuses strangers, carries
/// messages, and notices processes that end. It promises no delivery: what cannot be sent is dropped, and the cluster's
/// machines ask again. All on one loop.
class Mesh final : public Link::Owner {
public:
    class User {
    public:
        virtual void on_message(cluster::NodeId from, cluster::Message message) = 0;
        /// What another node's replication::encode() or copies::encode() made.
        /// @return  false: nothing that it makes.
        virtual bool on_packet(cluster::NodeId from, const FrameStart& start, Bytes body) = 0;
        /// Its connection was reset or closed, and the one tried at once was refused.
        virtual void on_process_ended(cluster::Process which) = 0;
        /// peers() has changed.
        virtual void on_peers() = 0;
        /// Another process has our node id and the better right to it: this one has to end.
        virtual void on_duplicate(const std::string& address) = 0;
        /// Members of the view this node is active in, or 0.
        virtual uint32_t view_size() const = 0;

    protected:
        ~User() = default;
    };

    /// All but the settings outlive this. Loop 0 of the machine carries everything.
    Mesh(runtime::Machine& machine, MeshSettings settings, User& user, log::Logger& logger, Figures& figures);
    ~Mesh();
    Mesh(const Mesh&) = delete;
    Mesh& operator=(const Mesh&) = delete;

    /// @error  names the address that cannot be listened on.
    Result<void> start();
    /// Dials what is due, closes what is silent. At least twice an interval.
    void tick();
    /// These seeds from now on; those that were there before stay as they are.
    void set_seeds(const std::vector<runtime::Endpoint>& seeds);
    /// Tries these addresses for as long as no others are given, as if they were a seed; nobody waits for them.
    void keep(const std::vector<runtime::Endpoint>& addresses) { targets_.set_seed(kKept, addresses, now()); }
    /// Other intervals from now on.
    void set_timing(Duration interval, Duration patience) {
        settings_.interval = interval;
        settings_.patience = patience;
    }
    /// Ends all connections, without a word.
    void close();

    /// To one node: on the connection that was made last.
    void send(cluster::NodeId to, const cluster::Message& message);
    /// To one node.
    /// @param packet  a whole frame.
    /// @return  false: there is no connection, or no room: it is lost.
    bool send_packet(cluster::NodeId to, Link::Frame packet);
    /// To one process of perhaps two that have its node id.
    void send(cluster::Process to, const cluster::Message& message);
    /// To all that are connected.
    void broadcast(const cluster::Message& message);

    /// Whether a seed has not answered yet.
    bool seeds_pending() const;
    /// The processes that greeted, until they have been away for a minute.
    const std::map<cluster::Process, PeerAddresses>& peers() const { return peers_; }
    /// Where the others of this view listen, as they said, and where they were reached; in the order of their texts.
    std::vector<runtime::Endpoint> addresses_of(const cluster::View& view) const;
    /// Where it listens, with the ports in use.
    std::vector<runtime::Endpoint> listening() const;

private:
    using Frame = Link::Frame;
    using NodeId = cluster::NodeId;
    using Process = cluster::Process;
    using Links = std::list<std::unique_ptr<Link>>;
    struct Seed {
        runtime::Endpoint at;
        bool resolving = false;
        bool unresolved = false;  // its name could not be resolved the last time: said once
    };

    void on_frame(Link& link, const FrameStart& start, Bytes body) override;
    void on_garbage(Link& link, const std::string& what) override;
    void on_broken(Link& link) override;

    void accept(std::unique_ptr<runtime::Socket> socket);
    void dial(const runtime::Endpoint& at);
    void dialled(const runtime::Endpoint& at, Result<std::unique_ptr<runtime::Socket>> socket);
    void resolve();
    void resolved(const std::string& text, Result<std::vector<std::string>> found);
    void add(std::unique_ptr<runtime::Socket> socket, std::optional<runtime::Endpoint> at);
    void drop(Link& link, bool by_peer);
    void drop_silent(Instant now);

    void greet(Link& link);
    void on(Link& link, const Hello& hello);
    void on(Link& link, const Refused& refused);
    void on(Link& link, const Gossip& gossip);
    void on(Link& link, const Echo&);
    std::optional<Refused::Reason> objection(const Link& link, const Hello& hello) const;
    void turn_away(Link& link, const Hello& hello, Refused::Reason reason);
    void meet_namesake(const Link& link, const cluster::Member& other, uint32_t view_size);
    void know(const Link& link, const Hello& hello);
    void welcome(Link& link, const Hello& hello);
    void take(Link& link, cluster::Message message);
    void gossip();
    void forget_peers();

    Link* find(const std::function<bool(const Link&)>& wanted);
    bool linked(Process process);
    void tell_stranger(const Link& link, std::string_view what, const std::string& detail);
    Instant now() { return loop_.clock().now(); }

    runtime::Machine& machine_;
    runtime::Loop& loop_;
    MeshSettings settings_;
    User& user_;
    log::Logger& log_;
    Figures& figures_;
    Targets targets_;
    std::vector<std::unique_ptr<runtime::Listener>> listeners_;
    std::vector<runtime::Endpoint> told_;  // where others reach us
    Links links_;  // the youngest last
    Links closed_;  // destroyed when nothing of theirs runs any more
    std::map<Process, PeerAddresses> peers_;
    std::map<Process, Instant> linked_at_;  // of each peer, the last time it was looked
    std::map<std::string, Instant> strangers_;  // that were logged, by address and what is wrong
    std::map<std::string, Seed> seeds_;  // by text of the endpoint
    Instant resolved_at_{};
    Instant gossiped_at_{};
    std::optional<Instant> ticked_at_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come when this is gone

    static constexpr size_t kGreetingMax = 64;  // connections whose other end is not known yet
    static constexpr size_t kStrangersMax = 256;
    static constexpr const char* kKept = "kept";  // no seed's text: those have a port
};

}  // namespace cairn::fabric
