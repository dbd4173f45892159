#include "node/server/admin.h"

#include <nlohmann/json.hpp>

#include "common/metrics/text.h"
#include "node/config/load.h"
#include "node/server/metrics_page.h"

namespace cairn::server {

Result<runtime::Endpoint> Admin::start() {
    const AdminConfig config = state_.config()->network.admin;
    http::Routes routes;
    routes["/healthz"] = [this] { return health(); };
    routes["/readyz"] = [this] { return ready(); };
    routes["/metrics"] = [this] { return metrics(); };
    routes["/config"] = [this] { return this->config(); };
    routes["/version"] = [this] { return version(); };
    auto started = http_.start({config.address, config.port}, std::move(routes));
    if (!started) return fail(started.error().code, "network.admin: " + started.error().detail);
    return started;
}

http::Response Admin::health() const {
    std::string marks;
    for (const auto& ns : state_.namespaces) {
        if (!ns->store || !ns->store->failed()) continue;
        marks += "degraded: namespace '" + ns->name + "' is read-only: a write or sync of its devices failed\n";
    }
    return {.body = marks.empty() ? "ok\n" : marks};
}

http::Response Admin::ready() const {
    if (state_.ready.load(std::memory_order_acquire)) return {.body = "ok\n"};
    if (state_.loading.active()) return {.status = 503, .body = state_.loading.text() + "\n"};
    return {.status = 503, .body = "not serving clients: the node is starting or stopping\n"};
}

http::Response Admin::metrics() {
    const uint64_t scrapes = scrapes_.fetch_add(1, std::memory_order_relaxed) + 1;
    return {.content_type = metrics::kTextContentType, .body = metrics_page(info_, state_, scrapes)};
}

http::Response Admin::config() const {
    NodeConfig in_force = *state_.config();
    in_force.service.node_id = state_.identity.node_name;
    return {.content_type = "application/yaml", .body = config::print(in_force)};
}

http::Response Admin::version() const {
    const nlohmann::ordered_json version = {{"product", "cairn"},
                                            {"version", state_.identity.version},
                                            {"protocol_build", state_.identity.build},
                                            {"node", state_.identity.node_name}};
    return {.content_type = "application/json", .body = version.dump() + "\n"};
}

}  // namespace cairn::server
