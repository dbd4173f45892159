#include "node/partition/partition.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace cairn::partition {
namespace {

constexpr uint32_t kTidyRecords = 8;  // walked per write: more than a write can make garbage, so compaction keeps up

/// Whether the record behind an entry is the digest's. Most asked are: all its first lines are fetched at once.
struct SameDigest {
    const index::Arena& arena;
    const Digest& digest;

    bool operator()(const index::ThinEntry& entry) const {
        const record::Head* head = arena.head(entry.handle());
        __builtin_prefetch(reinterpret_cast<const uint8_t*>(head) + 64);
        __builtin_prefetch(reinterpret_cast<const uint8_t*>(head) + 128);
        return head->digest == digest;
    }
};

}  // namespace

uint32_t Partition::objects_in_set(SetId set) const {
    for (const auto& share : state_.set_shares) {
        if (share.set == set) return share.objects;
    }
    return 0;
}

record::Head* Partition::find(const Digest& digest) const {
    if (in_store()) [[unlikely]] {
        const auto* entry = find_in_store(digest);
        if (entry == nullptr || entry->tombstone()) return nullptr;
        slice_.found = entry->head(id_, storage::Place::from_word(entry->place).units());
        return &slice_.found;
    }
    found_ = state_.index.find(slice_.leaves, digest.order(), SameDigest{slice_.arena, digest});
    return found_ == nullptr ? nullptr : slice_.arena.head(found_->handle());
}

void Partition::prefetch_record(const Digest& digest) const {
    if (in_store()) return state_.on_device.prefetch_entry(slice_.leaves, digest.order());
    state_.index.find(slice_.leaves, digest.order(), [this](const index::ThinEntry& entry) {
        const auto* line = slice_.arena.at(entry.handle());
        __builtin_prefetch(line);
        __builtin_prefetch(line + 64);
        __builtin_prefetch(line + 128);
        return true;
    });
}

record::Head* Partition::place(uint32_t units) {
    if (in_store()) {
        slice_.fresh.clear();
        auto* fresh = reinterpret_cast<record::Head*>(slice_.fresh.append(uint64_t{units} * record::kUnit));
        *fresh = {};
        fresh->units = units & 0xFFFFF;
        return fresh;
    }
    const index::Handle handle = slice_.arena.take(units);
    return handle == 0 ? nullptr : slice_.arena.head(handle);
}

void Partition::abandon(record::Head* fresh) {
    if (!in_store()) slice_.arena.give(handle_of(fresh));
}

ResultCode Partition::publish(record::Head* fresh, record::Head* old) {
    CAIRN_CHECK(!fresh->dead && !fresh->taken);
    const uint64_t key = fresh->digest.order();
    fresh->set_sequence(++state_.sequence);
    index::ThinEntry* const found = std::exchange(found_, nullptr);
    if (in_store()) return publish_in_store(fresh, old);
    if (old == nullptr) {
        const uint64_t before = state_.index.bytes();
        if (!state_.index.insert(slice_.leaves, key, index::ThinEntry::make(key, handle_of(fresh)))) {
            abandon(fresh);
            return ResultCode::forbidden;
        }
        slice_.directory_bytes += state_.index.bytes() - before;
    } else {
        const index::Handle from = handle_of(old);
        if (found != nullptr && found->handle() == from) {
            found->set_handle(handle_of(fresh));
        } else {
            CAIRN_CHECK(state_.index.replace(slice_.leaves, key, from, handle_of(fresh)));
        }
        count_change(*old, *fresh);
        if (indexed()) [[unlikely]]
            note(old, fresh);
        slice_.arena.give(from);
        return ResultCode::ok;
    }
    count_in(fresh->set_id, fresh->units);
    if (indexed()) [[unlikely]]
        note(nullptr, fresh);
    return ResultCode::ok;
}

void Partition::erase(record::Head* record) {
    found_ = nullptr;
    if (indexed()) [[unlikely]]
        note(record, nullptr);
    if (in_store()) return erase_in_store(record->digest);
    const index::Handle handle = handle_of(record);
    const uint64_t before = state_.index.bytes();
    CAIRN_CHECK(state_.index.erase(slice_.leaves, record->digest.order(),
                                   [handle](const index::ThinEntry& entry) { return entry.handle() == handle; }));
    slice_.directory_bytes += state_.index.bytes() - before;
    count_out(record->set_id, record->units);
    slice_.arena.give(handle);
}

void Partition::walk(WalkPosition& position, std::vector<record::Head*>& found) const {
    found.clear();
    if (in_store()) return walk_in_store(position, found);
    bool tied = false;  // two entries share their 24-bit tag: only the full digests tell their order
    uint32_t tag_before = ~0u;
    const auto next = state_.index.visit_down(slice_.leaves, position.key, [&](const index::ThinEntry& entry) {
        record::Head* head = slice_.arena.head(entry.handle());
        __builtin_prefetch(head);
        tied |= entry.tag() == tag_before;
        tag_before = entry.tag();
        found.push_back(head);
    });
    finish_walk(position, found, tied, next);
}

void Partition::finish_walk(WalkPosition& position, std::vector<record::Head*>& found, bool tied,
                            std::optional<uint64_t> next) {
    const auto above = [](const record::Head* a, const record::Head* b) {
        return Digest::compare_in_partition(a->digest, b->digest) > 0;
    };
    if (tied) std::sort(found.begin(), found.end(), above);
    if (position.last) {
        // The step begins in the leaf of the last record seen, or where it was.
        const auto seen = std::find_if(found.begin(), found.end(), [&](const record::Head* head) {
            return Digest::compare_in_partition(head->digest, *position.last) < 0;
        });
        found.erase(found.begin(), seen);
    }
    position.done = !next;
    if (next) {
        position.key = *next;
        position.last.reset();
    }
}

void Partition::tidy(bool leaves) {
    found_ = nullptr;
    if (!in_store() && slice_.arena.wants_tidy()) {
        slice_.arena.tidy(
            kTidyRecords,
            [this](index::Handle from, index::Handle to) {
                const Digest& digest = slice_.arena.head(to)->digest;
                CAIRN_CHECK(states_[digest.partition()].index.replace(slice_.leaves, digest.order(), from, to));
            },
            [this](const record::Head& record) {
                states_[record.digest.partition()].index.prefetch_leaf(slice_.leaves, record.digest.order());
            });
    }
    if ((leaves || (state_.sequence & 15) == 0) && slice_.leaves.wants_tidy()) {
        slice_.leaves.tidy([this](PartitionId owner, index::LeafPool::Ref ref) {
            if (in_store()) states_[owner].on_device.move(slice_.leaves, ref);
            else states_[owner].index.move(slice_.leaves, ref);
        });
    }
    if (indexed()) [[unlikely]]
        slice_.indexes->tidy();
    tell_totals();
}

void Partition::note(const record::Head* before, const record::Head* after) {
    // Of a version in a store that was not loaded, only the head is known.
    if (in_store() && before != reinterpret_cast<const record::Head*>(slice_.loaded.data())) before = nullptr;
    if (after != nullptr && after->kind != uint32_t(record::Kind::record)) after = nullptr;
    if (before == nullptr && after == nullptr) return;
    const Digest digest = (after != nullptr ? after : before)->digest;
    slice_.indexes->change(sets_, before, after, [&] {
        const uint64_t bits = digest.order() >> 12;
        bool shared = false;
        if (in_store()) {
            state_.on_device.find(slice_.leaves, digest.order(), [&](const index::FatEntry& entry) {
                shared |= entry.key >> 12 == bits && !entry.is(digest);
                return false;
            });
        } else {
            state_.index.find(slice_.leaves, digest.order(), [&](const index::ThinEntry& entry) {
                const Digest& other = slice_.arena.head(entry.handle())->digest;
                shared |= other.order() >> 12 == bits && !(other == digest);
                return false;
            });
        }
        return shared;
    });
}

bool Partition::add_entries(const SecondaryIndex& index, const record::Head& record) {
    SliceIndexes::Part* part = indexed() ? slice_.indexes->find(index) : nullptr;
    if (part == nullptr) return false;
    slice_.indexes->add_entries(*part, sets_, record);
    return true;
}

void Partition::find_by_order(uint64_t order, std::vector<record::Head*>& found) const {
    found.clear();
    if (in_store()) {
        slice_.walked.clear();
        slice_.walked.reserve(index::FatEntry::kLeafMax);  // so that pointers into it stay
        state_.on_device.find(slice_.leaves, order, [&](const index::FatEntry& entry) {
            if (entry.key >> 12 == order >> 12 && !entry.tombstone()) {
                slice_.walked.push_back(entry.head(id_, storage::Place::from_word(entry.place).units()));
                found.push_back(&slice_.walked.back());
            }
            return false;
        });
    } else {
        state_.index.find(slice_.leaves, order, [&](const index::ThinEntry& entry) {
            record::Head* head = slice_.arena.head(entry.handle());
            if (head->digest.order() >> 12 == order >> 12) found.push_back(head);
            return false;
        });
    }
    if (found.size() < 2) return;
    std::ranges::sort(found, [](const record::Head* a, const record::Head* b) {
        return Digest::compare_in_partition(a->digest, b->digest) < 0;
    });
}

void Partition::trim() {
    found_ = nullptr;
    slice_.arena.trim();
    slice_.leaves.trim();
    tell_totals();
}

void Partition::tell_totals() {
    const auto tell = [](std::atomic<uint64_t>& total, uint64_t& told, uint64_t now) {
        if (now - told + Totals::kTellBytes < 2 * Totals::kTellBytes) return;
        total.fetch_add(now - told, std::memory_order_relaxed);  // wraps rightly when it shrank
        told = now;
    };
    tell(totals_.used_bytes, slice_.told_used, slice_.arena.used_bytes());
    tell(totals_.held_bytes, slice_.told_held,
         slice_.arena.held_bytes() + slice_.leaves.held_bytes() + slice_.directory_bytes);
}

void Partition::count_change(const record::Head& old, const record::Head& fresh) {
    if (old.set_id != fresh.set_id) {  // an expired record's place taken by one of another set
        count_out(old.set_id, old.units);
        count_in(fresh.set_id, fresh.units);
    } else if (old.units != fresh.units && fresh.set_id != kNoSet) {
        // Wraps rightly when it shrank. Most updates keep their size, and then no shared number is touched.
        const uint64_t grown = (uint64_t{fresh.units} - old.units) * record::kUnit;
        sets_[fresh.set_id].used_bytes.fetch_add(grown, std::memory_order_relaxed);
    }
}

void Partition::count_in(SetId set_id, uint32_t units) {
    ++slice_.objects;
    if (set_id == kNoSet) return;
    Set& set = sets_[set_id];
    set.objects.fetch_add(1, std::memory_order_relaxed);
    set.used_bytes.fetch_add(units * record::kUnit, std::memory_order_relaxed);
    for (auto& share : state_.set_shares) {
        if (share.set == set_id) {
            ++share.objects;
            return;
        }
    }
    state_.set_shares.push_back({set_id, 1});
}

void Partition::count_out(SetId set_id, uint32_t units) {
    --slice_.objects;
    if (set_id == kNoSet) return;
    Set& set = sets_[set_id];
    set.objects.fetch_sub(1, std::memory_order_relaxed);
    set.used_bytes.fetch_sub(units * record::kUnit, std::memory_order_relaxed);
    auto& shares = state_.set_shares;
    for (auto& share : shares) {
        if (share.set != set_id) continue;
        if (--share.objects == 0) {
            share = shares.back();
            shares.pop_back();
        }
        return;
    }
}

}  // namespace cairn::partition
