#pragma once
#include <memory>
#include <vector>

#include "common/log/memory_sink.h"
#include "node/node.h"
#include "tests/sim/node_session.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// A production node on a machine of a World, with one namespace, "test". Ended in order when it is destroyed, unless
/// its machine crashed.
class SimulatedNode {
public:
    /// @param loops  of its machine; 0: drawn by the seed.
    explicit SimulatedNode(World& world, NamespaceConfig settings = {}, size_t loops = 0, ServiceConfig service = {})
        : SimulatedNode(world, world.machine("node", loops), std::move(settings), std::move(service)) {}
    /// On a machine that is there: after a crash, on the disk that it left.
    SimulatedNode(World& world, SimMachine& machine, NamespaceConfig settings = {}, ServiceConfig service = {},
                  NetworkConfig network = {});
    ~SimulatedNode();

    Node& operator*() { return *node_; }
    SimMachine& machine() { return machine_; }
    partition::Namespace& ns() { return *node_->state().namespaces[0]; }
    /// For looking at the node's time from outside its loops.
    runtime::Clock& clock() { return clock_; }
    runtime::Endpoint endpoint() const { return {machine_.name(), 3000}; }

    /// Lets the node end by itself. @return  false when it did not within `limit`.
    bool stop(Duration limit = 30s);

private:
    World& world_;
    SimMachine& machine_;
    runtime::Clock& clock_;
    log::MemorySink lines_;
    log::Logger logger_{log::Format::text, log::Level::warning, lines_};
    std::unique_ptr<Node> node_;
    bool stopped_ = false;
};

}  // namespace cairn::sim
