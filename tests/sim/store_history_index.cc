#include <algorithm>
#include <cstring>

#include "tests/sim/store_history.h"
#include "tests/sim/store_keys.h"

// The index's side of the store.
namespace cairn::sim {
namespace {

using record::Head;
using storage::Place;

constexpr PartitionId kPartitions = 3;  // of the snapshot's

}  // namespace

Result<void> StoreHistory::set_name(uint16_t set_id, std::string_view name) {
    if (set_id == 0 || set_id > kSets || name != set_name_of(set_id)) violation_.note("a wrong set name was loaded");
    named_.insert(set_id);
    return {};
}

void StoreHistory::version(const Head& record, Place place) {
    if (const std::string wrong = wrong_in(record); !wrong.empty()) return violation_.note("start-up brought " + wrong);
    if (record.set_id != 0 && !named_.contains(record.set_id))
        violation_.note("a version came before the name of its set");
    Entry& entry = index_[key_of(record.digest)];
    const uint64_t sequence = record.sequence_number();
    if (sequence >= entry.sequence)
        entry = {place, sequence, record::Kind(uint8_t(record.kind)) == record::Kind::tombstone};
}

void StoreHistory::sequence(PartitionId partition, uint64_t last) {
    // Nothing but the model counts, so it may have gone on since.
    if (partition >= kPartitions || last > sequence_)
        violation_.note("a snapshot brought a sequence that was never given");
}

Result<void> StoreHistory::entries(PartitionId partition, Bytes entries, const std::function<bool(Place)>& known) {
    for (size_t at = 0; at < entries.size(); at += sizeof(Kept)) {
        Kept kept;
        std::memcpy(&kept, &entries[at], sizeof(kept));
        if (kept.key % kPartitions != partition || kept.tombstone > 1) return fail("an entry is not one");
        if (!known(Place::from_word(kept.place))) return fail("an entry names no place");
        index_[kept.key] = {Place::from_word(kept.place), kept.sequence, kept.tombstone == 1};
    }
    return {};
}

Result<void> StoreHistory::entries_end() {
    fast_ = true;
    return {};
}

void StoreHistory::forget_entries() {
    fast_ = false;
    index_.clear();
}

uint64_t StoreHistory::entry_count(PartitionId partition) const {
    return uint64_t(
        std::ranges::count_if(index_, [&](const auto& one) { return one.first % kPartitions == partition; }));
}

void StoreHistory::append_entries(PartitionId partition, Buffer& out) const {
    for (const auto& [key, entry] : index_) {
        if (key % kPartitions != partition) continue;
        const Kept kept{entry.place.word(), entry.sequence, key, entry.tombstone};
        out.append(Bytes(reinterpret_cast<const uint8_t*>(&kept), sizeof(kept)));
    }
}

uint64_t StoreHistory::sequence(PartitionId partition) const { return partition < kPartitions ? sequence_ : 0; }

void StoreHistory::each_set(const std::function<void(uint16_t id, std::string_view name)>& tell) const {
    for (uint16_t id = 1; id <= kSets; ++id) tell(id, set_name_of(id));
}

bool StoreHistory::move(const Head& record, Place from, Append& append) {
    if (const std::string wrong = wrong_in(record); !wrong.empty()) violation_.note("defragmentation read " + wrong);
    const auto entry = index_.find(key_of(record.digest));
    if (entry == index_.end() || entry->second.place != from) return true;
    const auto to = append(record);
    if (!to) return false;
    if (entry->second.sequence != record.sequence_number())
        violation_.note("defragmentation brought an old version back");
    entry->second.place = *to;
    store_->release(from);
    ++totals_.moved;
    return true;
}

bool StoreHistory::some(std::vector<Grave>& into) {
    for (const auto& [key, entry] : index_) {
        if (entry.tombstone) into.push_back({digest_of(key), entry.place});
    }
    return false;
}

bool StoreHistory::end(const Grave& grave) {
    const Key key = key_of(grave.digest);
    const auto entry = index_.find(key);
    if (closing_ || entry == index_.end() || !entry->second.tombstone || entry->second.place != grave.place)
        return false;
    ended_[key] = entry->second.sequence;
    ++totals_.ended;
    forget(key);
    return true;
}

}  // namespace cairn::sim
