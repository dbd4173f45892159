#include "node/partition/secondary_indexes.h"

#include <algorithm>

#include "node/partition/partitions.h"

namespace cairn::partition {

using sindex::Catalogue;
using sindex::IndexType;

std::shared_ptr<SecondaryIndex> SecondaryIndexes::shared(uint16_t number) const {
    const auto found = std::ranges::find(shared_, number, [](const auto& index) { return index->number; });
    return found == shared_.end() ? nullptr : *found;
}

/// An index of a set has no values, so nothing to keep: scans of a set pass what is not of it anyway.
Result<std::shared_ptr<SecondaryIndex>> SecondaryIndexes::attach(const Catalogue::Index& index) {
    auto made = std::make_shared<SecondaryIndex>(index.definition, index.number);
    if (index.definition.index_type == IndexType::set) {
        made->partitions_built.store(kPartitionCount);
        made->readable.store(true);
    } else if (!partitions_.add_index(made)) {
        return fail(ResultCode::sindex_oom, "the machine refuses the address space for another secondary index");
    }
    shared_.push_back(made);
    return made;
}

Result<std::shared_ptr<SecondaryIndex>> SecondaryIndexes::add(sindex::Definition definition, const Keep& keep) {
    const std::lock_guard lock(mutex_);
    Catalogue changed = catalogue_;
    const std::string name = definition.name;
    const auto added = changed.add(std::move(definition));
    if (!added) return std::unexpected(added.error());
    if (*added == Catalogue::Added::present) return std::shared_ptr<SecondaryIndex>();
    std::shared_ptr<SecondaryIndex> made;
    if (*added == Catalogue::Added::fresh) {
        auto attached = attach(*changed.find(name));
        if (!attached) return attached;
        made = *std::move(attached);
    }
    if (auto kept = keep(changed.save()); !kept) {
        if (made) {
            partitions_.remove_index(*made);
            std::erase(shared_, made);
        }
        return std::unexpected(kept.error());
    }
    catalogue_ = std::move(changed);
    return made;
}

Result<void> SecondaryIndexes::remove(std::string_view name, const Keep& keep) {
    const std::lock_guard lock(mutex_);
    const Catalogue::Index* found = catalogue_.find(name);
    if (found == nullptr) return {};
    const uint16_t number = found->number;
    Catalogue changed = catalogue_;
    changed.remove(name);
    if (auto kept = keep(changed.save()); !kept) return kept;
    catalogue_ = std::move(changed);
    detach(number);
    return {};
}

void SecondaryIndexes::detach(uint16_t number) {
    if (const auto index = shared(number)) {
        partitions_.remove_index(*index);
        std::erase(shared_, index);
    }
}

/// Also those whose name is to be another one's.
bool SecondaryIndexes::remove_unwanted(const Catalogue& wanted) {
    const auto present = catalogue_.indexes();
    for (const auto& [number, definition] : present) {
        const auto* const of_name = wanted.find(definition.name);
        const bool stays = of_name != nullptr ? of_name->definition == definition
                                              : std::ranges::any_of(wanted.indexes(), [&](const auto& other) {
                                                    return other.definition.same_content(definition);
                                                });
        if (stays) continue;
        catalogue_.remove(definition.name);
        detach(number);
    }
    return catalogue_.indexes().size() != present.size();
}

void SecondaryIndexes::give_up(const std::vector<Named>& fresh) {
    for (const auto& [name, index] : fresh) {
        catalogue_.remove(name);
        detach(index->number);
    }
}

Result<std::vector<SecondaryIndexes::Named>> SecondaryIndexes::become(const Catalogue& wanted, const Keep& keep) {
    const std::lock_guard lock(mutex_);
    std::vector<Named> fresh;
    bool changed = remove_unwanted(wanted);
    for (const auto& [number, definition] : wanted.indexes()) {
        const auto added = catalogue_.add(definition);
        if (!added) return std::unexpected(added.error());
        changed = changed || *added != Catalogue::Added::present;
        if (*added != Catalogue::Added::fresh) continue;
        auto attached = attach(*catalogue_.find(definition.name));
        if (!attached) {
            catalogue_.remove(definition.name);
            give_up(fresh);
            return std::unexpected(attached.error());
        }
        fresh.push_back({definition.name, *std::move(attached)});
    }
    if (!changed) return fresh;
    const auto kept = keep(catalogue_.save());
    if (kept) return fresh;
    give_up(fresh);
    return std::unexpected(kept.error());
}

Result<void> SecondaryIndexes::load(std::string_view kept) {
    auto catalogue = Catalogue::load(kept);
    if (!catalogue) return std::unexpected(catalogue.error());
    const std::lock_guard lock(mutex_);
    for (const auto& index : catalogue->indexes()) {
        if (auto attached = attach(index); !attached) return std::unexpected(attached.error());
    }
    catalogue_ = *std::move(catalogue);
    return {};
}

std::vector<SecondaryIndexes::Named> SecondaryIndexes::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Named> all;
    for (const auto& [number, definition] : catalogue_.indexes()) all.push_back({definition.name, shared(number)});
    return all;
}

std::shared_ptr<SecondaryIndex> SecondaryIndexes::find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const Catalogue::Index* found = catalogue_.find(name);
    return found == nullptr ? nullptr : shared(found->number);
}

SecondaryIndexes::Named SecondaryIndexes::find(const sindex::Query& query, std::string_view set) const {
    const std::lock_guard lock(mutex_);
    const Catalogue::Index* found = query.find_index(catalogue_, set);
    if (found == nullptr) return {};
    return {found->definition.name, shared(found->number)};
}

}  // namespace cairn::partition
