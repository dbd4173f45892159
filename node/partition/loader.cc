#include "node/partition/loader.h"

#include <algorithm>
#include <mutex>

#include "common/base/check.h"

namespace cairn::partition {
namespace {

/// Sequences that a crash may have given to versions nobody will ever see are not given again.
constexpr uint64_t kSequenceGap = 1u << 16;

}  // namespace

Loader::Loader(Partitions& partitions, Sets& sets, Progress progress)
    : partitions_(partitions), sets_(sets), progress_(std::move(progress)) {
    cold_.reserve(kPartitionCount);
    for (uint32_t id = 0; id < kPartitionCount; ++id) cold_.emplace_back(static_cast<PartitionId>(id));
}

Result<void> Loader::set_name(uint16_t set_id, std::string_view name) {
    if (sets_.restore(set_id, name)) return {};
    return fail("stored records name set " + std::to_string(set_id) + " '" + std::string(name) +
                "', which is known by another name or number");
}

void Loader::version(const record::Head& record, storage::Place place) {
    ++loaded_.versions;
    const PartitionId id = record.digest.partition();
    PartitionState& state = partitions_.states_[id];
    state.sequence = std::max(state.sequence, record.sequence_number());
    Slice& slice = partitions_.slice_of(id);
    const std::lock_guard entry(slice.door);  // info may count meanwhile
    index::LeafPool& leaves = slice.leaves;
    const auto fresh = index::ColdEntry::of(record, place.word());
    if (auto* known = cold_[id].find(leaves, fresh.key, [&](const auto& entry) { return entry.is(record.digest); })) {
        if (fresh.sequence > known->sequence) *known = fresh;
    } else if (!cold_[id].insert(leaves, fresh.key, fresh)) {
        full_ = true;
    }
}

Result<Loaded> Loader::finish(storage::Store& store, const std::function<bool(const record::Head&)>& gone) {
    if (full_) return fail("the index of stored records does not fit; lower their number or raise the address space");
    std::vector<index::ColdEntry> winners;
    for (uint32_t number = 0; number < kPartitionCount; ++number) {
        const auto id = static_cast<PartitionId>(number);
        Slice& slice = partitions_.slice_of(id);
        const std::lock_guard entry(slice.door);
        PartitionState& state = partitions_.states_[id];
        winners.clear();
        uint64_t key = 0;
        do {
            key = cold_[id].visit(slice.leaves, key, [&](const auto& entry) { winners.push_back(entry); });
        } while (key != 0);
        cold_[id].clear(slice.leaves);
        if (winners.empty()) continue;
        state.sequence += kSequenceGap;
        Partition partition(id, slice, partitions_.states_, sets_, partitions_.totals_);
        for (const auto& winner : winners) {
            const auto place = storage::Place::from_word(winner.place);
            if (!winner.tombstone() && gone(winner.head(id, place.units()))) {
                ++loaded_.dropped;
                continue;
            }
            partition.restore(winner);
            store.keep(place);
            ++(winner.tombstone() ? loaded_.tombstones : loaded_.records);
        }
    }
    return loaded_;
}

}  // namespace cairn::partition
