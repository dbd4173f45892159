#include "node/partition/loader.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "common/base/check.h"

namespace cairn::partition {
namespace {

/// Sequences that a crash may have given to versions nobody will ever see are not given again.
constexpr uint64_t kSequenceGap = 1u << 16;
/// A growing index leaves many small pieces behind. Moving leaves costs time, new pages cost more.
constexpr uint32_t kColdGarbagePct = 25;
constexpr int kTidyMost = 100'000;  // pages of a slice, 1.6 GB: what is left is for quiet times

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
    versions_.fetch_add(1, std::memory_order_relaxed);
    const PartitionId id = record.digest.partition();
    Slice& slice = partitions_.slice_of(id);
    const std::lock_guard entry(slice.door);
    PartitionState& state = partitions_.states_[id];
    state.sequence = std::max(state.sequence, record.sequence_number());
    index::LeafPool& leaves = slice.leaves;
    const auto fresh = index::ColdEntry::of(record, place.word());
    if (auto* known = cold_[id].find(leaves, fresh.key, [&](const auto& entry) { return entry.is(record.digest); })) {
        if (fresh.sequence > known->sequence) *known = fresh;
    } else if (!cold_[id].insert(leaves, fresh.key, fresh)) {
        full_ = true;
    }
    tidy(slice, kColdGarbagePct);
}

/// Leaves are of the cold index or, once their partition is finished, of the one that stays.
void Loader::tidy(Slice& slice, uint32_t garbage_pct) {
    if (!slice.leaves.wants_tidy(garbage_pct)) return;
    slice.leaves.tidy([&](PartitionId owner, index::LeafPool::Ref ref) {
        if (cold_[owner].size() != 0) cold_[owner].move(slice.leaves, ref);
        else partitions_.states_[owner].on_device.move(slice.leaves, ref);
    });
}

void Loader::versions(std::span<const Version> some) {
    for (const Version& one : some) {
        const PartitionId id = one.record->digest.partition();
        __builtin_prefetch(&cold_[id]);
        partitions_.prefetch(id);
    }
    for (const Version& one : some) {
        const PartitionId id = one.record->digest.partition();
        Slice& slice = partitions_.slice_of(id);
        const std::lock_guard entry(slice.door);
        cold_[id].prefetch_leaf(slice.leaves, one.record->digest.order());
    }
    for (const Version& one : some) version(*one.record, one.place);
}

Result<void> Loader::entries(PartitionId id, Bytes entries, const std::function<bool(storage::Place)>& known) {
    from_snapshot_ = true;
    if (id != pending_of_) {
        if (auto built = build_pending(); !built) return built;
        pending_of_ = id;
    }
    const size_t before = pending_.size();
    pending_.resize(before + entries.size() / sizeof(index::FatEntry));
    std::memcpy(&pending_[before], entries.data(), entries.size());
    uint32_t tag = before == 0 ? 0 : pending_[before - 1].tag();
    for (size_t i = before; i < pending_.size(); ++i) {
        if (pending_[i].tag() < tag) return fail("snapshot: its entries are not in their order");
        tag = pending_[i].tag();
        if (!known(storage::Place::from_word(pending_[i].place))) {
            return fail("snapshot: an entry names a place that there is not");
        }
    }
    return {};
}

Result<void> Loader::build_pending() {
    Slice& slice = partitions_.slice_of(pending_of_);
    const std::lock_guard entry(slice.door);  // info may count meanwhile
    Partition partition(pending_of_, slice, partitions_.states_, sets_, partitions_.totals_);
    loaded_.versions += pending_.size();
    const bool fits = partition.build(pending_);
    pending_.clear();
    if (!fits) return fail("snapshot: the index has no room for its entries");
    return {};
}

void Loader::forget_entries() {
    pending_.clear();
    pending_of_ = 0;
    from_snapshot_ = false;
    loaded_ = {};
    for (uint32_t number = 0; number < kPartitionCount; ++number) {
        const auto id = static_cast<PartitionId>(number);
        Slice& slice = partitions_.slice_of(id);
        const std::lock_guard entry(slice.door);
        Partition(id, slice, partitions_.states_, sets_, partitions_.totals_).clear();
        partitions_.states_[id].sequence = 0;
    }
}

/// Entries of one partition in key order; the index that held them is empty afterwards if it was the cold one.
void Loader::take_winners(PartitionId id, Slice& slice, Winners& winners) {
    winners.clear();
    const auto take = [&](const index::FatEntry& entry) { winners.push_back(entry); };
    uint64_t key = 0;
    if (from_snapshot_) {
        do key = partitions_.states_[id].on_device.visit(slice.leaves, key, take);
        while (key != 0);
        return;
    }
    do key = cold_[id].visit(slice.leaves, key, take);
    while (key != 0);
    cold_[id].clear(slice.leaves);
    if (!winners.empty()) partitions_.states_[id].sequence += kSequenceGap;
}

Result<Loaded> Loader::finish(storage::Store& store, const std::function<bool(const record::Head&)>& gone) {
    const auto no_room = [] {
        return fail("the index of stored records does not fit; lower their number or raise the address space");
    };
    if (full_) return no_room();
    Winners winners;
    for (uint32_t number = 0; number < kPartitionCount; ++number) {
        const auto id = static_cast<PartitionId>(number);
        Slice& slice = partitions_.slice_of(id);
        const std::lock_guard entry(slice.door);
        take_winners(id, slice, winners);
        if (winners.empty()) continue;
        const size_t dropped = std::erase_if(winners, [&](const index::FatEntry& winner) {
            const auto place = storage::Place::from_word(winner.place);
            return !winner.tombstone() && gone(winner.head(id, place.units()));
        });
        Partition partition(id, slice, partitions_.states_, sets_, partitions_.totals_);
        if (from_snapshot_ && dropped != 0) partition.clear();
        if ((!from_snapshot_ || dropped != 0) && !partition.build(winners)) return no_room();
        partition.count_loaded(winners);
        for (const auto& winner : winners) {
            store.keep(storage::Place::from_word(winner.place));
            ++(winner.tombstone() ? loaded_.tombstones : loaded_.records);
        }
        loaded_.dropped += dropped;
        tidy(slice, kColdGarbagePct);
    }
    for (const auto& slice : partitions_.slices_) {
        const std::lock_guard entry(slice->door);
        for (int i = 0; i < kTidyMost && slice->leaves.wants_tidy(); ++i) tidy(*slice, 0);
        slice->leaves.trim();
    }
    loaded_.versions += versions_;
    return loaded_;
}

}  // namespace cairn::partition
