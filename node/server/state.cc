#include "node/server/state.h"

namespace cairn::server {

State::State(Identity who, std::shared_ptr<const NodeConfig> settings, size_t worker_count, log::Logger& logger,
             Instant now)
    : identity(std::move(who)), log(logger), started(now), queries(settings->service.query_max_done),
      config_(std::move(settings)) {
    for (const NamespaceConfig& ns : config_->namespaces) {
        namespaces.push_back(std::make_unique<partition::Namespace>(namespaces.size(), ns, worker_count));
    }
}

std::shared_ptr<const NodeConfig> State::config() const {
    const std::lock_guard lock(config_lock_);
    return config_;
}

void State::set_config(std::shared_ptr<const NodeConfig> changed) {
    for (size_t i = 0; i < namespaces.size(); ++i) namespaces[i]->apply(changed->namespaces[i]);
    const std::lock_guard lock(config_lock_);
    config_ = std::move(changed);
}

}  // namespace cairn::server
