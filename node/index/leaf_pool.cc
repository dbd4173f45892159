#include "node/index/leaf_pool.h"

#include <algorithm>

namespace cairn::index {

LeafPool::LeafPool(uint64_t reserve_bytes)
    : range_(reserve_bytes / kPageBytes * kPageBytes + kPageBytes),
      pages_max_(std::max(1u, static_cast<uint32_t>(range_.size() / kPageBytes))) {
    CAIRN_CHECK(range_.size() / kUnit <= uint64_t{UINT32_MAX} + 1);
    pages_.resize(1);
    pages_[0].state = State::closed;
}

LeafPool::Ref LeafPool::take(uint32_t units) {
    CAIRN_CHECK(units > 0 && units <= UINT8_MAX);
    if (open_ == 0 || pages_[open_].filled + units > kPageUnits) open_page();
    Page& page = pages_[open_];
    const Ref ref = open_ * kPageUnits + page.filled;
    page.filled = static_cast<uint16_t>(page.filled + units);
    page.live = static_cast<uint16_t>(page.live + units);
    used_units_ += units;
    return ref;
}

void LeafPool::give(Ref ref) {
    Piece& piece = *at(ref);
    CAIRN_CHECK(ref != 0 && !piece.dead);
    piece.dead = 1;
    Page& page = pages_[ref / kPageUnits];
    page.live = static_cast<uint16_t>(page.live - piece.units);
    used_units_ -= piece.units;
    if (page.state == State::closed) closed_live_ -= piece.units;
}

void LeafPool::open_page() {
    if (open_ != 0) {
        Page& full = pages_[open_];
        full.state = State::closed;
        closed_live_ += full.live;
        closed_filled_ += full.filled;
    }
    // The kept page comes first: its memory is there already.
    const auto lowest = kept_ != 0 ? std::optional(kept_) : free_.first_run(1);
    if (lowest) {
        free_.remove(*lowest);
        if (*lowest == kept_) kept_ = 0;
    } else {
        CAIRN_CHECK(pages_.size() < pages_max_);
        pages_.emplace_back();
    }
    open_ = lowest ? *lowest : static_cast<uint32_t>(pages_.size() - 1);
    pages_[open_].state = State::open;
    ++in_use_;
}

// The closed page with most dead units of those looked at, unless it is hardly worth the copying.
uint32_t LeafPool::choose_victim() {
    const auto count = static_cast<uint32_t>(pages_.size());
    uint32_t victim = 0;
    uint32_t dead_most = 0;
    for (uint32_t looked_at = 0; looked_at < std::min(count, kVictimsLookedAt); ++looked_at) {
        hand_ = hand_ + 1 < count ? hand_ + 1 : 0;
        const Page& page = pages_[hand_];
        if (hand_ == 0 || page.state != State::closed) continue;
        const uint32_t dead = uint32_t{page.filled} - page.live;
        if (dead > dead_most && dead * 32 >= page.filled) {
            victim = hand_;
            dead_most = dead;
        }
    }
    return victim;
}

void LeafPool::finish_victim(uint32_t victim) {
    Page& page = pages_[victim];
    CAIRN_CHECK(page.live == 0);
    closed_filled_ -= page.filled;
    --in_use_;
    page = {};
    free_.add(victim);
    // A growing index empties one page for each it opens; keeping one saves it the page faults.
    if (kept_ == 0 && in_use_ >= 8) {
        kept_ = victim;
        page.warm = true;
    } else {
        range_.discard(uint64_t{victim} * kPageBytes, (uint64_t{victim} + 1) * kPageBytes);
    }
}

void LeafPool::trim() {
    if (open_ != 0 && pages_[open_].warm) {
        Page& page = pages_[open_];
        range_.discard(uint64_t{open_} * kPageBytes + uint64_t{page.filled} * kUnit,
                       (uint64_t{open_} + 1) * kPageBytes);
        page.warm = false;
    }
    if (kept_ == 0) return;
    range_.discard(uint64_t{kept_} * kPageBytes, (uint64_t{kept_} + 1) * kPageBytes);
    pages_[kept_].warm = false;
    kept_ = 0;
}

uint64_t LeafPool::held_bytes() const {
    uint64_t bytes = (uint64_t{in_use_} + (kept_ != 0)) * kPageBytes;
    if (open_ != 0 && !pages_[open_].warm) {
        bytes -= kPageBytes - range_.page_up(uint64_t{pages_[open_].filled} * kUnit);
    }
    return bytes;
}

}  // namespace cairn::index
