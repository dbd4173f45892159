#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

using replication::PartitionMachine;

constexpr size_t kPartitionsToldMax = 512;

std::string_view name_of(PartitionMachine::Urgency urgency) {
    switch (urgency) {
        case PartitionMachine::Urgency::lead: return "lead";
        case PartitionMachine::Urgency::merge: return "merge";
        case PartitionMachine::Urgency::other: break;
    }
    return "other";
}

std::string_view state_of(const PartitionMachine& machine) {
    if (machine.transfers()) return "active";
    if (machine.waits_for_slot()) return "waiting";
    return machine.delayed() ? "delayed" : "changing";
}

/// A namespace in one line.
std::string summary(const State& state, const partition::Namespace& ns) {
    const auto* const copies = state.copies_of(ns);
    std::string text = "ns=" + ns.name;
    const auto put = [&](std::string_view key, const auto& value) {
        text += ":" + std::string(key) + "=" + std::to_string(value);
    };
    if (copies == nullptr) return text + ":remaining=0";
    const auto left = copies->to_finish();
    const auto initial = copies->initial();
    const auto pace = state.migrations.of(ns.index);
    put("remaining", left.sent + left.received);
    put("initial", initial.sent + initial.received);
    put("sending", left.sent);
    put("receiving", left.received);
    put("lead", left.lead);
    put("active", left.active);
    put("bytes_sent", copies->transfers().bytes_sent.load(std::memory_order_relaxed));
    put("bytes_received", copies->transfers().bytes_received.load(std::memory_order_relaxed));
    put("bytes_per_second", pace.bytes_per_second);
    text += ":eta_s=" + (pace.eta_s ? std::to_string(*pace.eta_s) : "unknown");
    text += state.config()->service.migrate_threads == 0 ? ":paused=true" : ":paused=false";
    return text;
}

/// What this node sends as master, partition by partition.
std::string partitions(const State& state, const partition::Namespace& ns) {
    const auto* const copies = state.copies_of(ns);
    std::string text;
    size_t told = 0;
    if (copies == nullptr) return text;
    copies->for_each_sent([&](PartitionId partition, const PartitionMachine& machine) {
        if (++told > kPartitionsToldMax) return;
        const auto progress = machine.progress();
        text += (text.empty() ? "partition=" : ";partition=") + std::to_string(partition);
        text += ":kind=" + std::string(name_of(machine.urgency())) + ":state=" + std::string(state_of(machine));
        if (progress.other == 0) return;
        text += (progress.purpose == replication::Purpose::fill ? ":to=" : ":from=") + hex(progress.other);
        text += ":compared_pct=" + std::to_string(progress.buckets * 100 / replication::kBuckets);
        text += ":records=" + std::to_string(progress.records) + ":bytes=" + std::to_string(progress.bytes);
    });
    return text;
}

}  // namespace

void add_migration_commands(Info& info, State& state) {
    info.add("cairn-migrations", [&state](const InfoCommand& command, InfoSession&) -> std::string {
        const auto name = command.parameter({"namespace", "ns", "id"});
        if (!name) return of_namespaces(state, [&](const auto& ns) { return summary(state, ns); });
        const auto* const ns = state.find_namespace(*name);
        return ns == nullptr ? no_such_namespace() : partitions(state, *ns);
    });
}

}  // namespace cairn::server
