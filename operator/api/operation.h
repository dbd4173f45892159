#pragma once
#include "operator/api/common.h"

namespace cairn::api {

enum class OperationKind : uint8_t {
    restart,
    restart_server,
    recluster,
    rebalance,
    scrub,
    rotate_certificates,
    rotate_node_keys,
    collect_info,
    rollback_revision,
    revive
};
template <>
struct Names<OperationKind> {
    static constexpr std::string_view kAll[] = {
        "Restart",        "RestartServer", "Recluster",        "Rebalance", "Scrub", "RotateCertificates",
        "RotateNodeKeys", "CollectInfo",   "RollbackRevision", "Revive"};
};

enum class OperationPhase : uint8_t { pending, running, succeeded, failed, cancelled };
template <>
struct Names<OperationPhase> {
    static constexpr std::string_view kAll[] = {"Pending", "Running", "Succeeded", "Failed", "Cancelled"};
};

/// CairnOperation.spec: something to be done once.
struct OperationSpec {
    ObjectReference cluster;
    OperationKind kind = OperationKind::restart;
    std::vector<std::string> nodes;
    std::string revision;
    bool accept_data_loss = false;
    Period ttl_after_finished{"24h"};
    bool cancel = false;
};

struct OperationStatus {
    std::optional<int64_t> observed_generation;
    std::optional<OperationPhase> phase;
    std::vector<Condition> conditions;
    std::vector<std::string> done;
    std::vector<std::string> remaining;
    std::string message;
    std::string result;

    bool operator==(const OperationStatus&) const = default;
};

}  // namespace cairn::api
