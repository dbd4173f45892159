#include "common/base/percent.h"
#include "node/config/info_config.h"
#include "node/server/info/commands.h"
#include "node/server/info/statistics_list.h"

namespace cairn::server {
namespace {

std::string flag(bool value) { return value ? "true" : "false"; }

void put_copies(Statistics& to, const copies::Copies& copies) {
    const auto held = copies.held();
    to.put("master_objects", held.master.objects);
    to.put("master_tombstones", held.master.tombstones);
    to.put("prole_objects", held.replica.objects);
    to.put("prole_tombstones", held.replica.tombstones);
    to.put("non_replica_objects", held.other.objects);
    to.put("non_replica_tombstones", held.other.tombstones);
    const auto left = copies.to_finish();
    const auto initial = copies.initial();
    const auto& moved = copies.transfers();
    const auto number = [](const std::atomic<uint64_t>& of) { return of.load(std::memory_order_relaxed); };
    to.put("migrate_tx_instances", left.active);
    to.put("migrate_tx_partitions_active", left.active);
    to.put("migrate_tx_partitions_initial", std::max(initial.sent, left.sent));
    to.put("migrate_tx_partitions_remaining", left.sent);
    to.put("migrate_tx_partitions_lead_remaining", left.lead);
    to.put("migrate_rx_instances", left.active_received);
    to.put("migrate_rx_partitions_active", left.active_received);
    to.put("migrate_rx_partitions_initial", std::max(initial.received, left.received));
    to.put("migrate_rx_partitions_remaining", left.received);
    to.put("migrate_records_skipped", number(moved.records_equal));
    to.put("migrate_records_transmitted", number(moved.records_sent));
    to.put("migrate_record_retransmits", number(moved.records_resent));
    to.put("migrate_record_receives", number(moved.records_received));
    to.put("unavailable_partitions", copies.roles().count(copies::Roles::Role::none));
}

void put_memory(Statistics& to, const State& state, const partition::Namespace& ns, const NamespaceConfig& config) {
    const auto use = ns.partitions.memory_use();
    const uint64_t size = config.storage_engine.data_size_bytes;
    to.put("objects", use.objects);
    to.put("tombstones", use.tombstones);
    if (const auto* const copies = state.copies_of(ns)) {
        put_copies(to, *copies);
    } else {
        to.put("master_objects", use.objects);
        to.put("master_tombstones", use.tombstones);
    }
    to.put("index_used_bytes", use.index_used);
    to.put("sindex_used_bytes", use.sindex_used);
    if (ns.store) {
        const storage::StoreStats stored = ns.store->stats();
        to.put("data_total_bytes", stored.size);
        to.put("data_used_bytes", stored.used);
        to.put("data_used_pct", percent(stored.used, stored.size));
        to.put("data_avail_pct", percent(stored.free_blocks, stored.total_blocks));
        to.put("storage-engine.stripe[0].used_bytes", stored.used);
        to.put("storage-engine.stripe[0].free_wblocks", stored.free_blocks);
        to.put("storage-engine.stripe[0].writes", stored.blocks_written);
        to.put("storage-engine.stripe[0].defrag_q", stored.defrag_queue);
        to.put("storage-engine.stripe[0].defrag_reads", stored.defrag_reads);
        to.put("storage-engine.stripe[0].defrag_writes", stored.defrag_blocks_written);
        return;
    }
    to.put("data_total_bytes", size);
    to.put("data_used_bytes", use.data_used);
    to.put("data_used_pct", percent(use.data_used, size));
    const uint64_t held = use.data_held + use.index_used;  // as for stop-writes-avail-pct
    to.put("data_avail_pct", percent(size - std::min(size, held), size));
    to.put("storage-engine.stripe[0].used_bytes", use.data_used);
}

void put_counters(Statistics& to, const State& state, size_t index) {
    std::map<std::string, uint64_t, std::less<>> sums;
    for (const auto* worker : state.namespace_counters) {
        (*worker)[index].for_each([&](std::string_view name, uint64_t value) { sums[std::string(name)] += value; });
    }
    for (const auto& [name, value] : sums) to.offer(name, std::to_string(value));
}

void put_eviction(Statistics& to, const partition::Namespace& ns) {
    const auto marks = ns.evictions.marks();
    // The furthest of the marks in force: it is the same for all nodes, as this node is alone.
    const uint32_t void_time = marks.empty() ? 0 : marks.front().void_time;
    to.put("evict_void_time", void_time);
    to.put("smd_evict_void_time", void_time);
    to.put("evict_ttl", ns.evict_ttl_s.load(std::memory_order_relaxed));
    to.put("nsup_cycle_duration", ns.nsup_cycle_s.load(std::memory_order_relaxed));
    const uint32_t deleted = ns.nsup_cycle_deleted_hundredths_pct.load(std::memory_order_relaxed);
    const std::string hundredths = std::to_string(deleted % 100);
    to.put("nsup_cycle_deleted_pct",
           std::to_string(deleted / 100) + "." + (hundredths.size() < 2 ? "0" : "") + hundredths);
}

bool truncating(const partition::Namespace& ns) { return ns.sweeps_running.load(std::memory_order_relaxed) != 0; }

/// Ours, of namespaces on devices: bytes written to them for each byte that users wrote, since the start.
std::string storage_text(const partition::Namespace& ns) {
    if (!ns.store) return "";
    const storage::StoreStats stored = ns.store->stats();
    const uint64_t thousandths = stored.bytes_appended == 0 ? 0 : stored.bytes_written * 1000 / stored.bytes_appended;
    std::string fraction = std::to_string(thousandths % 1000);
    fraction.insert(0, 3 - fraction.size(), '0');
    return "write_amplification=" + std::to_string(thousandths / 1000) + "." + fraction + ";";
}

std::string namespace_text(std::string_view name, const State& state, const InfoSession& session) {
    const auto* ns = state.find_namespace(name);
    if (ns == nullptr) return "type=unknown";
    const auto config = state.config();
    const NamespaceConfig& settings = config->namespaces[ns->index];
    const auto view = state.membership.view();
    Statistics all(StatisticsList::of_namespace());
    all.put("ns_cluster_size", view.size);
    const uint32_t holders = std::max(view.size - std::min(view.size, view.quiesced_nodes), 1u);
    all.put("effective_replication_factor", std::min(settings.replication_factor, holders));
    all.put("stop_writes", ns->stop_writes() || (ns->store && ns->store->failed()));
    all.put("current_time", session.clock.epoch_s());
    all.put("hwm_breached", ns->evict_mark.load(std::memory_order_relaxed) != partition::EvictMark::none);
    put_eviction(all, *ns);
    all.put("truncate_lut", ns->truncate_lut.load(std::memory_order_relaxed));
    all.put("truncating", truncating(*ns));
    all.put("pending_quiesce", view.quiesce_asked);
    all.put("effective_is_quiesced", view.quiesced);
    all.put("nodes_quiesced", view.quiesced_nodes);
    all.put("non_expirable_objects", state.distributions[ns->index]->never_expire());
    put_memory(all, state, *ns, settings);
    put_counters(all, state, ns->index);
    return all.text() + ";" + storage_text(*ns) + config::namespace_config_text(settings);
}

std::string set_text(const partition::Namespace& ns, const partition::Set& set) {
    const auto number = [](const auto& value) { return std::to_string(value.load(std::memory_order_relaxed)); };
    const auto is_on = [](const std::atomic<bool>& value) { return flag(value.load(std::memory_order_relaxed)); };
    uint64_t indexes = 0;
    bool building = false;
    for (const auto& [name, index] : ns.indexes.all()) {
        if (index->definition.set != set.name) continue;
        ++indexes;
        building |= !index->readable.load(std::memory_order_relaxed);
    }
    return "objects=" + number(set.objects) + ":tombstones=" + number(set.tombstones) +
           ":data_used_bytes=" + number(set.used_bytes) + ":truncate_lut=" + number(set.truncate_lut) +
           ":sindexes=" + std::to_string(indexes) + ":index_populating=" + flag(building) +
           ":truncating=" + flag(set.truncate_lut.load(std::memory_order_relaxed) != 0 && truncating(ns)) +
           ":default-read-touch-ttl-pct=" + number(set.default_read_touch_ttl_pct) +
           ":default-ttl=" + number(set.default_ttl_s) + ":disable-eviction=" + is_on(set.disable_eviction) +
           ":enable-index=" + is_on(set.enable_index) + ":stop-writes-count=" + number(set.stop_writes_count) +
           ":stop-writes-size=" + number(set.stop_writes_size) + ";";
}

std::string all_sets(const partition::Namespace& ns) {
    std::string text;
    for (uint32_t id = 1; id <= ns.sets.count(); ++id) {
        if (!ns.sets.exists(static_cast<partition::SetId>(id))) continue;
        const auto& set = ns.sets[static_cast<partition::SetId>(id)];
        text += "ns=" + ns.name + ":set=" + set.name + ":" + set_text(ns, set);
    }
    return text;
}

/// `sets`, `sets/<ns>`, `sets/<ns>/<set>`
std::string sets(std::string_view argument, const State& state) {
    if (argument.empty()) {
        std::string text;
        for (const auto& ns : state.namespaces) text += all_sets(*ns);
        return text;
    }
    const size_t slash = argument.find('/');
    const auto* ns = state.find_namespace(argument.substr(0, slash));
    if (ns == nullptr) return "ns_type=unknown";
    if (slash == std::string_view::npos) return all_sets(*ns);
    const partition::SetId id = ns->sets.find(argument.substr(slash + 1));
    return id == partition::kNoSet ? "" : set_text(*ns, ns->sets[id]);
}

}  // namespace

void add_namespace_commands(Info& info, State& state) {
    const std::string names = of_namespaces(state, [](const auto& ns) { return ns.name; });
    info.add("namespaces", [names](const InfoCommand&, InfoSession&) { return names; });
    info.add("namespace", [&state](const InfoCommand& command, InfoSession& session) {
        return namespace_text(command.argument, state, session);
    });
    info.add("sets", [&state](const InfoCommand& command, InfoSession&) { return sets(command.argument, state); });
    info.add("index-pressure", [&state](const InfoCommand&, InfoSession&) {
        return of_namespaces(state, [](const auto& ns) { return ns.name + ":0:0"; });
    });
}

}  // namespace cairn::server
