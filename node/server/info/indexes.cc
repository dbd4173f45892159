#include <unordered_set>

#include "node/server/info/changes.h"
#include "node/server/info/commands.h"
#include "node/sindex/listing.h"

// Secondary indexes. Parameters are checked, and indexes described, in node/sindex.
namespace cairn::server {
namespace {

using partition::SecondaryIndex;
using sindex::Definition;

constexpr size_t kIndexNameMax = 63;
constexpr InfoCommand::Keys kNamespaceKeys = {"namespace", "ns", "id"};

std::string text_of(const Error& error) { return info_error(int(error.code), error.detail); }

sindex::Parameters parameters_of(const InfoCommand& command) {
    return {.ns = command.parameter(kNamespaceKeys),
            .name = command.parameter({"indexname"}),
            .set = command.parameter({"set"}),
            .data = command.parameter({"indexdata"}),
            .bin = command.parameter({"bin"}),
            .type = command.parameter({"type"}),
            .index_type = command.parameter({"indextype"}),
            .context = command.parameter({"context"}),
            .expression = command.parameter({"exp"})};
}

constexpr std::string_view kOtherDefinition = "'indexname' already exists with different definition";

/// An index over the same that has another name gets this one.
std::string create_everywhere(Definition definition, const partition::Namespace& ns, const State& state,
                              InfoSession& session) {
    std::vector<smd::Set> sets;
    size_t values = 0;
    for (const auto& [name, index] : ns.indexes.all()) {
        values += index->definition.index_type != sindex::IndexType::set && name != definition.name;
        if (name == definition.name || !index->definition.same_content(definition)) continue;
        sets.push_back(removal_of(smd::Module::sindex, key_of(ns.name, name)));
    }
    if (definition.index_type != sindex::IndexType::set && sets.empty() && values >= sindex::Catalogue::kIndexesMax) {
        return info_error(int(ResultCode::sindex_max_count), "already at sindex definition limit");
    }
    const std::string key = key_of(ns.name, definition.name);
    auto set = set_of(smd::Module::sindex, key, sindex::Catalogue::save_one(std::move(definition)));
    set.only_new = true;
    sets.push_back(std::move(set));
    return change_cluster(state, session, std::move(sets), [](smd::Outcome outcome) {
        if (outcome != smd::Outcome::exists) return outcome_text(outcome);
        return info_error(int(ResultCode::sindex_found), kOtherDefinition);
    });
}

std::string create_index(const InfoCommand& command, State& state, InfoSession& session) {
    auto definition = sindex::parse_definition(parameters_of(command));
    if (!definition) return text_of(definition.error());
    partition::Namespace* ns = state.find_namespace(*command.parameter(kNamespaceKeys));
    if (ns == nullptr) return no_such_namespace();
    if (state.change_metadata) return create_everywhere(*std::move(definition), *ns, state, session);
    const auto added =
        ns->indexes.add(*std::move(definition), [&](const std::string& text) { return state.keep_indexes(*ns, text); });
    if (!added) return text_of(added.error());
    if (*added) state.build_index(*ns, *added);
    return "ok";
}

/// The namespace and name by which a command names one index.
struct Place {
    partition::Namespace* ns;
    std::string_view name;
};
InfoResult<Place> place_of(const InfoCommand& command, const State& state) {
    const auto name = command.required({"indexname"}, kIndexNameMax);
    if (!name) return std::unexpected(name.error());
    const auto ns = command.namespace_name();
    if (!ns) return std::unexpected(ns.error());
    partition::Namespace* found = state.find_namespace(*ns);
    if (found == nullptr) return std::unexpected(no_such_namespace());
    return Place{found, *name};
}

std::string delete_index(const InfoCommand& command, const State& state, InfoSession& session) {
    const auto place = place_of(command, state);
    if (!place) return place.error() == no_such_namespace() ? "ok" : place.error();
    if (state.change_metadata) {
        return change_cluster(state, session, {removal_of(smd::Module::sindex, key_of(place->ns->name, place->name))},
                              outcome_text);
    }
    const auto removed = place->ns->indexes.remove(
        place->name, [&](const std::string& text) { return state.keep_indexes(*place->ns, text); });
    return removed ? "ok" : text_of(removed.error());
}

/// Entries of an index for each of its values and records, on average: of a sample, when there are many.
struct Sample {
    uint64_t entries = 0;
    std::unordered_set<uint64_t> values, records;
};

void take_sample(partition::SliceView& slice, const partition::SliceIndexes::Part& part, Sample& sample) {
    constexpr size_t kSampleMax = 512;  // of one slice, in one hold of its door: every scrape of the metrics asks
    constexpr sindex::Entry kFirst{}, kLast{UINT64_MAX, UINT64_MAX};
    part.entries.visit(slice.pool(), kFirst, kLast, kSampleMax, [&](sindex::Entry entry) {
        ++sample.entries;
        sample.values.insert(entry.value);
        sample.records.insert(entry.key);
    });
}

sindex::Statistics statistics_of(partition::Namespace& ns, const SecondaryIndex& index) {
    sindex::Statistics all;
    Sample sample;
    for (size_t i = 0; i < ns.partitions.slice_count(); ++i) {
        ns.partitions.with_slice(i, [&](partition::SliceView& slice) {
            const auto* part = slice.find(index);
            if (part == nullptr) return false;
            all.entries += part->entries.size();
            all.used_bytes += part->entries.bytes() + part->entries.leaf_bytes();
            take_sample(slice, *part, sample);
            return true;
        });
    }
    if (sample.entries != 0) {
        all.entries_per_value = sample.entries / sample.values.size();
        all.entries_per_record = sample.entries / sample.records.size();
    }
    all.load_percent = index.readable.load() ? 100 : index.partitions_built.load() * 100 / (kPartitionCount + 1);
    all.load_time_s = index.build_ms.load() / 1000;
    return all;
}

std::string describe(partition::Namespace& ns, std::string_view name) {
    const auto index = ns.indexes.find(name);
    return index ? sindex::statistics_text(statistics_of(ns, *index)) : info_error(201, "no index");
}

/// @param sets  indexes of sets, too: asbackup does not know them, and asks with `b64`.
std::string list_of(const partition::Namespace& ns, bool sets, bool integer) {
    std::string text;
    for (const auto& [name, index] : ns.indexes.all()) {
        if (!sets && index->definition.index_type == sindex::IndexType::set) continue;
        Definition named = index->definition;
        named.name = name;
        const auto state = index->answers() ? sindex::State::readable : sindex::State::writing;
        if (!text.empty()) text += ';';
        text += sindex::list_entry(ns.name, named, state, integer);
    }
    return text;
}

/// `sindex/<ns>`, `sindex/<ns>/<index>`
std::string describe_argument(std::string_view argument, const State& state) {
    const size_t slash = argument.find('/');
    partition::Namespace* ns = state.find_namespace(argument.substr(0, slash));
    if (ns == nullptr) return "ns_type=unknown";
    if (slash == std::string_view::npos) return list_of(*ns, /*sets=*/true, /*integer=*/false);
    return describe(*ns, argument.substr(slash + 1));
}

/// `sindex-list`, `sindex`
std::string list_indexes(const InfoCommand& command, const State& state) {
    const auto b64 = command.parameter({"b64"});
    if (b64 && *b64 != "true" && *b64 != "false") return info_error(4, "bad b64");
    const bool newest = command.parameter({"v"}) == "v2";
    const auto wanted = command.parameter(kNamespaceKeys);
    if (wanted && state.find_namespace(*wanted) == nullptr) return no_such_namespace();
    std::string text;
    for (const auto& ns : state.namespaces) {
        if (wanted && !txn::same_name(ns->name, *wanted)) continue;
        const std::string of_one = list_of(*ns, /*sets=*/newest || !b64, newest);
        if (!text.empty() && !of_one.empty()) text += ';';
        text += of_one;
    }
    return text;
}

}  // namespace

void add_index_commands(Info& info, State& state) {
    info.add("sindex-create", [&state](const InfoCommand& command, InfoSession& session) {
        return create_index(command, state, session);
    });
    info.add("sindex-delete", [&state](const InfoCommand& command, InfoSession& session) {
        return delete_index(command, state, session);
    });
    info.add("sindex-exists", [&state](const InfoCommand& command, InfoSession&) -> std::string {
        const auto place = place_of(command, state);
        if (!place) return place.error();
        return place->ns->indexes.find(place->name) ? "true" : "false";
    });
    info.add("sindex-stat", [&state](const InfoCommand& command, InfoSession&) {
        const auto place = place_of(command, state);
        return place ? describe(*place->ns, place->name) : place.error();
    });
    info.add("sindex", [&state](const InfoCommand& command, InfoSession&) {
        return command.argument.empty() ? list_indexes(command, state) : describe_argument(command.argument, state);
    });
    // The Go client's tests ask for `sindex-list/<ns>/<index>`, and want to see it listed.
    info.add("sindex-list",
             [&state](const InfoCommand& command, InfoSession&) { return list_indexes(command, state); });
}

}  // namespace cairn::server
