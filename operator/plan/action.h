#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "operator/api/cluster_status.h"
#include "operator/plan/observed.h"

namespace cairn::plan {

// What is to be done, each one call to the API server or to a server. Each may be done twice, or not at all.

struct AddFinalizer {};
struct RemoveFinalizer {};
/// Services, ConfigMaps of revisions, network policy: what the spec alone says.
struct ApplyPassive {};

struct CreateNode {
    std::string name = {};
    std::string rack = {};
    int32_t index = 0;
    std::string node_id = {};
    std::string revision = {};
};

/// Annotations and the revision of a CairnNode; what is not named stays.
struct ChangeNode {
    Identity id = {};
    std::optional<bool> leaving = {};
    std::optional<bool> restarting = {};
    std::optional<std::string> revision = {};
    std::optional<std::string> previous_revision = {};
    std::optional<std::string> failed_revision = {};
    std::optional<std::map<std::string, std::string>> claims = {};
};
struct DeleteNode {
    Identity id = {};
};

struct CreateClaim {
    std::string name = {};
    std::string node = {};
    std::string volume = {};
    int64_t bytes = 0;
};
struct GrowClaim {
    Identity id = {};
    int64_t bytes = 0;
};
/// Keeps it, apart from the cluster: no owner any more, and a label that says so.
struct RetireClaim {
    Identity id = {};
};
struct DeleteClaim {
    Identity id = {};
};

struct CreatePod {
    std::string node = {};
    std::string node_id = {};
    std::string revision = {};
};
enum class StopReason : uint8_t {
    restart,  // to be made anew
    leave,  // its node is removed
    dead,  // nothing of it serves
    hibernate,
    remove_cluster
};
struct DeletePod {
    Identity id = {};
    StopReason reason = StopReason::dead;
};
struct LabelPod {
    Identity id = {};
    std::string zone = {};
    std::string rack = {};
};
/// Sets cairndb.io/data-safe.
struct OpenGate {
    Identity id = {};
};

struct Quiesce {
    std::string node = {};
};
struct Unquiesce {
    std::string node = {};
};
struct Recluster {};
/// Tells the servers to look for this node no more.
struct Forget {
    std::string node = {};
    std::string node_id = {};
};

struct SetBudget {
    Budget budget = {};
};
struct DeleteBudget {
    std::string rack = {};
};

using Action = std::variant<AddFinalizer, RemoveFinalizer, ApplyPassive, CreateNode, ChangeNode, DeleteNode,
                            CreateClaim, GrowClaim, RetireClaim, DeleteClaim, CreatePod, DeletePod, LabelPod, OpenGate,
                            Quiesce, Unquiesce, Recluster, Forget, SetBudget, DeleteBudget>;

/// What is to be done now, in this order. The first that fails ends it: the world is then looked at again.
struct Plan {
    std::vector<Action> actions = {};
    /// What the servers are to be asked, after which the same moment is planned again.
    std::vector<StopQuestion> questions = {};
    api::ClusterStatus status;
    std::string waiting_for;  // a reason of the closed vocabulary = {}; empty when there is nothing to wait for
    Seconds look_again_in = 30;
};

}  // namespace cairn::plan
