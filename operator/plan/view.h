#pragma once
#include <optional>
#include <string>
#include <vector>

#include "operator/plan/action.h"
#include "operator/plan/observed.h"

namespace cairn::plan {

/// A node with all that belongs to it. Pointers are into the Observed.
struct Member {
    const NodeObject* node = nullptr;
    const Pod* pod = nullptr;
    std::vector<const Claim*> claims;
    const Server* server = nullptr;  // it answered
    const Host* host = nullptr;
    std::string rack;  // the failure domain it stands in; empty while that is not known

    bool host_gone = false;  // nothing runs there any more, for sure
    bool host_lost = false;  // the host has been silent for so long that the node is to be replaced
    bool claims_lost = false;  // what its id is bound to is gone
    bool claims_going = false;  // as soon as its pod ends
    bool lost = false;  // one of these, and it is to be replaced
    bool unwanted = false;  // it is to go whatever the size: a user's wish, a rack that is no more, a cordoned host
    bool in_view = false;  // a server's view names it

    /// Counts for its rack.
    bool staying() const { return !node->leaving && !unwanted && !lost; }
    /// For sure it serves nothing now.
    bool dead() const;
    /// It answers, and serves in the one view there is.
    bool up() const { return server != nullptr && server->serving; }
    /// It is up, and was complete since its pod began.
    bool complete() const { return up() && pod != nullptr && !pod->deleting && pod->gate; }
    /// It never was complete, and neither the kubelet nor we get an answer, nor does a server know it: stopping it takes
    /// nothing from anybody.
    bool broken() const;
};

enum class Safe : uint8_t { yes, no, unknown };

/// What follows from an Observed by looking alone.
class View {
public:
    explicit View(const Observed& observed);

    const Observed& observed() const { return observed_; }
    const std::vector<Member>& members() const { return members_; }
    /// All servers that could serve have answered, and agree on one view with just them in it.
    bool known() const { return known_; }
    /// "" when none serves, or several views are there.
    const std::string& cluster_key() const { return cluster_key_; }
    /// Migrations that are still to be done, as all servers say.
    int64_t migrations() const;

    /// Whether these nodes may stop: all servers of the one view were asked just that, and none objects. Asks them when
    /// they were not (`questions`).
    /// @param still  a migration into or out of them is an objection, too.
    Safe may_stop(const std::vector<const Member*>& nodes, bool still, std::vector<StopQuestion>& questions) const;

    /// Nodes a rack is to have. Of automatic racks all in the one rack.
    int32_t wanted(std::string_view rack) const;
    /// What a node of this rack is to run; nothing when the rack is no more.
    const Revision* target(std::string_view rack) const;
    /// Whether it is what a node of this rack is to run. A change that is the operator's alone does not count while it
    /// is to wait.
    bool is_target(std::string_view revision, std::string_view rack) const;
    /// The volumes it has or is to have claims for.
    std::vector<VolumeWish> volumes(const Member& member) const;
    /// Whether a request to restart it is still to be done.
    bool restart_asked(const Member& member) const;
    /// Its pod is not what it is to be.
    bool outdated(const Member& member) const;

private:
    Member look(const NodeObject& node) const;
    void look_at_host(Member& member) const;
    void look_at_servers();

    const Observed& observed_;  // outlives this
    std::vector<Member> members_;
    bool known_ = false;
    std::string cluster_key_;
};

}  // namespace cairn::plan
