#include "node/index/arena.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"

namespace cairn::index {
namespace {

constexpr uint32_t kUnitsMin = sizeof(record::Head) / record::kUnit;
constexpr uint32_t kUnitsEnd = 1u << 20;  // the head has 20 bits for them

uint64_t reserve_size(uint64_t bytes) {
    CAIRN_CHECK(bytes <= (uint64_t{record::kUnit} << kHandleBits) - Arena::kBlockBytes);
    return bytes / Arena::kBlockBytes * Arena::kBlockBytes + Arena::kBlockBytes;
}

}  // namespace

Arena::Arena(uint64_t reserve_bytes)
    : range_(reserve_size(reserve_bytes)),
      blocks_max_(std::max(1u, static_cast<uint32_t>(range_.size() / kBlockBytes))) {
    static_assert(sizeof(Hole) <= sizeof(record::Head));
    static_assert(kBlockUnits <= UINT16_MAX);
    blocks_.resize(1);
    blocks_[0].state = State::closed;
}

Handle Arena::take(uint32_t units) {
    CAIRN_CHECK(units >= kUnitsMin && units < kUnitsEnd);
    if (units > kSmallUnitsMax) return take_large(units);
    Handle handle = take_hole(units);
    if (handle == 0) handle = append(open_, units, /*spare_blocks=*/1);
    if (handle != 0) mark_taken(handle, units);
    return handle;
}

void Arena::give(Handle handle) {
    record::Head& record = *head(handle);
    const uint32_t units = record.units;
    CAIRN_CHECK(handle != 0 && units >= kUnitsMin);
    CAIRN_CHECK(!record.dead || record.taken);  // given twice
    record.dead = 1;
    record.taken = 0;
    if (units > kSmallUnitsMax) return give_large(handle, units);

    const uint32_t block = block_of(handle);
    CAIRN_CHECK(blocks_[block].live >= units);
    blocks_[block].live = static_cast<uint16_t>(blocks_[block].live - units);
    used_units_ -= units;
    small_units_ -= units;
    // Never behind the cursor of the block being emptied: what lived there has moved and was retired, not given.
    CAIRN_CHECK(block != victim_ || handle >= cursor_);
    if (units < kHoleUnits) link(handle, units);
}

void Arena::mark_taken(Handle handle, uint32_t units) {
    std::memset(at(handle), 0, sizeof(uint32_t));
    record::Head& record = *head(handle);
    record.units = units & (kUnitsEnd - 1);
    record.taken = 1;
    record.dead = 1;
}

Handle Arena::take_hole(uint32_t units) {
    if (units >= kHoleUnits || holes_[units] == 0) return 0;
    const Handle handle = holes_[units];
    unlink(handle, units);
    Block& block = blocks_[block_of(handle)];
    block.live = static_cast<uint16_t>(block.live + units);
    used_units_ += units;
    small_units_ += units;
    return handle;
}

Handle Arena::append(uint32_t& open, uint32_t units, uint32_t spare_blocks) {
    if (open == 0 || blocks_[open].filled + units > kBlockUnits) {
        const uint32_t block = acquire(1, spare_blocks);
        if (block == 0) return 0;
        seal(open);
        blocks_[block].state = State::open;
        open = block;
    }
    Block& block = blocks_[open];
    const Handle handle = uint64_t{open} * kBlockUnits + block.filled;
    block.filled = static_cast<uint16_t>(block.filled + units);
    block.live = static_cast<uint16_t>(block.live + units);
    filled_units_ += units;
    used_units_ += units;
    small_units_ += units;
    return handle;
}

void Arena::seal(uint32_t& open) {
    if (open == 0) return;
    discard_tail(open);
    blocks_[open].state = State::closed;
    closed_bytes_ += closed_bytes(blocks_[open]);
    open = 0;
}

void Arena::discard_tail(uint32_t number) {
    Block& block = blocks_[number];
    if (block.warm) range_.discard(offset(number) + uint64_t{block.filled} * record::kUnit, offset(number + 1));
    block.warm = false;
}

Handle Arena::take_large(uint32_t units) {
    const uint32_t count = (units + kBlockUnits - 1) / kBlockUnits;
    const uint32_t first = acquire(count, /*spare_blocks=*/1);
    if (first == 0) return 0;
    bool warm = false;
    for (uint32_t block = first; block < first + count; ++block) {
        blocks_[block].state = block == first ? State::large : State::large_tail;
        warm |= blocks_[block].warm;
    }
    const uint64_t bytes = uint64_t{units} * record::kUnit;
    if (warm) range_.discard(offset(first) + bytes, offset(first + count));
    used_units_ += units;
    closed_bytes_ += range_.page_up(bytes);
    const Handle handle = uint64_t{first} * kBlockUnits;
    mark_taken(handle, units);
    return handle;
}

void Arena::give_large(Handle handle, uint32_t units) {
    const uint32_t first = block_of(handle);
    CAIRN_CHECK(blocks_[first].state == State::large);
    used_units_ -= units;
    closed_bytes_ -= range_.page_up(uint64_t{units} * record::kUnit);
    const uint32_t count = (units + kBlockUnits - 1) / kBlockUnits;
    range_.discard(offset(first), offset(first + count));
    for (uint32_t block = first; block < first + count; ++block) release(block);
}

void Arena::link(Handle handle, uint32_t units) {
    Hole* added = hole(handle);
    added->before = 0;
    added->after = holes_[units];
    if (added->after != 0) hole(added->after)->before = handle;
    holes_[units] = handle;
}

void Arena::unlink(Handle handle, uint32_t units) {
    const Hole* removed = hole(handle);
    if (removed->after != 0) hole(removed->after)->before = removed->before;
    (removed->before != 0 ? hole(removed->before)->after : holes_[units]) = removed->after;
}

// The first of `blocks` contiguous blocks, or 0 when fewer than `spare_blocks` would be left.
uint32_t Arena::acquire(uint32_t blocks, uint32_t spare_blocks) {
    const auto end = static_cast<uint32_t>(blocks_.size());
    if (uint64_t{free_.count()} + (blocks_max_ - end) < uint64_t{blocks} + spare_blocks) return 0;
    const auto run = free_.first_run(blocks);
    const uint32_t first = run ? *run : end - free_.run_before(end);
    if (uint64_t{first} + blocks > blocks_max_) return 0;
    for (uint32_t block = first; block < std::min(end, first + blocks); ++block) {
        free_.remove(block);
        kept_ -= blocks_[block].warm;
    }
    if (first + blocks > end) blocks_.resize(first + blocks);
    in_use_ += blocks;
    return first;
}

// Gives a block back, empty. Large ones come discarded; of the others a few are kept warm for the next writes.
void Arena::release(uint32_t block) {
    const bool discarded = blocks_[block].state != State::closed;
    --in_use_;
    const uint32_t keep = in_use_ < 8 ? 0 : 1 + in_use_ / 32;
    blocks_[block] = {};
    if (!discarded && kept_ < keep) {
        blocks_[block].warm = true;
        ++kept_;
    } else if (!discarded) {
        range_.discard(offset(block), offset(block + 1));
    }
    if (!blocks_[block].warm && block / kHugeBlocks < huge_.size()) huge_[block / kHugeBlocks] = false;
    free_.add(block);
}

std::optional<uint64_t> Arena::next_huge() {
    const auto runs = static_cast<uint32_t>(blocks_.size() / kHugeBlocks);
    huge_.resize(runs);
    for (uint32_t looked_at = 0; looked_at < std::min(runs, kHugeLookedAt); ++looked_at) {
        huge_hand_ = huge_hand_ + 1 < runs ? huge_hand_ + 1 : 0;
        const Block* first = &blocks_[huge_hand_ * kHugeBlocks];
        const auto full = [](const Block& block) { return block.state == State::closed; };
        // Block 0 is nobody's and has no memory: the run it is in would cost some that no record uses.
        if (huge_hand_ == 0 || huge_[huge_hand_] || !std::all_of(first, first + kHugeBlocks, full)) continue;
        huge_[huge_hand_] = true;
        return huge_hand_ * AddressRange::kHugeBytes;
    }
    return std::nullopt;
}

void Arena::settle_huge(uint64_t at) {
    const auto first = static_cast<uint32_t>(at / kBlockBytes);
    for (uint32_t block = first; block < first + kHugeBlocks; ++block) {
        if (blocks_[block].state == State::free && !blocks_[block].warm) {
            range_.discard(offset(block), offset(block + 1));
        }
    }
}

void Arena::trim() {
    for (const uint32_t open : {open_, moved_to_}) {
        if (open != 0) discard_tail(open);
    }
    for (uint32_t block = 1; block < blocks_.size() && kept_ > 0; ++block) {
        if (blocks_[block].state != State::free || !blocks_[block].warm) continue;
        range_.discard(offset(block), offset(block + 1));
        blocks_[block].warm = false;
        if (block / kHugeBlocks < huge_.size()) huge_[block / kHugeBlocks] = false;
        --kept_;
    }
}

uint64_t Arena::held_bytes() const {
    uint64_t bytes = closed_bytes_;
    for (const uint32_t open : {open_, moved_to_}) {
        if (open != 0) bytes += blocks_[open].warm ? uint64_t{kBlockBytes} : closed_bytes(blocks_[open]);
    }
    return bytes;
}

// The block with most dead units of those looked at. More than a fifth is dead, so the search finds one in time.
bool Arena::choose_victim() {
    const auto count = static_cast<uint32_t>(blocks_.size());
    uint32_t victim = 0;
    uint32_t dead_most = 0;
    for (uint32_t looked_at = 0; looked_at < std::min(count, kVictimsLookedAt); ++looked_at) {
        hand_ = hand_ + 1 < count ? hand_ + 1 : 0;
        const Block& block = blocks_[hand_];
        if (block.state != State::open && block.state != State::closed) continue;
        const uint32_t dead = uint32_t{block.filled} - block.live;
        if (dead > dead_most && dead * 16 >= block.filled) {
            victim = hand_;
            dead_most = dead;
        }
    }
    if (victim == 0) return false;
    if (victim == open_) seal(open_);
    if (victim == moved_to_) seal(moved_to_);
    victim_ = victim;
    cursor_ = uint64_t{victim} * kBlockUnits;
    return true;
}

// Passes up to a group of records: unlinks holes, collects the live. Ends at the end of the block.
uint32_t Arena::walk(Group& group, uint32_t& records_left) {
    const Handle end = uint64_t{victim_} * kBlockUnits + blocks_[victim_].filled;
    uint32_t count = 0;
    for (; cursor_ < end && count < group.size() && records_left > 0; --records_left) {
        const record::Head& record = *head(cursor_);
        CAIRN_CHECK(!record.taken && record.units >= kUnitsMin);  // left unpublished, or the sizes do not add up
        if (!record.dead) {
            group[count++] = cursor_;
        } else if (record.units < kHoleUnits) {
            unlink(cursor_, record.units);
        }
        cursor_ += record.units;
    }
    CAIRN_CHECK(cursor_ <= end);
    return count;
}

Handle Arena::copy(Handle from) {
    const uint32_t units = head(from)->units;
    const Handle to = append(moved_to_, units, /*spare_blocks=*/0);
    CAIRN_CHECK(to != 0);  // a block is always left, and one block takes all of the victim
    std::memcpy(at(to), at(from), uint64_t{units} * record::kUnit);
    ++moved_records_;
    return to;
}

void Arena::retire(Handle from) {
    record::Head& record = *head(from);
    CAIRN_CHECK(!record.dead);
    record.dead = 1;
    Block& block = blocks_[block_of(from)];
    block.live = static_cast<uint16_t>(block.live - record.units);
    used_units_ -= record.units;
    small_units_ -= record.units;
}

void Arena::finish_victim() {
    const Block& block = blocks_[victim_];
    if (cursor_ < uint64_t{victim_} * kBlockUnits + block.filled) return;
    CAIRN_CHECK(block.live == 0);
    closed_bytes_ -= closed_bytes(block);
    filled_units_ -= block.filled;
    release(victim_);
    victim_ = 0;
}

}  // namespace cairn::index
