#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/api/cluster_status.h"
#include "operator/api/node.h"
#include "operator/plan/wish.h"

namespace cairn::plan {

/// What a write needs to hit just the object that was looked at.
struct Identity {
    std::string name = {};
    std::string uid = {};
    std::string resource_version = {};

    bool operator==(const Identity&) const = default;
};

/// A CairnNode: one server, whether it runs or not. What the operator intends with it stands here.
struct NodeObject {
    Identity id = {};
    std::string rack = {};
    int32_t index = 0;
    std::string node_id = {};  // of the server
    api::NodeWish wish = api::NodeWish::running;
    bool force = false;
    std::string revision = {};  // what its pod is to be made from
    bool deleting = false;

    // Annotations.
    bool leaving = false;  // it is being drained, to be removed
    bool restarting = false;  // its pod is to be replaced by one of `revision`
    Seconds step_since = 0;  // when that began
    std::string previous_revision = {};  // what it ran before `revision`
    std::string failed_revision = {};  // what it could not run
    std::map<std::string, std::string> claims = {};  // volume to the uid of the claim that its data is on
};

struct Pod {
    Identity id = {};  // its name is its node's
    std::string node_id = {};
    std::string revision = {};
    std::string rack_label = {};  // cairndb.io/rack: what the budgets select by
    std::string zone_label = {};
    std::string host = {};  // empty until it is scheduled
    bool deleting = false;
    bool running = false;  // the server's container runs now
    bool failed = false;  // it will not run again: evicted, or its host took it down
    bool crashing = false;  // waits for its next start, or for its image
    bool answers = false;  // the kubelet finds the container ready
    bool unschedulable = false;
    bool gate = false;  // cairndb.io/data-safe was set
    Seconds created = 0;
    Seconds troubled_since = 0;  // crashing or unschedulable since
};

struct Claim {
    Identity id = {};
    std::string node = {};  // whose it is
    std::string volume = {};
    int64_t bytes = 0;  // requested
    bool deleting = false;
    bool lost = false;  // its volume is gone
    std::string local_host = {};  // the host that its volume cannot leave; empty when it can
    bool retired = false;  // kept after its node was removed
};

/// A machine of Kubernetes.
struct Host {
    std::string name = {};
    std::string zone = {};
    bool ready = true;
    Seconds not_ready_since = 0;
    bool cordoned = false;  // or about to be taken away by an autoscaler
    bool out_of_service = false;  // somebody vouches that nothing runs there
};

/// What a server says of itself. A server that did not answer is not there.
struct Server {
    std::string cluster_key = {};
    std::vector<std::string> members = {};  // node ids of its view, sorted
    bool serving = false;  // has read what it holds, and is in a view
    bool to_be_quiesced = false;  // in force with the next recluster
    bool quiesced = false;
    int64_t masters = 0;  // partitions it is master of
    int64_t migrations = 0;  // into and out of it, still to do
    bool full = false;  // all its partitions are complete
    std::string version = {};
    int32_t used_percent = 0;
    int64_t unavailable = 0;  // partitions that nobody serves, as it sees them
};

/// "May these nodes stop?": their ids, sorted.
using StopQuestion = std::vector<std::string>;

/// What one server says to it.
struct StopAnswer {
    std::string cluster_key = {};
    int64_t unavailable = 0;  // partitions nobody would serve
    int64_t without_full_copy = 0;  // partitions that would have no complete copy
    int64_t moving = 0;  // migrations into or out of these nodes
};

/// A PodDisruptionBudget.
struct Budget {
    std::string rack = {};
    int32_t min_available = 0;
    bool operator==(const Budget&) const = default;
};

/// A CairnOperation of kind Restart that is not finished.
struct RestartRequest {
    std::string name = {};
    Seconds created = 0;
    std::vector<std::string> nodes = {};  // empty: all
};

/// All that is known of one cluster at one moment.
struct Observed {
    bool complete = false;  // all lists are in sync with the API server
    Seconds now = 0;
    uint64_t entropy = 0;  // fresh chance, for ids

    Identity cluster = {};
    int64_t generation = 0;
    bool deleting = false;
    bool has_finalizer = false;
    bool has_revision_objects = true;  // of all revisions that pods may be made from
    std::string spec_mistake = {};  // why the spec cannot be acted on; empty when it can
    std::optional<Wish> wish = {};  // nothing when the spec could not even be read
    api::ClusterStatus status;  // as it was written last

    std::vector<NodeObject> nodes = {};
    std::vector<Pod> pods = {};
    std::vector<Claim> claims = {};
    bool hosts_known = true;  // whether hosts may be looked at
    std::vector<Host> hosts = {};
    std::map<std::string, Server> servers = {};  // by the node's name
    std::map<StopQuestion, std::map<std::string, StopAnswer>> answers = {};  // of this very moment, by the node's name
    std::vector<Budget> budgets = {};
    std::vector<RestartRequest> restarts = {};
};

}  // namespace cairn::plan
