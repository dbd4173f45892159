#include "node/sindex/entry_set.h"

#include "common/base/check.h"

namespace cairn::sindex {
namespace {

/// Inserts, and grows by a quarter only: a directory lives long.
template <class T, class U>
void insert_at(std::vector<T>& vector, size_t at, U&& value) {
    if (vector.size() == vector.capacity()) vector.reserve(vector.size() + vector.size() / 4 + 2);
    vector.insert(vector.begin() + ptrdiff_t(at), std::forward<U>(value));
}

/// Which part covers `entry`.
size_t part_of(const std::vector<Entry>& firsts, Entry entry) {
    return size_t(std::upper_bound(firsts.begin() + 1, firsts.end(), entry) - firsts.begin() - 1);
}

}  // namespace

uint64_t EntrySet::bytes() const {
    constexpr uint64_t kAllocation = 16;  // what malloc adds
    uint64_t bytes = firsts_.capacity() * sizeof(Entry) + branches_.capacity() * sizeof(branches_[0]) + 2 * kAllocation;
    for (const auto& branch : branches_) {
        bytes += sizeof(Branch) + branch->firsts.capacity() * sizeof(Entry) + branch->leaves.capacity() * sizeof(Ref) +
                 3 * kAllocation;
    }
    return bytes;
}

EntrySet::Slot EntrySet::slot_of(Entry entry) const {
    const size_t branch = part_of(firsts_, entry);
    return {branch, part_of(branches_[branch]->firsts, entry)};
}

std::optional<EntrySet::Slot> EntrySet::next(Slot slot) const {
    if (slot.leaf + 1 < branches_[slot.branch]->leaves.size()) return Slot{slot.branch, slot.leaf + 1};
    if (slot.branch + 1 < branches_.size()) return Slot{slot.branch + 1, 0};
    return std::nullopt;
}

void EntrySet::add_slot(Slot after, Entry first, Ref ref) {
    Branch& branch = *branches_[after.branch];
    insert_at(branch.firsts, after.leaf + 1, first);
    insert_at(branch.leaves, after.leaf + 1, ref);
    if (branch.leaves.size() <= kBranchMax) return;
    const auto middle = ptrdiff_t(branch.leaves.size() / 2);
    auto high = std::make_unique<Branch>();
    high->firsts.assign(branch.firsts.begin() + middle, branch.firsts.end());
    high->leaves.assign(branch.leaves.begin() + middle, branch.leaves.end());
    branch.firsts.resize(size_t(middle));
    branch.leaves.resize(size_t(middle));
    insert_at(firsts_, after.branch + 1, high->firsts[0]);
    insert_at(branches_, after.branch + 1, std::move(high));
}

void EntrySet::remove_slot(Slot slot) {
    Branch& branch = *branches_[slot.branch];
    branch.firsts.erase(branch.firsts.begin() + ptrdiff_t(slot.leaf));
    branch.leaves.erase(branch.leaves.begin() + ptrdiff_t(slot.leaf));
    if (!branch.leaves.empty()) return;
    firsts_.erase(firsts_.begin() + ptrdiff_t(slot.branch));
    branches_.erase(branches_.begin() + ptrdiff_t(slot.branch));
}

bool EntrySet::contains(const LeafPool& pool, Entry entry) const {
    if (branches_.empty()) return false;
    const Leaf leaf(pool, ref(slot_of(entry)));
    return leaf.holds(entry, leaf.lower(entry));
}

EntrySet::Insert EntrySet::insert(LeafPool& pool, Entry entry) {
    while (true) {
        if (!pool.has_room(/*for_growth=*/true)) return Insert::refused;
        if (branches_.empty()) {
            Ref only = 0;
            Leaf::make(pool, only, owner_, 1, 0, entry.value).insert(0, entry);
            firsts_.push_back(entry);
            branches_.push_back(std::make_unique<Branch>(Branch{{entry}, {only}}));
            count_ = 1;
            return Insert::added;
        }
        const Slot slot = slot_of(entry);
        Leaf leaf(pool, ref(slot));
        const uint32_t at = leaf.lower(entry);
        if (leaf.holds(entry, at)) return Insert::present;
        if (leaf.count() >= kLeafMax) {
            split(pool, slot);
            continue;
        }
        if (!leaf.fits(entry.value) || leaf.count() == leaf.capacity()) {
            const Value least = std::min(leaf.first().value, entry.value);
            const Value greatest = std::max(leaf.last().value, entry.value);
            const uint32_t width = Leaf::width_for(least, greatest);
            const uint32_t units = leaf.count() == leaf.capacity() ? leaf.units() + std::max(1u, leaf.units() / 8) : 1;
            replace(pool, slot, std::max(leaf.count() + 1, Leaf::capacity(units, width)), least, greatest);
            leaf = Leaf(pool, ref(slot));
        }
        leaf.insert(at, entry);
        ++count_;
        return Insert::added;
    }
}

bool EntrySet::erase(LeafPool& pool, Entry entry) {
    if (branches_.empty()) return false;
    const Slot slot = slot_of(entry);
    Leaf leaf(pool, ref(slot));
    const uint32_t at = leaf.lower(entry);
    if (!leaf.holds(entry, at)) return false;
    leaf.erase(at);
    --count_;
    if (leaf.count() == 0) {
        pool.give(ref(slot));
        remove_slot(slot);
        return true;
    }
    if (!pool.has_room(/*for_growth=*/false)) return true;  // smaller leaves can wait
    if (leaf.units() > 1 && leaf.count() + 4 <= Leaf::capacity(leaf.units() - 1, leaf.width())) {
        replace(pool, slot, leaf.count(), leaf.first().value, leaf.last().value);
    }
    merge(pool, slot);
    return true;
}

// Copies a leaf to a place for `count` entries whose values are from `least` to `greatest`.
void EntrySet::replace(LeafPool& pool, Slot slot, uint32_t count, Value least, Value greatest) {
    const Ref old = ref(slot);
    const Leaf from(pool, old);
    const uint32_t width = Leaf::width_for(least, greatest);
    Ref fresh = 0;
    Leaf::make(pool, fresh, owner_, Leaf::units_for(count, width), width, least).append(from, 0, from.count());
    point(slot, fresh);
    pool.give(old);
}

void EntrySet::move(LeafPool& pool, LeafPool::Ref moved) {
    const Leaf leaf(pool, moved);
    const Slot slot = slot_of(leaf.first());
    CAIRN_CHECK(leaf.owner() == owner_ && ref(slot) == moved);
    Ref fresh = 0;
    Leaf::make(pool, fresh, owner_, leaf.units(), leaf.width(), leaf.first().value).append(leaf, 0, leaf.count());
    point(slot, fresh);
    pool.give(moved);
}

void EntrySet::split(LeafPool& pool, Slot slot) {
    const Ref old = ref(slot);
    const Leaf leaf(pool, old);
    const auto copy = [&](uint32_t from, uint32_t to) {
        const Value least = leaf[from].value;
        const uint32_t width = Leaf::width_for(least, leaf[to - 1].value);
        Ref fresh = 0;
        Leaf::make(pool, fresh, owner_, Leaf::units_for(to - from + 1, width), width, least).append(leaf, from, to);
        return fresh;
    };
    const uint32_t middle = leaf.count() / 2;
    point(slot, copy(0, middle));
    add_slot(slot, leaf[middle], copy(middle, leaf.count()));
    pool.give(old);
}

// Joins the leaf with a neighbour when they are one small leaf together.
void EntrySet::merge(LeafPool& pool, Slot slot) {
    const size_t leaves = branches_[slot.branch]->leaves.size();
    if (leaves < 2 || Leaf(pool, ref(slot)).count() > kMergeBelow) return;
    if (slot.leaf + 1 == leaves) --slot.leaf;
    const Slot after{slot.branch, slot.leaf + 1};
    const Ref refs[2] = {ref(slot), ref(after)};
    const Leaf low(pool, refs[0]);
    const Leaf high(pool, refs[1]);
    const uint32_t count = low.count() + high.count();
    if (count > kLeafMax / 2) return;
    const uint32_t width = Leaf::width_for(low.first().value, high.last().value);
    Ref fresh = 0;
    Leaf joined = Leaf::make(pool, fresh, owner_, Leaf::units_for(count, width), width, low.first().value);
    joined.append(low, 0, low.count());
    joined.append(high, 0, high.count());
    point(slot, fresh);
    remove_slot(after);
    pool.give(refs[0]);
    pool.give(refs[1]);
}

void EntrySet::clear(LeafPool& pool) {
    for (const auto& branch : branches_) {
        for (const Ref ref : branch->leaves) pool.give(ref);
    }
    *this = EntrySet(owner_);
}

}  // namespace cairn::sindex
