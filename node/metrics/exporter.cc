#include "node/metrics/exporter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "common/base/number.h"
#include "node/metrics/families.h"
#include "node/metrics/gauges.h"

namespace cairn::metrics {
namespace {

/// Hexadecimal: some of these identities read as a number ("4E12"), and a metric that comes and goes helps nobody.
constexpr std::array<std::string_view, 4> kIdentities = {"cluster_key", "cluster_principal", "paxos_principal",
                                                         "node-id"};

std::string_view prefix(Context context) {
    switch (context) {
        case Context::node_stats: return "aerospike_node_stats_";
        case Context::namespace_: return "aerospike_namespace_";
        case Context::sets: return "aerospike_sets_";
        case Context::sindex: return "aerospike_sindex_";
    }
    return {};
}

std::optional<double> number(std::string_view text) {
    if (text == "true") return 1;
    if (text == "false") return 0;
    if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '-')) return std::nullopt;  // "inf", "nan"
    double value = 0;
    return parse_number(text, value) ? std::optional(value) : std::nullopt;
}

Type type_of(Context context, std::string_view key) {
    std::string rest(key);
    if (const auto at = rest.find("storage-engine"); at != rest.npos)
        rest.erase(at, std::string_view("storage-engine").size());
    return rest.contains('-') || is_listed_gauge(context, key) ? Type::gauge : Type::counter;
}

std::string value_of(const KeyValues& values, std::string_view key) {
    const auto found = std::ranges::find(values, key, &KeyValues::value_type::first);
    return found == values.end() ? std::string() : found->second;
}

/// `storage-engine.stripe[0].writes` in its parts.
struct Element {
    std::string_view owner;  // "storage-engine.stripe[0]", the key of its path
    std::string_view kind;  // "stripe"
    std::string_view index;  // "0"
    std::string key;  // "storage-engine.stripe.writes"
};

std::optional<Element> element_of(std::string_view key) {
    const auto open = key.find('[');
    const auto close = key.find("].");
    if (open == key.npos || close == key.npos || close < open) return std::nullopt;
    const auto dot = key.substr(0, open).rfind('.');
    const size_t kind = dot == key.npos ? 0 : dot + 1;
    return Element{key.substr(0, close + 1), key.substr(kind, open - kind), key.substr(open + 1, close - open - 1),
                   std::string(key.substr(0, open)) + std::string(key.substr(close + 1))};
}

class Exporter {
public:
    explicit Exporter(const NodeSnapshot& node) : node_(node) {}

    std::vector<Family> all() {
        add_node();
        for (const auto& each : node_.namespaces) add_namespace(each);
        for (const auto& each : node_.sets) {
            for (const auto& [key, value] : each.values) {
                add(Context::sets, key, value, with({{"ns", each.ns}, {"set", each.name}}));
            }
        }
        for (const auto& each : node_.sindexes) {
            for (const auto& [key, value] : each.values) {
                add(Context::sindex, key, value, with({{"ns", each.ns}, {"sindex", each.name}}));
            }
        }
        for (const auto& each : node_.latencies) add_latency(each);
        return families_.take();
    }

private:
    /// The labels that nearly all have, and `more`; in alphabetical order as the exporter writes them.
    Labels with(Labels more) const {
        more.emplace_back("cluster_name", node_.cluster_name);
        more.emplace_back("service", node_.service);
        std::ranges::sort(more);
        return more;
    }

    void add(Context context, std::string_view key, std::string_view value, Labels labels) {
        const auto parsed = number(value);
        if (!parsed) return;
        const auto name = std::string(prefix(context)) + replace_separators(std::string(key), '_');
        families_.add(name, replace_separators(std::string(key), ' '), type_of(context, key),
                      {std::move(labels), *parsed, {}});
    }

    void add_node() {
        families_.add("aerospike_node_up", "Aerospike node active status", Type::gauge,
                      {with({{"build", node_.build}, {"node_id", node_.node_id}}), 1, {}});
        families_.add("aerospike_node_ticks",
                      "Counter that detemines how many times the Aerospike node was scraped for metrics.",  // sic
                      Type::counter, {{}, double(node_.scrapes), {}});
        for (const auto* values : {&node_.statistics, &node_.service_config}) {
            for (const auto& [key, value] : *values) {
                if (std::ranges::find(kIdentities, key) == kIdentities.end())
                    add(Context::node_stats, key, value, with({}));
            }
        }
        add(Context::node_stats, "pseudo_log_debug", node_.logs_debug ? "1" : "0", with({}));
        add(Context::node_stats, "pseudo_log_detail", node_.logs_detail ? "1" : "0", with({}));
        for (const auto& agent : node_.user_agents) {
            add(Context::node_stats, "user_agent_details", std::to_string(agent.count),
                with({{"client_app_id", agent.client_app_id},
                      {"client_library_version", agent.client_library_version}}));
        }
    }

    void add_namespace(const NamespaceInfo& ns) {
        const auto engine = value_of(ns.values, "storage-engine");
        const auto index = value_of(ns.values, "index-type");
        const auto sindex = value_of(ns.values, "sindex-type");
        for (const auto& [key, value] : ns.values) {
            Labels labels = {{"ns", ns.name}};
            if (key.starts_with("sindex-type")) {
                labels.emplace_back("sindex", sindex);
            } else if (key.starts_with("index-type")) {
                labels.emplace_back("index", index);
            } else {
                labels.emplace_back("storage_engine", engine);
            }
            if (!key.contains('[')) {
                add(Context::namespace_, key, value, with(std::move(labels)));
            } else if (const auto element = element_of(key)) {  // else the path of a device, file, stripe or mount
                labels.emplace_back(std::string(element->kind), value_of(ns.values, element->owner));
                labels.emplace_back(std::string(element->kind) + "_index", std::string(element->index));
                add(Context::namespace_, element->key, value, with(std::move(labels)));
            }
        }
    }

    /// Operations per second of the last window that took at most so long: gauges, although they are called buckets.
    void add_latency(const LatencyInfo& latency) {
        const auto key = latency.histogram + (latency.unit == Unit::milliseconds ? "-ms" : "-us");
        const auto words = replace_separators(key, ' ');
        const auto name = "aerospike_latencies_" + replace_separators(key, '_');
        const auto add = [&](const char* suffix, const std::string& bound, double value) {
            Labels labels;
            if (!latency.ns.empty()) labels.emplace_back("ns", latency.ns);
            if (!bound.empty()) labels.emplace_back("le", bound);
            families_.add(name + "_" + suffix, words + " " + suffix, Type::gauge, {with(std::move(labels)), value, {}});
        };
        const double rate = latency.row.per_second;
        add("bucket", "+Inf", rate);
        for (size_t i = 0; i < kThresholdCount; ++i) {
            add("bucket", std::to_string(1 << i), rate * (1 - latency.row.percent_slower[i] / 100));
        }
        add("count", "", rate);
    }

    const NodeSnapshot& node_;
    FamilyMap families_;
};

}  // namespace

std::vector<Family> exporter_families(const NodeSnapshot& node) { return Exporter(node).all(); }

}  // namespace cairn::metrics
