#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "node/partition/secondary_index.h"
#include "node/sindex/catalogue.h"
#include "node/sindex/query.h"

namespace cairn::partition {

class Partitions;

/// The secondary indexes of a namespace: which there are, under which names. Behind a lock of its own; what they hold is
/// behind the doors of the slices.
class SecondaryIndexes {
public:
    /// Makes a definition list durable before it is in force (Catalogue::save()).
    using Keep = std::function<Result<void>(const std::string& text)>;
    struct Named {
        std::string name;
        std::shared_ptr<SecondaryIndex> index;
    };

    /// @param partitions  outlives this.
    explicit SecondaryIndexes(Partitions& partitions) : partitions_(partitions) {}

    /// Defines an index, which knows all changes of records from now on.
    /// @return  the new one, which is to be built; null: it was there already, perhaps under another name.
    /// @error sindex_found, sindex_max_count  as Catalogue::add(); sindex_oom: no address space; any other: keep()'s.
    Result<std::shared_ptr<SecondaryIndex>> add(sindex::Definition definition, const Keep& keep);
    /// Removes the index of that name, if there is one.
    Result<void> remove(std::string_view name, const Keep& keep);
    /// Has the indexes of `wanted` and no others from now on; keeps what is there of them.
    /// @return  those that are to be built.
    /// @error sindex_oom, or keep()'s  some of it may be done: to be tried again.
    Result<std::vector<Named>> become(const sindex::Catalogue& wanted, const Keep& keep);
    /// Takes over what was kept; before anyone enters a door.
    Result<void> load(std::string_view kept);

    /// In the order in which they were added.
    std::vector<Named> all() const;
    /// @return  null: there is none of that name.
    std::shared_ptr<SecondaryIndex> find(std::string_view name) const;
    /// The index that a query is for, and its name.
    Named find(const sindex::Query& query, std::string_view set) const;

private:
    Result<std::shared_ptr<SecondaryIndex>> attach(const sindex::Catalogue::Index& index);
    std::shared_ptr<SecondaryIndex> shared(uint16_t number) const;
    void detach(uint16_t number);
    bool remove_unwanted(const sindex::Catalogue& wanted);
    void give_up(const std::vector<Named>& fresh);

    Partitions& partitions_;
    mutable std::mutex mutex_;  // guards the two below
    sindex::Catalogue catalogue_;
    std::vector<std::shared_ptr<SecondaryIndex>> shared_;  // of all in the catalogue
};

}  // namespace cairn::partition
