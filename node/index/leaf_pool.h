#pragma once
#include <cstdint>
#include <vector>

#include "common/base/check.h"
#include "common/base/digest.h"
#include "node/index/address_range.h"
#include "node/index/free_blocks.h"

namespace cairn::index {

/// Where the index leaves of one slice live: pages of 16 KiB in a reserved address range, pieces appended in 64-byte
/// units. A freed piece is only counted; the sparsest page is emptied by moving its leaves, whose owner is in their
/// header. Lists of free pieces would cost more memory: a growing index never asks again for the sizes it leaves
/// behind. Entered through the slice's door, so it has no locks.
class LeafPool {
public:
    /// A piece, in 64-byte units from the start of the range; 0: none.
    using Ref = uint32_t;
    static constexpr uint32_t kUnit = 64;
    static constexpr uint32_t kPageBytes = 16u << 10;
    static constexpr uint32_t kPageUnits = kPageBytes / kUnit;

    /// The first 8 bytes of every piece, live or freed.
    struct Piece {
        uint8_t depth;       // leading key bits that all keys of the leaf share
        uint8_t units;       // size of the piece
        uint16_t count;      // entries
        PartitionId owner;
        uint8_t dead;        // 1: freed
        uint8_t reserved;
    };
    static_assert(sizeof(Piece) == 8);

    /// @param reserve_bytes  address space, not memory; less than 256 GiB.
    explicit LeafPool(uint64_t reserve_bytes);

    /// False when the kernel refused the address range: there is never room then.
    bool reserved() const { return range_.size() > 0; }

    Piece* at(Ref ref) const { return reinterpret_cast<Piece*>(range_.at(uint64_t{ref} * kUnit)); }

    /// Whether one insert (`for_growth`) or one erase is sure of its pieces; they differ by the pages that are left to
    /// erasing and tidying, which free memory in the end.
    bool has_room(bool for_growth) const {
        return free_.count() + (pages_max_ - pages_.size()) >= (for_growth ? 4u : 2u);
    }

    /// A piece of `units`, 1 to 255, its bytes undefined. The caller has asked has_room() and writes the header,
    /// `units` and `dead` = 0 above all, before the next call.
    Ref take(uint32_t units);
    /// Ends a piece; `units` is read from its header.
    void give(Ref ref);

    /// Whether tidy() has something to do.
    /// @param garbage_pct  what may be garbage of the memory that is filled.
    bool wants_tidy(uint32_t garbage_pct = kGarbagePercent) const {
        const uint64_t garbage = closed_filled_ - closed_live_;
        return garbage >= kGarbageMin && garbage * 100 > closed_filled_ * garbage_pct;
    }

    /// Empties one page.
    /// @param move  move(PartitionId owner, Ref ref): passes `ref` to move() of the owner's index.
    template <class Move>
    void tidy(Move&& move) {
        const uint32_t victim = choose_victim();
        if (victim == 0) return;
        const Ref end = victim * kPageUnits + pages_[victim].filled;
        for (Ref ref = victim * kPageUnits; ref < end;) {
            const Piece& piece = *at(ref);
            const uint32_t units = piece.units;
            if (!piece.dead) move(piece.owner, ref);
            ref += units;
        }
        finish_victim(victim);
    }

    /// Gives memory kept for the next inserts back to the machine: for quiet times.
    void trim();

    /// Bytes of live leaves.
    uint64_t used_bytes() const { return used_units_ * kUnit; }
    /// Bytes of memory behind all pages, in use or kept for reuse.
    uint64_t held_bytes() const;
    /// Bytes of bookkeeping outside the range.
    uint64_t overhead_bytes() const { return sizeof(*this) + pages_.capacity() * sizeof(Page); }

private:
    static constexpr uint32_t kGarbagePercent = 7;
    static constexpr uint32_t kGarbageMin = 32;  // units
    static constexpr uint32_t kVictimsLookedAt = 512;  // bounds the time of choosing in a huge pool

    enum class State : uint8_t { free, open, closed };
    struct Page {
        uint16_t live = 0;  // units
        uint16_t filled = 0;  // units
        State state = State::free;
        bool warm = false;  // its memory was written in an earlier use
    };

    void open_page();
    uint32_t choose_victim();
    void finish_victim(uint32_t victim);

    AddressRange range_;
    uint32_t pages_max_;  // page numbers are below; page 0 is never used, so that no ref is 0
    std::vector<Page> pages_;  // those ever used
    FreeBlocks free_;
    uint32_t open_ = 0;
    uint32_t kept_ = 0;  // a warm free page; 0: none
    uint32_t in_use_ = 0;
    uint32_t hand_ = 0;  // where the search for a victim goes on
    uint64_t used_units_ = 0;
    uint64_t closed_live_ = 0;  // units in closed pages
    uint64_t closed_filled_ = 0;  // units in closed pages
};

}  // namespace cairn::index
