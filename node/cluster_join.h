#pragma once
#include "node/copies/driver.h"
#include "node/fabric/fabric.h"
#include "node/server/state.h"

namespace cairn {

/// What the fabric of this node is made from: its configuration, its namespaces and what they hold.
/// @param random  for the incarnations of data.
fabric::FabricSettings fabric_settings(server::State& state, runtime::Random& random, const copies::Trial& trial);

/// Likewise what keeps its copies.
copies::DriverSettings copies_settings(const server::State& state);

/// How fast copies are filled.
copies::Driver::TransferLimits transfer_limits(const NodeConfig& config);

/// What may change while it runs.
void apply_to_fabric(const server::State& state, fabric::Fabric& fabric);

}  // namespace cairn
