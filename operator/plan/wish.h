#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "operator/api/cluster_spec.h"

namespace cairn::plan {

/// Seconds of the calendar (Unix).
using Seconds = int64_t;

/// What a pod is made from: the user's part (image, configuration, resources, template) and the operator's own.
struct Revision {
    std::string user = {};
    std::string pod_template = {};  // changes with the operator's version alone

    std::string text() const { return user + "-" + pod_template; }
    bool operator==(const Revision&) const = default;
};

/// A volume that every node of a rack has a claim for.
struct VolumeWish {
    std::string name = {};
    int64_t bytes = 0;
};

struct RackWish {
    std::string name = {};
    bool active = true;
    std::vector<VolumeWish> volumes = {};
    Revision revision = {};
};

/// The name of the one rack that automatic racks begin with: where its nodes stand is told by their zones.
constexpr std::string_view kAutomaticRack = "auto";

/// The spec as the planner needs it.
struct Wish {
    int32_t size = 3;
    int32_t copies = 2;  // the largest replication factor
    bool automatic_racks = true;
    std::vector<RackWish> racks;  // in the user's order = {}; one, kAutomaticRack, when they are automatic

    api::UpdateStrategy strategy = api::UpdateStrategy::rolling;
    std::string max_unavailable = "1";  // a number, or a percentage of the rack
    int32_t canary = 0;
    std::string approved = {};  // a revision
    bool defer_operator_upgrade = true;
    bool auto_rollback = true;
    Seconds progress_deadline = 900;
    Seconds drain_timeout = 3600;

    bool heal = true;
    Seconds crash_grace = 120;
    Seconds pending_grace = 900;
    bool replace_lost = true;
    Seconds node_lost_after = 600;
    bool require_redundancy = true;

    api::BudgetKind budget = api::BudgetKind::dynamic;
    api::Drain drain = api::Drain::restart;
    bool delete_claims_with_cluster = false;
    bool delete_claims_of_removed = true;
    bool paused = false;
    bool hibernated = false;

    const RackWish* rack(std::string_view name) const;
};

/// @param image              of the servers; the operator's default when the spec names none.
/// @param template_revision  of the operator's own part of a pod.
Wish wish_of(const api::ClusterSpec& spec, const std::string& image, const std::string& template_revision);

/// What of a spec this release cannot do yet, a sentence each that begins with the field.
std::vector<std::string> unsupported_in(const api::ClusterSpec& spec);

}  // namespace cairn::plan
