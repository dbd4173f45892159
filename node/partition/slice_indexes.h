#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "node/index/leaf_pool.h"
#include "node/partition/secondary_index.h"
#include "node/partition/sets.h"
#include "node/record/layout.h"
#include "node/sindex/change.h"
#include "node/sindex/entry_set.h"
#include "node/sindex/record_values.h"

namespace cairn::partition {

/// What one slice has of the secondary indexes of its namespace; entered through the slice's door. Not there at all
/// while the namespace has none.
class SliceIndexes {
public:
    /// One index in this slice.
    struct Part {
        explicit Part(std::shared_ptr<SecondaryIndex> of)
            : index(std::move(of)), values(index->definition), entries(index->number) {}

        const std::shared_ptr<SecondaryIndex> index;
        sindex::RecordValues values;
        sindex::EntrySet entries;
    };

    /// @param reserve_bytes  address space for entries.
    explicit SliceIndexes(uint64_t reserve_bytes) : pool_(reserve_bytes) {}

    /// False when the machine refused the address space.
    bool reserved() const { return pool_.reserved(); }
    void add(std::shared_ptr<SecondaryIndex> index) { parts_.push_back(std::make_unique<Part>(std::move(index))); }
    void remove(const SecondaryIndex& index);
    bool empty() const { return parts_.empty(); }
    Part* find(const SecondaryIndex& index);
    const index::LeafPool& pool() const { return pool_; }

    /// A record has changed.
    /// @param before, after  its versions, whole; null: there was none, there is none any more.
    /// @param shared  whether another record has the same Entry::key: what is erased stays then, as it may be the
    ///                other's too. Asked only when something is erased.
    template <class Shared>
    void change(const Sets& sets, const record::Head* before, const record::Head* after, Shared&& shared) {
        for (const auto& part : parts_) {
            if (!compute(*part, sets, before, after)) continue;
            const Digest& digest = (after != nullptr ? after : before)->digest;
            if (!change_.erased().empty() && !shared()) erase(*part, digest);
            insert(*part, digest, change_.inserted());
        }
    }
    /// Building: the entries of a record that was there before the index.
    void add_entries(Part& part, const Sets& sets, const record::Head& record);

    bool wants_tidy() const { return pool_.wants_tidy(); }
    /// A little compaction.
    void tidy();
    /// Bytes of memory behind the entries.
    uint64_t held_bytes() const;

private:
    bool compute(Part& part, const Sets& sets, const record::Head* before, const record::Head* after);
    void erase(Part& part, const Digest& digest);
    void insert(Part& part, const Digest& digest, const std::vector<sindex::Value>& values);

    index::LeafPool pool_;
    std::vector<std::unique_ptr<Part>> parts_;
    sindex::Change change_;
    std::vector<sindex::Value> values_;  // of the record being added
};

}  // namespace cairn::partition
