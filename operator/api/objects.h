#pragma once
#include "operator/api/cluster_spec.h"
#include "operator/api/cluster_status.h"
#include "operator/api/node.h"
#include "operator/api/operation.h"

namespace cairn::api {

/// One object of a kind of ours, read.
struct Cluster {
    Metadata metadata;
    ClusterSpec spec;
    ClusterStatus status;
};

struct Node {
    Metadata metadata;
    NodeSpec spec;
    NodeStatus status;
};

struct Operation {
    Metadata metadata;
    OperationSpec spec;
    OperationStatus status;
};

/// Reads an object as the API server has it. Members that are not known are ignored. Of the status, what cannot be read
/// is left at its default: the operator writes it anew.
/// @error  the spec cannot be acted on; `detail` has a sentence for each mistake, which names its field, joined by "; ".
Result<Cluster> read_cluster(const Json& object);
Result<Node> read_node(const Json& object);
Result<Operation> read_operation(const Json& object);

/// As JSON, with the defaults. @see WriteVisitor
Json to_json(const ClusterSpec& spec);
Json to_json(const ClusterStatus& status);
Json to_json(const NodeSpec& spec);
Json to_json(const NodeStatus& status);
Json to_json(const OperationStatus& status);

}  // namespace cairn::api
