#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "node/index/address_range.h"
#include "node/index/free_blocks.h"
#include "node/index/handle.h"
#include "node/record/layout.h"

namespace cairn::index {

/// Where the records of one slice live: blocks of 256 KiB in a reserved address range. Records are appended; the place
/// of a dead one is used again for a record of exactly its size, and when more than a fifth of what was written is
/// dead, the emptiest blocks are compacted in small slices. Entered through the slice's door, so it has no locks.
///
/// Publishing: take() leaves the place marked dead and taken. The caller writes the whole head (same units, dead and
/// taken 0) and body before it leaves the door; a place it does not need after all goes back through give().
class Arena {
public:
    static constexpr uint32_t kBlockBytes = 256u << 10;
    static constexpr uint32_t kBlockUnits = kBlockBytes / record::kUnit;
    /// Larger records get a run of whole blocks of their own and never move.
    static constexpr uint32_t kSmallUnitsMax = kBlockUnits / 2;

    /// @param reserve_bytes  address space, not memory; at most 16 TiB.
    explicit Arena(uint64_t reserve_bytes);

    /// False when the kernel refused the address range: take() finds no room then.
    bool reserved() const { return range_.size() > 0; }

    /// A place for a record of `units`, 3 to 2^20 - 1 (record::units_for).
    /// @return  0 when the range is exhausted. One block is always left for compaction.
    Handle take(uint32_t units);

    /// Ends the record (or the unpublished place) at `handle`; its units are read from its head.
    void give(Handle handle);

    uint8_t* at(Handle handle) const { return range_.at(handle * record::kUnit); }
    record::Head* head(Handle handle) const { return reinterpret_cast<record::Head*>(at(handle)); }

    /// Whether tidy() has something to do.
    bool wants_tidy() const { return victim_ != 0 || (garbage() >= kGarbageMin && garbage() * 5 > filled_units_); }

    /// A slice of compaction: walks at most `records_max` records, dead or alive, of the block being emptied.
    /// @param move  move(Handle from, Handle to): the record's bytes are already at `to`; the owner makes its index
    ///              entry point there. It must not call take(), give() or tidy().
    /// @param hint  hint(const record::Head&): called for up to 16 records before the first of them moves; the place
    ///              to prefetch their index leaves.
    template <class Move, class Hint>
    void tidy(uint32_t records_max, Move&& move, Hint&& hint) {
        if (victim_ == 0 && !(wants_tidy() && choose_victim())) return;
        Group group;
        while (records_max > 0 && victim_ != 0) {
            const uint32_t count = walk(group, records_max);
            for (uint32_t i = 0; i < count; ++i) hint(static_cast<const record::Head&>(*head(group[i])));
            for (uint32_t i = 0; i < count; ++i) {
                const Handle to = copy(group[i]);
                move(group[i], to);
                retire(group[i]);
            }
            finish_victim();
        }
    }
    template <class Move>
    void tidy(uint32_t records_max, Move&& move) {
        tidy(records_max, move, [](const record::Head&) {});
    }

    /// Gives memory kept for the next writes back to the machine: for quiet times.
    void trim();

    /// The next run of full blocks that is worth a huge page, which from now on counts as having one. A part of the
    /// blocks is looked at in each call.
    /// @return  its offset for make_huge(); nothing when none was found.
    std::optional<uint64_t> next_huge();
    /// What next_huge() named; takes half a millisecond and may run outside of the slice's door. False: not possible.
    bool make_huge(uint64_t offset) { return range_.make_huge(offset); }
    /// To be called after make_huge(), inside the door: gives back the memory of blocks that were freed meanwhile.
    void settle_huge(uint64_t offset);

    /// Bytes of live records (and of places taken and not yet published), padding included.
    uint64_t used_bytes() const { return used_units_ * record::kUnit; }
    /// Bytes of memory behind the blocks in use: what was written, rounded up to pages.
    uint64_t held_bytes() const;
    /// Bytes of memory behind free blocks that are kept for reuse.
    uint64_t kept_bytes() const { return uint64_t{kept_} * kBlockBytes; }
    /// Bytes of bookkeeping outside the range.
    uint64_t overhead_bytes() const { return sizeof(*this) + blocks_.capacity() * sizeof(Block); }
    /// Records that compaction has copied since the start.
    uint64_t moved_records() const { return moved_records_; }

private:
    using Group = std::array<Handle, 16>;

    // A dead record's place: the first word keeps its size, so that a block can be walked by sizes for ever.
    struct Hole {
        uint32_t word;
        uint32_t unused;
        Handle before;
        Handle after;
    };
    static constexpr uint32_t kHoleUnits = 256;  // places of 4 KiB and more are left to compaction
    static constexpr uint32_t kGarbageMin = 4096;  // units; 64 KiB of dead records are not worth any copying
    static constexpr uint32_t kVictimsLookedAt = 1024;  // bounds the time of choosing in a huge arena
    static constexpr uint32_t kHugeBlocks = AddressRange::kHugeBytes / kBlockBytes;  // in one huge page
    static constexpr uint32_t kHugeLookedAt = 256;  // runs of kHugeBlocks

    enum class State : uint8_t { free, open, closed, large, large_tail };
    struct Block {
        uint16_t live = 0;  // units
        uint16_t filled = 0;  // units
        State state = State::free;
        bool warm = false;  // memory behind it (free) or behind its unfilled end (in use) may be resident
    };

    uint64_t garbage() const { return filled_units_ - small_units_; }
    static uint32_t block_of(Handle handle) { return static_cast<uint32_t>(handle / kBlockUnits); }
    Hole* hole(Handle handle) const { return reinterpret_cast<Hole*>(at(handle)); }
    static uint64_t offset(uint32_t block) { return uint64_t{block} * kBlockBytes; }

    Handle take_hole(uint32_t units);
    Handle append(uint32_t& open, uint32_t units, uint32_t spare_blocks);
    Handle take_large(uint32_t units);
    void give_large(Handle handle, uint32_t units);
    void mark_taken(Handle handle, uint32_t units);
    void link(Handle handle, uint32_t units);
    void unlink(Handle handle, uint32_t units);

    uint32_t acquire(uint32_t blocks, uint32_t spare_blocks);
    void release(uint32_t block);
    void seal(uint32_t& open);
    void discard_tail(uint32_t number);
    uint64_t closed_bytes(const Block& block) const { return range_.page_up(uint64_t{block.filled} * record::kUnit); }

    bool choose_victim();
    uint32_t walk(Group& group, uint32_t& records_left);
    Handle copy(Handle from);
    void retire(Handle from);
    void finish_victim();

    AddressRange range_;
    uint32_t blocks_max_;  // block numbers are below; block 0 is never used, so that no handle is 0
    std::vector<Block> blocks_;  // those ever used
    FreeBlocks free_;
    uint32_t kept_ = 0;  // warm free blocks
    uint32_t in_use_ = 0;  // blocks
    uint32_t open_ = 0;  // block that take() appends to; 0: none
    uint32_t moved_to_ = 0;  // block that compaction appends to; 0: none
    uint32_t hand_ = 0;  // where the search for a victim goes on
    uint32_t victim_ = 0;  // the block being emptied; 0: none
    Handle cursor_ = 0;  // its next record. No hole of it before the cursor is linked.
    std::vector<bool> huge_;  // by runs of kHugeBlocks: has a huge page, as far as we know
    uint32_t huge_hand_ = 0;  // where the search for the next goes on
    uint64_t used_units_ = 0;
    uint64_t small_units_ = 0;  // used_units_ without large records
    uint64_t filled_units_ = 0;  // written in open and closed blocks, dead or alive
    uint64_t closed_bytes_ = 0;  // held by closed and large blocks
    uint64_t moved_records_ = 0;
    std::array<Handle, kHoleUnits> holes_{};  // by size in units: the hole made last
};

}  // namespace cairn::index
