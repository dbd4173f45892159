#include "tests/sim/simulated_node.h"

#include "common/base/check.h"

namespace cairn::sim {
namespace {

std::shared_ptr<const NodeConfig> config_of(NamespaceConfig settings, ServiceConfig service, NetworkConfig network) {
    auto config = std::make_shared<NodeConfig>();
    config->service = std::move(service);
    config->service.node_id = "A1";
    config->network = std::move(network);
    settings.name = "test";
    config->namespaces.push_back(std::move(settings));
    return config;
}

}  // namespace

SimulatedNode::SimulatedNode(World& world, SimMachine& machine, NamespaceConfig settings, ServiceConfig service,
                             NetworkConfig network)
    : world_(world), machine_(machine), clock_(machine_.loop(0).clock()) {
    node_ = std::make_unique<Node>(machine_, config_of(std::move(settings), std::move(service), std::move(network)),
                                   logger_);
    CAIRN_CHECK(node_->start());
}

SimulatedNode::~SimulatedNode() {
    if (machine_.alive()) CAIRN_CHECK(stop());
}

bool SimulatedNode::stop(Duration limit) {
    if (stopped_) return true;
    machine_.loop(0).post([this] { node_->stop([this] { stopped_ = true; }); });
    return world_.run_until([this] { return stopped_; }, limit);
}

}  // namespace cairn::sim
