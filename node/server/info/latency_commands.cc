#include <algorithm>
#include <array>

#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

// Of each namespace, in the order of `latencies:`.
constexpr std::string_view kStandard[] = {"read",          "write",    "udf",     "batch-sub-read", "batch-sub-write",
                                          "batch-sub-udf", "pi-query", "si-query"};
// Known by name, and without samples: what they measure does not exist here.
constexpr std::string_view kOther[] = {"read-touch", "re-repl", "proxy"};

/// `{ns}-benchmarks-<group>` asks for several.
struct Group {
    std::string_view name;
    std::string_view prefix;
    std::string_view members;
};
constexpr Group kGroups[] = {
    {"benchmarks-read", "read-", "start restart dup-res repl-ping local response"},
    {"benchmarks-write", "write-", "start restart dup-res master repl-write response"},
    {"benchmarks-udf", "udf-", "start restart dup-res master repl-write response"},
    {"benchmarks-batch-sub", "batch-sub-",
     "prestart start restart dup-res repl-ping read-local write-master udf-master repl-write response"},
    {"benchmarks-udf-sub", "udf-sub-", "start restart dup-res master repl-write response"},
    {"benchmarks-ops-sub", "ops-sub-", "start restart dup-res master repl-write response"},
};

/// `name:` and, when there ever was a sample, unit, rate and percentages.
std::string entry(const State& state, std::string_view ns, std::string_view operation) {
    std::string text = ns.empty() ? std::string(operation) : "{" + std::string(ns) + "}-" + std::string(operation);
    text += ':';
    const bool micro = state.config()->service.microsecond_histograms;
    const auto row =
        state.latencies.row(ns, operation, micro ? metrics::Unit::microseconds : metrics::Unit::milliseconds);
    if (!row) return text;
    text += micro ? "usec," : "msec,";
    text += decimal(row->per_second, 1);
    for (const double percent : row->percent_slower) text += "," + decimal(percent, 2);
    return text;
}

std::string standard(const State& state) {
    std::string text = entry(state, "", "batch-index");
    for (const auto& ns : state.namespaces) {
        for (const std::string_view operation : kStandard) text += ";" + entry(state, ns->name, operation);
    }
    return text;
}

std::string group_text(const State& state, std::string_view ns, const Group& group) {
    std::string text;
    for (std::string_view rest = group.members; !rest.empty();) {
        const size_t end = std::min(rest.find(' '), rest.size());
        const std::string name = std::string(group.prefix) + std::string(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        text += (text.empty() ? "" : ";") + entry(state, ns, name);
    }
    return text;
}

std::string latencies(const InfoCommand& command, const State& state) {
    const auto wanted = command.parameter({"hist"});
    if (!wanted) return standard(state);
    if (*wanted == "batch-index" || *wanted == "info") return entry(state, "", *wanted);
    if (*wanted == "benchmarks-fabric") return "";
    const auto bad = info_error(4, "bad hist name");
    const size_t brace = wanted->find("}-");
    if (!wanted->starts_with('{') || brace == std::string_view::npos) return bad;
    const std::string_view ns = wanted->substr(1, brace - 1);
    const std::string_view operation = wanted->substr(brace + 2);
    if (state.find_namespace(ns) == nullptr) return bad;
    const auto* group = std::ranges::find(kGroups, operation, &Group::name);
    if (group != std::end(kGroups)) return group_text(state, ns, *group);
    const bool known = std::ranges::find(kStandard, operation) != std::end(kStandard) ||
                       std::ranges::find(kOther, operation) != std::end(kOther);
    return known ? entry(state, ns, operation) : bad;
}

std::string histogram(const InfoCommand& command, const State& state) {
    const auto name = command.namespace_name();
    if (!name) return name.error();
    const auto* ns = state.find_namespace(*name);
    if (ns == nullptr) return no_such_namespace();
    const auto type = command.required({"type"});
    if (!type) return type.error();
    const auto set = command.parameter({"set"});
    if (set && ns->sets.find(*set) == partition::kNoSet) return info_error(4, "unknown set name");
    const auto kind = distribution_named(*type);
    if (!kind) return info_error(4, "unknown hist name");
    if (set) return "hist-unavailable";
    return state.distributions[ns->index]->text(*kind);
}

}  // namespace

void add_latency_commands(Info& info, State& state) {
    info.add("latencies", [&state](const InfoCommand& command, InfoSession&) { return latencies(command, state); });
    info.add("histogram", [&state](const InfoCommand& command, InfoSession&) { return histogram(command, state); });
}

}  // namespace cairn::server
