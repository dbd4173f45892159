#include "tests/sim/medium.h"

#include <algorithm>
#include <bit>

#include "common/base/check.h"

namespace cairn::sim {

Medium::Medium(uint64_t bytes, uint32_t sector) : sector_(sector), seen_(bytes), durable_(bytes) {
    CAIRN_CHECK(std::has_single_bit(sector) && bytes % sector == 0);
}

void Medium::grow(uint64_t bytes) {
    CAIRN_CHECK(bytes >= size() && bytes % sector_ == 0);
    seen_.resize(bytes);
    durable_.resize(bytes);
}

void Medium::read(uint64_t offset, MutableBytes into) const {
    CAIRN_CHECK(offset <= size() && into.size() <= size() - offset);
    std::copy_n(seen_.begin() + static_cast<ptrdiff_t>(offset), into.size(), into.begin());
}

void Medium::write(uint64_t offset, Bytes from) {
    CAIRN_CHECK(offset <= size() && from.size() <= size() - offset);
    std::ranges::copy(from, seen_.begin() + static_cast<ptrdiff_t>(offset));
    unsynced_.push_back({++writes_made_, offset, {from.begin(), from.end()}});
}

void Medium::write_torn(uint64_t offset, Bytes from, Dice& dice) {
    // Runs of sectors: half a write is likelier than every other sector of it.
    for (size_t at = 0; at < from.size();) {
        const size_t run = std::min<size_t>(sector_ * dice.between(1, 4), from.size() - at);
        if (dice.once_in(2)) write(offset + at, from.subspan(at, run));
        at += run;
    }
}

void Medium::damage(uint64_t offset, Bytes with) {
    CAIRN_CHECK(offset <= size() && with.size() <= size() - offset);
    std::ranges::copy(with, seen_.begin() + static_cast<ptrdiff_t>(offset));
    std::ranges::copy(with, durable_.begin() + static_cast<ptrdiff_t>(offset));
}

void Medium::make_durable(uint64_t mark) {
    while (!unsynced_.empty() && unsynced_.front().number <= mark) {
        keep(unsynced_.front(), 0, unsynced_.front().bytes.size());
        unsynced_.pop_front();
    }
}

void Medium::fail_sync(uint64_t mark, Dice& dice) {
    while (!unsynced_.empty() && unsynced_.front().number <= mark) {
        keep_some(unsynced_.front(), dice);
        unsynced_.pop_front();
    }
}

void Medium::lose_power(Dice& dice) {
    for (const auto& write : unsynced_) keep_some(write, dice);
    unsynced_.clear();
    seen_ = durable_;
}

void Medium::keep_some(const Write& write, Dice& dice) {
    const size_t sectors = write.bytes.size() / sector_;
    switch (dice.below(4)) {
        case 0: return;
        case 1: return keep(write, 0, write.bytes.size());
        case 2: return keep(write, 0, dice.below(sectors + 1) * sector_);
        default:
            for (size_t at = 0; at < write.bytes.size(); at += sector_) {
                if (dice.once_in(2)) keep(write, at, at + sector_);
            }
    }
}

void Medium::keep(const Write& write, size_t first, size_t end) {
    std::copy(write.bytes.begin() + static_cast<ptrdiff_t>(first), write.bytes.begin() + static_cast<ptrdiff_t>(end),
              durable_.begin() + static_cast<ptrdiff_t>(write.offset + first));
}

}  // namespace cairn::sim
