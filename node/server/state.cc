#include "node/server/state.h"

namespace cairn::server {
namespace {

void apply_log_levels(const LoggingConfig& config, log::Logger& logger) {
    for (size_t i = 0; i < log::kModuleCount; ++i) {
        const auto module = static_cast<log::Module>(i);
        const auto own = config.modules.find(std::string(log::name(module)));
        logger.set_level(module, own == config.modules.end() ? config.any : own->second);
    }
}

}  // namespace

State::State(Identity who, std::shared_ptr<const NodeConfig> settings, size_t worker_count, log::Logger& logger,
             Instant now, std::vector<std::unique_ptr<storage::Store>> stores)
    : identity(std::move(who)),
      log(logger),
      started(now),
      queries(settings->service.query_max_done),
      membership(identity.node_id, now),
      latencies(now),
      config_(std::move(settings)) {
    stores.resize(config_->namespaces.size());
    for (const NamespaceConfig& ns : config_->namespaces) {
        const size_t index = namespaces.size();
        namespaces.push_back(std::make_unique<partition::Namespace>(index, ns, worker_count, std::move(stores[index])));
        distributions.push_back(std::make_unique<Distribution>());
    }
    apply_log_levels(config_->logging, log);
}

ServiceAddresses State::addresses() const {
    const std::lock_guard lock(config_lock_);
    return addresses_;
}

void State::set_addresses(ServiceAddresses told) {
    const std::lock_guard lock(config_lock_);
    addresses_ = std::move(told);
}

std::shared_ptr<const NodeConfig> State::config() const {
    const std::lock_guard lock(config_lock_);
    return config_;
}

void State::set_config(std::shared_ptr<const NodeConfig> changed) {
    for (size_t i = 0; i < namespaces.size(); ++i) namespaces[i]->apply(changed->namespaces[i]);
    apply_log_levels(changed->logging, log);
    queries.set_done_max(changed->service.query_max_done);
    const std::lock_guard lock(config_lock_);
    config_ = std::move(changed);
}

}  // namespace cairn::server
