// Partition, of a namespace whose records are on devices.
#include "node/partition/partition.h"

#include <algorithm>

#include "common/base/check.h"

namespace cairn::partition {

using storage::Place;

index::FatEntry* Partition::find_in_store(const Digest& digest) const {
    return state_.on_device.find(slice_.leaves, digest.order(),
                                 [&](const index::FatEntry& entry) { return entry.is(digest); });
}

void Partition::prefetch_stored(const Digest& digest) const {
    const auto* entry = find_in_store(digest);
    if (entry != nullptr) slice_.store->prefetch(Place::from_word(entry->place));
}

ResultCode Partition::load(record::Head*& record, Reads& reads) {
    if (!in_store()) return ResultCode::ok;
    const auto whole = [&](Buffer& bytes) {
        record = reinterpret_cast<record::Head*>(bytes.data());
        return ResultCode::ok;
    };
    const Digest digest = record->digest;
    const auto* entry = find_in_store(digest);
    CAIRN_CHECK(entry != nullptr);  // found or walked to in this step
    const Place place = Place::from_word(entry->place);
    if (slice_.store->copy_resident(place, slice_.loaded)) return whole(slice_.loaded);
    if (const Reads::Read* read = reads.find(*slice_.store, place); read != nullptr) {
        if (read->code == ResultCode::timeout) return ResultCode::waiting;
        // The check of a version tells whether its bytes are right; its digest, whether they are this record's.
        if (read->code != ResultCode::ok || read->head()->digest != digest) return ResultCode::server_error;
        slice_.loaded.clear();
        slice_.loaded.append(read->bytes.bytes());
        return whole(slice_.loaded);
    }
    reads.want(*slice_.store, place);
    return ResultCode::waiting;
}

ResultCode Partition::publish_in_store(record::Head* fresh, const record::Head* old_version) {
    const bool buries = fresh->kind == uint32_t(record::Kind::tombstone);
    const auto place = slice_.store->append(slice_.stream, *fresh);
    if (!place) return place.error();
    const auto made = index::FatEntry::of(*fresh, place->word());
    if (index::FatEntry* entry = find_in_store(fresh->digest)) {
        const Place old = Place::from_word(entry->place);
        const bool was_buried = entry->tombstone();
        if (was_buried) count_tombstones(entry->set_id(), -1);
        else count_out(entry->set_id(), old.units());
        *entry = made;
        slice_.store->release(old);
    } else {
        const uint64_t before = state_.on_device.bytes();
        if (!state_.on_device.insert(slice_.leaves, made.key, made)) {
            slice_.store->release(*place);
            return ResultCode::forbidden;
        }
        slice_.directory_bytes += state_.on_device.bytes() - before;
    }
    if (buries) count_tombstones(fresh->set_id, 1);
    else count_in(fresh->set_id, place->units());
    if (indexed()) [[unlikely]]
        note(old_version, fresh);
    return ResultCode::ok;
}

void Partition::erase_in_store(const Digest& digest) {
    const index::FatEntry* entry = find_in_store(digest);
    CAIRN_CHECK(entry != nullptr);
    const Place place = Place::from_word(entry->place);
    if (entry->tombstone()) count_tombstones(entry->set_id(), -1);
    else count_out(entry->set_id(), place.units());
    const uint64_t before = state_.on_device.bytes();
    CAIRN_CHECK(state_.on_device.erase(slice_.leaves, digest.order(),
                                       [&](const index::FatEntry& candidate) { return candidate.is(digest); }));
    slice_.directory_bytes += state_.on_device.bytes() - before;
    slice_.store->release(place);
}

bool Partition::build(std::span<const index::FatEntry> sorted) {
    DeviceIndex& index = state_.on_device;
    const uint64_t before = index.bytes();
    bool fits = index.build(slice_.leaves, sorted);
    if (!fits) {  // digests that somebody chose: as they came once, they may fit again
        fits = std::ranges::all_of(
            sorted, [&](const index::FatEntry& entry) { return index.insert(slice_.leaves, entry.key, entry); });
        if (!fits) index.clear(slice_.leaves);
    }
    slice_.directory_bytes += index.bytes() - before;
    return fits;
}

void Partition::clear() {
    slice_.directory_bytes -= state_.on_device.bytes();
    state_.on_device.clear(slice_.leaves);
}

void Partition::count_loaded(std::span<const index::FatEntry> entries) {
    struct Share {
        SetId set;
        uint32_t objects;
        uint64_t units;
    };
    std::vector<Share> shares;  // few
    uint32_t objects = 0;
    for (const index::FatEntry& entry : entries) {
        if (entry.tombstone()) {
            count_tombstones(entry.set_id(), 1);
            continue;
        }
        ++objects;
        if (entry.set_id() == kNoSet) continue;
        auto share = std::ranges::find(shares, entry.set_id(), &Share::set);
        if (share == shares.end()) share = shares.insert(share, {entry.set_id(), 0, 0});
        ++share->objects;
        share->units += Place::from_word(entry.place).units();
    }
    slice_.objects += objects;
    for (const Share& share : shares) {
        sets_[share.set].objects.fetch_add(share.objects, std::memory_order_relaxed);
        sets_[share.set].used_bytes.fetch_add(share.units * record::kUnit, std::memory_order_relaxed);
        state_.set_shares.push_back({share.set, share.objects});
    }
}

void Partition::count_tombstones(SetId set, int change) {
    state_.tombstones += change;
    slice_.tombstones += change;
    if (set != kNoSet) sets_[set].tombstones.fetch_add(uint64_t(int64_t{change}), std::memory_order_relaxed);
}

void Partition::walk_tombstones(WalkPosition& position, std::vector<Tombstone>& found) const {
    found.clear();
    const auto next = state_.on_device.visit_down(slice_.leaves, position.key, [&](const index::FatEntry& entry) {
        if (!entry.tombstone()) return;
        const Place place = Place::from_word(entry.place);
        const record::Head head = entry.head(id_, place.units());
        found.push_back({head.digest, head.last_update_ms(), place});
    });
    position.done = !next;
    if (next) position.key = *next;
}

bool Partition::end_tombstone(const Digest& digest, Place place) {
    if (!in_store()) return false;
    const index::FatEntry* entry = find_in_store(digest);
    if (entry == nullptr || !entry->tombstone() || entry->place != place.word()) return false;
    erase_in_store(digest);
    return true;
}

bool Partition::move(const record::Head& record, Place from, storage::Mover::Append& append) {
    index::FatEntry* entry = find_in_store(record.digest);
    if (entry == nullptr || entry->place != from.word()) return true;
    const auto to = append(record);
    if (!to) return false;
    if (!entry->tombstone() && to->units() != from.units() && entry->set_id() != kNoSet) {
        const uint64_t grown = (uint64_t{to->units()} - from.units()) * record::kUnit;  // wraps rightly
        sets_[entry->set_id()].used_bytes.fetch_add(grown, std::memory_order_relaxed);
    }
    entry->place = to->word();
    slice_.store->release(from);
    return true;
}

void Partition::walk_in_store(WalkPosition& position, std::vector<record::Head*>& found) const {
    slice_.walked.clear();
    slice_.walked.reserve(index::FatEntry::kLeafMax);  // so that pointers into it stay
    bool tied = false;
    uint32_t tag_before = ~0u;
    const auto next = state_.on_device.visit_down(slice_.leaves, position.key, [&](const index::FatEntry& entry) {
        tied |= entry.tag() == tag_before;
        tag_before = entry.tag();
        if (entry.tombstone()) return;
        slice_.walked.push_back(entry.head(id_, Place::from_word(entry.place).units()));
        found.push_back(&slice_.walked.back());
    });
    finish_walk(position, found, tied, next);
}

}  // namespace cairn::partition
