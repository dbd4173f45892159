#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace cairn::index {

/// Which blocks of an arena are free: one bit each. The lowest are given out first, so that an arena which has
/// shrunk gathers at its beginning and long runs stay free at its end.
class FreeBlocks {
public:
    void add(uint32_t block);
    void remove(uint32_t block);
    bool contains(uint32_t block) const;
    uint32_t count() const { return count_; }

    /// The lowest run of `length` free blocks.
    std::optional<uint32_t> first_run(uint32_t length) const;

    /// How many free blocks stand directly before `end`.
    uint32_t run_before(uint32_t end) const;

private:
    uint32_t next(uint32_t from, bool free) const;  // first block >= from that is (not) free; or the end of the words

    std::vector<uint64_t> words_;
    uint32_t count_ = 0;
    uint32_t lowest_word_ = 0;  // no bit is set in a word below
};

}  // namespace cairn::index
