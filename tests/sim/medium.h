#pragma once
#include <cstdint>
#include <list>
#include <vector>

#include "common/base/bytes.h"
#include "tests/sim/dice.h"

namespace cairn::sim {

/// The bytes of a simulated device: what a reader sees, and what a loss of power would leave of it. A sector is written
/// whole or not at all.
class Medium {
public:
    /// @param bytes   size, a multiple of `sector`; zeros at first.
    /// @param sector  bytes, a power of two.
    Medium(uint64_t bytes, uint32_t sector);

    uint64_t size() const { return seen_.size(); }
    uint32_t sector() const { return sector_; }

    void read(uint64_t offset, MutableBytes into) const;
    /// Seen at once; durable when a sync that began later has succeeded.
    void write(uint64_t offset, Bytes from);
    /// A part of the write's sectors, drawn: a write that was cut off.
    void write_torn(uint64_t offset, Bytes from, Dice& dice);
    /// Seen and durable at once, by no write of anybody's: decay, or a test that damages the medium.
    void damage(uint64_t offset, Bytes with);

    /// Stands for all writes so far.
    uint64_t mark() const { return writes_made_; }
    /// A sync that began at `mark` succeeds.
    void make_durable(uint64_t mark);
    /// A sync that began at `mark` fails: each write since the last one is durable or will never be, whatever succeeds
    /// later; readers see it until the power goes.
    void fail_sync(uint64_t mark, Dice& dice);
    /// Of each write that is not durable yet, all, nothing, its beginning or some of its sectors remain.
    void lose_power(Dice& dice);

    /// Writes that no sync has reached.
    size_t unsynced() const { return unsynced_.size(); }
    Bytes bytes() const { return seen_; }
    void grow(uint64_t bytes);

private:
    struct Write {
        uint64_t number;
        uint64_t offset;
        std::vector<uint8_t> bytes;
    };
    void keep(const Write& write, size_t first, size_t end);
    void keep_some(const Write& write, Dice& dice);

    const uint32_t sector_;
    std::vector<uint8_t> seen_;
    std::vector<uint8_t> durable_;
    std::list<Write> unsynced_;  // in the order in which they were made
    uint64_t writes_made_ = 0;
};

}  // namespace cairn::sim
