#include "node/tools/cluster_facts.h"

#include <algorithm>
#include <set>

#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

const client::NamespaceReplicas* replicas_of(const NodeFacts& node, const std::string& ns) {
    const auto found = node.view.namespaces.find(ns);
    return found == node.view.namespaces.end() ? nullptr : &found->second;
}

bool is_master(const client::NamespaceReplicas& replicas, size_t partition) {
    return !replicas.columns.empty() && replicas.columns[0][partition];
}

/// Those that any node has, in the order of their names.
std::set<std::string> names_of(const std::vector<NodeFacts>& nodes) {
    std::set<std::string> names;
    for (const NodeFacts& node : nodes) {
        for (const auto& [name, replicas] : node.view.namespaces) names.insert(name);
    }
    return names;
}

template <class T>
T number(const Json& object, const char* key, T otherwise) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? found->get<T>() : otherwise;
}

bool is_true(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && *found == true;
}

bool in_a_namespace(const NodeFacts& node, const char* key) {
    return std::ranges::any_of(node.namespaces, [&](const Json& said) { return is_true(said, key); });
}

const Json& said_of(const NodeFacts& node, const std::string& ns) {
    static const Json kNothing = Json::object();
    const auto found = node.namespaces.find(ns);
    return found == node.namespaces.end() ? kNothing : *found;
}

std::string key_of(const NodeFacts& node) {
    const auto found = node.statistics.find("cluster_key");
    return found == node.statistics.end() ? "" : plain(*found);
}

}  // namespace

std::string state_of(const NodeFacts& node) {
    if (!node.trouble.empty()) return "unreachable";
    if (number<int64_t>(node.statistics, "cluster_size", 1) == 0) return "no view";
    if (node.view.partition_generation < 0) return "starting";
    if (in_a_namespace(node, "effective_is_quiesced")) return "quiesced";
    return in_a_namespace(node, "pending_quiesce") ? "quiescing" : "online";
}

Json node_rows(const std::vector<NodeFacts>& nodes) {
    Json rows = Json::array();
    for (const NodeFacts& node : nodes) {
        Json row = {{"node", node.node}, {"address", node.address}, {"state", state_of(node)}};
        if (!node.trouble.empty()) {
            row["reason"] = node.trouble;
        } else {
            const auto uptime = number<uint64_t>(node.statistics, "uptime", 0);
            row["racks"] = node.racks;
            row["version"] = node.version;
            row["uptime"] = age_text(uptime);
            row["uptime_s"] = uptime;
            row["connections"] = number<uint64_t>(node.statistics, "client_connections", 0);
            row["objects"] = number<uint64_t>(node.statistics, "objects", 0);
            row["cluster_key"] = key_of(node);
            row["principal"] = plain(node.statistics.value("cluster_principal", Json())) == node.node;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

Json cluster_namespace_rows(const std::vector<NodeFacts>& nodes) {
    Json rows = Json::array();
    for (const std::string& ns : names_of(nodes)) {
        client::PartitionSet served;
        uint64_t holders = 0, objects = 0, data = 0;
        int64_t copies = 0;
        bool stopped = false;
        for (const NodeFacts& node : nodes) {
            const auto* const replicas = replicas_of(node, ns);
            if (replicas == nullptr) continue;
            const Json& said = said_of(node, ns);
            ++holders;
            if (!replicas->columns.empty()) served |= replicas->columns[0];
            objects += number<uint64_t>(said, "master_objects", 0);
            data += number<uint64_t>(said, "data_used_bytes", 0);
            copies = std::max(copies, number<int64_t>(said, "effective_replication_factor", 1));
            stopped = stopped || is_true(said, "stop_writes");
        }
        rows.push_back({{"namespace", ns},
                        {"nodes", holders},
                        {"copies", copies},
                        {"partitions_served", served.count()},
                        {"objects", objects},
                        {"data_bytes", data},
                        {"stop_writes", stopped}});
    }
    return rows;
}

Json partition_rows(const std::vector<NodeFacts>& nodes, const std::string& ns) {
    Json rows = Json::array();
    for (const std::string& name : names_of(nodes)) {
        if (!ns.empty() && name != ns) continue;
        for (const NodeFacts& node : nodes) {
            const auto* const replicas = replicas_of(node, name);
            if (replicas == nullptr) continue;
            client::PartitionSet copies;
            for (size_t at = 1; at < replicas->columns.size(); ++at) copies |= replicas->columns[at];
            const Json master = replicas->columns.empty() ? 0 : replicas->columns[0].count();
            if (!replicas->columns.empty()) copies &= ~replicas->columns[0];  // it stands in for a copy not filled yet
            const Json& said = said_of(node, name);
            rows.push_back({{"namespace", name},
                            {"node", node.node},
                            {"state", state_of(node)},
                            {"rack", node.racks.value(name, Json())},
                            {"master", master},
                            {"replica", copies.count()},
                            {"migrating", number<uint64_t>(said, "migrate_tx_partitions_remaining", 0) +
                                              number<uint64_t>(said, "migrate_rx_partitions_remaining", 0)}});
        }
    }
    return rows;
}

std::vector<Unowned> unowned(const std::vector<NodeFacts>& nodes) {
    std::vector<Unowned> all;
    for (const std::string& ns : names_of(nodes)) {
        Unowned found{ns, {}, {}};
        for (size_t p = 0; p < kPartitionCount; ++p) {
            const auto masters = std::ranges::count_if(nodes, [&](const NodeFacts& node) {
                const auto* const replicas = replicas_of(node, ns);
                return replicas != nullptr && is_master(*replicas, p);
            });
            found.without_master[p] = masters == 0;
            found.with_several[p] = masters > 1;
        }
        all.push_back(std::move(found));
    }
    return all;
}

std::string ranges_text(const client::PartitionSet& partitions) {
    constexpr int kRangesMax = 8;
    std::string text;
    int ranges = 0;
    for (size_t p = 0; p < kPartitionCount; ++p) {
        if (!partitions[p]) continue;
        if (ranges++ == kRangesMax) {
            size_t more = 0;
            for (; p < kPartitionCount; ++p) more += partitions[p];
            return text + " and " + std::to_string(more) + " more";
        }
        const size_t first = p;
        while (p + 1 < kPartitionCount && partitions[p + 1]) ++p;
        text += (text.empty() ? "" : ", ") + std::to_string(first);
        if (p > first) text += "-" + std::to_string(p);
    }
    return text;
}

std::vector<std::string> cluster_warnings(const std::vector<NodeFacts>& nodes) {
    std::vector<std::string> found;
    std::set<std::string> keys;
    bool someone_silent = false;
    for (const NodeFacts& node : nodes) {
        const std::string state = state_of(node);
        if (state == "unreachable") {
            found.push_back("Node " + node.node + " cannot be reached at " + node.address + ": " + node.trouble + ".");
            someone_silent = true;
            continue;
        }
        keys.insert(key_of(node));
        if (state == "starting") found.push_back("Node " + node.node + " is not ready: it owns no partitions yet.");
        if (state == "no view") found.push_back("Node " + node.node + " is in no view of the cluster.");
        if (state == "quiescing")
            found.push_back("Node " + node.node + " is to be quiesced; `recluster:` puts it in force.");
        for (const auto& [ns, said] : node.namespaces.items()) {
            if (is_true(said, "stop_writes")) {
                found.push_back("Namespace " + ns + " takes no writes on node " + node.node + " (stop-writes).");
            }
        }
    }
    if (keys.size() > 1) found.push_back("The nodes do not agree on one view: their cluster keys differ.");
    for (const Unowned& of : unowned(nodes)) {
        // What a silent node is master of is not known.
        if (of.without_master.any() && !someone_silent) {
            found.push_back("Namespace " + of.ns + ": " + count_text(int64_t(of.without_master.count())) +
                            " partitions have no master: " + ranges_text(of.without_master) + ".");
        }
        if (of.with_several.any()) {
            found.push_back("Namespace " + of.ns + ": several nodes say that they are master of partitions " +
                            ranges_text(of.with_several) + ".");
        }
    }
    return found;
}

std::string as_racks(const Json& racks) {
    std::set<int64_t> ids;
    for (const auto& id : racks) {
        if (id.is_number_integer()) ids.insert(id.get<int64_t>());
    }
    std::string text;
    for (const int64_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
    return text.empty() ? "-" : text;
}

}  // namespace cairn::ctl
