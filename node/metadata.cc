#include "node/metadata.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/base/number.h"

namespace cairn {
namespace {

using smd::Entry;
using smd::Key;
using smd::Module;

/// The namespace of a key, and what of it.
std::pair<std::string_view, std::string_view> parts_of(const Key& key) {
    const std::string_view name = key.name;
    const size_t bar = std::min(name.find('|'), name.size());
    return {name.substr(0, bar), name.substr(std::min(bar + 1, name.size()))};
}

void add(smd::Map& map, Module module, std::string name, std::string value) {
    Key key{module, std::move(name)};
    if (module != Module::truncate && map.find(key) != nullptr) return;
    map.merge(key, {.value = std::make_shared<const std::string>(std::move(value))});
}

}  // namespace

void Metadata::add_local(smd::Map& map) const {
    for (const auto& ns : state_.namespaces) {
        const auto truncated = [&](const std::string& name, const std::atomic<uint64_t>& lut) {
            if (lut != 0) add(map, Module::truncate, name, std::to_string(lut));
        };
        truncated(ns->name, ns->truncate_lut);
        for (uint32_t number = 1; number <= ns->sets.count(); ++number) {
            const auto id = static_cast<partition::SetId>(number);
            if (!ns->sets.exists(id)) continue;
            truncated(ns->name + "|" + std::string(ns->sets.name(id)), ns->sets[id].truncate_lut);
        }
        for (const auto& [name, index] : ns->indexes.all()) {
            sindex::Definition named = index->definition;
            named.name = name;
            add(map, Module::sindex, ns->name + "|" + name, sindex::Catalogue::save_one(std::move(named)));
        }
    }
    if (state_.modules == nullptr) return;
    for (const auto& [file, module] : *state_.modules->all()) add(map, Module::udf, file, module->source);
}

Result<void> Metadata::apply(const smd::Map& map, std::span<const Key> keys) {
    std::vector<Truncations::Wanted> truncated;
    std::set<partition::Namespace*> indexed;
    bool modules = false;
    for (const Key& key : keys) {
        const auto [name, of] = parts_of(key);
        modules = modules || key.module == Module::udf;
        partition::Namespace* const ns = key.module == Module::udf ? nullptr : state_.find_namespace(name);
        if (ns == nullptr) continue;  // other nodes may have it
        if (key.module == Module::sindex) indexed.insert(ns);
        if (key.module != Module::truncate) continue;
        const Entry* const entry = map.find(key);
        uint64_t time = 0;
        if (entry != nullptr && entry->value) (void)parse_number(*entry->value, time);
        truncated.push_back({ns, std::string(of), time});
    }
    if (!truncated.empty()) {
        if (auto done = truncations_.put_in_force(truncated); !done) return done;
    }
    for (partition::Namespace* const ns : indexed) {
        if (auto done = apply_indexes(map, *ns); !done) return done;
    }
    return modules ? apply_modules(map) : Result<void>();
}

/// Of two definitions that are over the same the later one counts, as with one node.
Result<void> Metadata::apply_indexes(const smd::Map& map, partition::Namespace& ns) {
    std::multimap<smd::Version, const Entry*> entries;
    for (const auto& [key, entry] : map.entries()) {
        const bool ours = key.module == Module::sindex && state_.find_namespace(parts_of(key).first) == &ns;
        if (ours && entry.value) entries.emplace(entry.version, &entry);
    }
    sindex::Catalogue wanted;
    for (const auto& [version, entry] : entries) {
        const auto one = sindex::Catalogue::load(*entry->value);
        auto added = one ? Result<sindex::Catalogue::Added>() : std::unexpected(one.error());
        for (size_t i = 0; one && i < one->indexes().size(); ++i) added = wanted.add(one->indexes()[i].definition);
        if (added) continue;
        state_.log.warning(log::Module::sindex, "an index of the cluster is left out",
                           {{"namespace", ns.name}, {"definition", *entry->value}, {"reason", added.error().detail}});
    }
    auto fresh = ns.indexes.become(wanted, [&](const std::string& text) { return state_.keep_indexes(ns, text); });
    if (!fresh) return std::unexpected(fresh.error());
    for (const auto& [name, index] : *fresh) state_.build_index(ns, index);
    return {};
}

Result<void> Metadata::apply_modules(const smd::Map& map) {
    if (state_.modules == nullptr) return {};  // said at the start
    std::map<std::string, std::string> wanted;
    for (const auto& [key, entry] : map.entries()) {
        if (key.module == Module::udf && entry.value) wanted[key.name] = *entry.value;
    }
    return state_.modules->replace(wanted);
}

}  // namespace cairn
