#include "node/server/metrics_page.h"

#include <algorithm>

#include "common/base64/base64.h"
#include "node/metrics/exporter.h"

namespace cairn::server {
namespace {

/// A clock that stands still: pages are made on threads that have no loop.
class HeldClock final : public runtime::Clock {
public:
    explicit HeldClock(const VitalSigns& vitals) {
        now_ = vitals.now;
        epoch_ms_ = vitals.epoch_ms;
    }
    void refresh() override {}
};

template <class F>
void for_each_part(std::string_view text, char separator, F&& f) {
    while (!text.empty()) {
        const size_t end = std::min(text.find(separator), text.size());
        if (end != 0) f(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

metrics::KeyValues pairs(std::string_view text, char separator) {
    metrics::KeyValues all;
    for_each_part(text, separator, [&](std::string_view pair) {
        const size_t equals = pair.find('=');
        if (equals != std::string_view::npos) all.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    });
    return all;
}

void add_sets(metrics::NodeSnapshot& node, std::string_view text) {
    for_each_part(text, ';', [&](std::string_view entry) {
        auto values = pairs(entry, ':');
        if (values.size() < 2) return;
        metrics::SetInfo set{values[0].second, values[1].second, {}};
        set.values.assign(values.begin() + 2, values.end());
        node.sets.push_back(std::move(set));
    });
}

void add_latencies(metrics::NodeSnapshot& node, const State& state) {
    const auto unit =
        state.config()->service.microsecond_histograms ? metrics::Unit::microseconds : metrics::Unit::milliseconds;
    for (const auto& total : latency_totals(state)) {
        if (total.operation == "info") continue;  // the exporter has no name for it
        if (const auto row = state.latencies.row(total.ns, total.operation, unit)) {
            node.latencies.push_back({total.ns, total.operation, unit, *row});
        }
    }
}

/// `1,go-v8.7.0,ape-v1.34.0`: form, library and version, application. Anything else is a library of that name.
void add_user_agents(metrics::NodeSnapshot& node, const State& state) {
    for (const auto& [agent, count] : state.user_agents.counts()) {
        std::vector<std::string> parts;
        for_each_part(decode_base64(agent).value_or(""), ',', [&](std::string_view part) { parts.emplace_back(part); });
        const bool known = parts.size() == 3 && parts[0] == "1";
        const metrics::UserAgentInfo told = known ? metrics::UserAgentInfo{parts[1], parts[2], count}
                                                  : metrics::UserAgentInfo{"unknown", "unknown", count};
        const auto same = std::ranges::find_if(node.user_agents, [&](const auto& other) {
            return other.client_library_version == told.client_library_version &&
                   other.client_app_id == told.client_app_id;
        });
        if (same != node.user_agents.end()) {
            same->count += count;
        } else {
            node.user_agents.push_back(told);
        }
    }
}

void add_log_levels(metrics::NodeSnapshot& node, const State& state) {
    for (size_t i = 0; i < log::kModuleCount; ++i) {
        const auto level = state.log.level(static_cast<log::Module>(i));
        node.logs_debug |= level == log::Level::debug;
        node.logs_detail |= level == log::Level::detail;
    }
}

std::vector<metrics::StorageTotal> storage_totals(const State& state) {
    std::vector<metrics::StorageTotal> totals;
    for (const auto& ns : state.namespaces) {
        if (!ns->store) continue;
        const storage::StoreStats stats = ns->store->stats();
        totals.push_back({.ns = ns->name,
                          .failed = stats.failed,
                          .unreadable = stats.corrupt,
                          .torn = stats.torn,
                          .overload = stats.overload,
                          .appended_bytes = stats.bytes_appended,
                          .written_bytes = stats.bytes_written,
                          .write_queue_bytes = stats.write_queue,
                          .defrag_queue_blocks = stats.defrag_queue,
                          .defrag_blocks_read = stats.defrag_reads,
                          .defrag_blocks_written = stats.defrag_blocks_written,
                          .defrag_blocks_emptied = stats.blocks_defragged});
    }
    return totals;
}

std::vector<metrics::LatencyTotal> replication_totals(const State& state) {
    std::vector<metrics::LatencyTotal> totals;
    for (const auto& ns : state.namespaces) {
        const auto* const copies = state.copies_of(*ns);
        if (copies == nullptr) continue;
        metrics::LatencyTotal local{ns->name, "local", {}};
        for (const auto* worker : state.namespace_counters) {
            local.recorded.merge((*worker)[ns->index].sync_local_latency.snapshot());
        }
        totals.push_back(std::move(local));
        totals.push_back({ns->name, "network", copies->sync_times().network.snapshot()});
        totals.push_back({ns->name, "replica_write", copies->sync_times().replica.snapshot()});
    }
    return totals;
}

metrics::Family loading_family(const State& state) {
    metrics::Family family{
        "cairn_loading", "1 while the node reads its devices and serves no records.", metrics::Type::gauge, {}};
    const bool active = state.loading.active();
    family.samples.push_back({{}, active ? 1.0 : 0.0});
    return family;
}

metrics::Family load_percent_family(const State& state) {
    metrics::Family family{
        "cairn_load_done_percent", "How far a namespace that is being loaded is.", metrics::Type::gauge, {}};
    const auto now = state.loading.now();
    if (state.loading.active()) family.samples.push_back({{{"ns", now.ns}}, double(now.done_pct)});
    return family;
}

std::vector<metrics::Family> migration_families(const State& state) {
    using metrics::Type;
    std::vector<metrics::Family> families{
        {"cairn_migration_partitions_remaining",
         "Partitions with copies that this node fills, merges or receives.",
         Type::gauge,
         {}},
        {"cairn_migration_bytes_sent_total", "Of records, to copies being filled.", Type::counter, {}},
        {"cairn_migration_bytes_received_total",
         "Of records, as a copy that is filled or a master that merges.",
         Type::counter,
         {}},
        {"cairn_migration_bytes_per_second", "Sent and received, over the last seconds.", Type::gauge, {}},
        {"cairn_migration_seconds_remaining",
         "At the pace of the last seconds; absent while that is not known.",
         Type::gauge,
         {}}};
    for (const auto& ns : state.namespaces) {
        const auto* const copies = state.copies_of(*ns);
        if (copies == nullptr) continue;
        const auto add = [&](size_t family, uint64_t value) {
            families[family].samples.push_back({{{"ns", ns->name}}, double(value)});
        };
        const auto pace = state.migrations.of(ns->index);
        add(0, copies->unfinished());
        add(1, copies->transfers().bytes_sent.load(std::memory_order_relaxed));
        add(2, copies->transfers().bytes_received.load(std::memory_order_relaxed));
        add(3, pace.bytes_per_second);
        if (pace.eta_s) add(4, *pace.eta_s);
    }
    return families;
}

}  // namespace

std::string metrics_page(Info& info, const State& state, uint64_t scrapes) {
    HeldClock clock(state.vitals.get());
    InfoSession session(clock);
    metrics::NodeSnapshot node{info.ask("cluster-name", session), ""};
    const std::string addresses = state.addresses().standard;
    node.service = addresses.substr(0, addresses.find(','));
    node.build = state.identity.build;
    node.node_id = state.identity.node_name;
    node.statistics = pairs(info.ask("statistics", session), ';');
    node.service_config = pairs(info.ask("get-config:context=service", session), ';');
    for (const auto& ns : state.namespaces) {
        node.namespaces.push_back({ns->name, pairs(info.ask("namespace/" + ns->name, session), ';')});
    }
    add_sets(node, info.ask("sets", session));
    for (const auto& ns : state.namespaces) {
        for (const auto& [name, index] : ns->indexes.all()) {
            const std::string told = info.ask("sindex-stat:namespace=" + ns->name + ";indexname=" + name, session);
            if (told.starts_with("entries=")) node.sindexes.push_back({ns->name, name, pairs(told, ';')});
        }
    }
    add_latencies(node, state);
    add_user_agents(node, state);
    add_log_levels(node, state);
    node.scrapes = scrapes;
    return metrics::to_text(metrics::exporter_families(node)) +
           metrics::to_text(metrics::native_families(latency_totals(state))) +
           metrics::to_text(metrics::replication_families(replication_totals(state))) +
           metrics::to_text(migration_families(state)) +
           metrics::to_text(metrics::storage_families(storage_totals(state))) +
           metrics::to_text({loading_family(state), load_percent_family(state)});
}

}  // namespace cairn::server
