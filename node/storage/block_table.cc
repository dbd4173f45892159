#include "node/storage/block_table.h"

#include <bit>

#include "common/base/check.h"

namespace cairn::storage {

void FreeBlocks::init(uint32_t count) {
    blocks_ = count;
    words_.assign((size_t{count} + 63) / 64, 0);
}

void FreeBlocks::add(uint32_t block) {
    CAIRN_CHECK(block < blocks_ && !is_free(block));
    words_[block / 64] |= 1ull << (block % 64);
    free_.fetch_add(1, std::memory_order_relaxed);
}

std::optional<uint32_t> FreeBlocks::take(uint32_t run) {
    if (count() < run) return std::nullopt;
    const auto first = run == 1 ? find_one() : find_run(run);
    if (!first) return std::nullopt;
    for (uint32_t block = *first; block < *first + run; ++block) words_[block / 64] &= ~(1ull << (block % 64));
    free_.fetch_sub(run, std::memory_order_relaxed);
    if (run == 1) next_ = *first + 1 < blocks_ ? *first + 1 : 0;
    return first;
}

std::optional<uint32_t> FreeBlocks::find_one() const {
    const size_t words = words_.size();
    const size_t first = next_ / 64;
    for (size_t i = 0; i <= words; ++i) {
        const size_t at = (first + i) % words;
        uint64_t word = words_[at];
        if (i == 0) word &= ~0ull << (next_ % 64);
        if (word != 0) return uint32_t(at * 64 + size_t(std::countr_zero(word)));
    }
    return std::nullopt;
}

/// First fit from the beginning: runs are rare, and this keeps the rest of the device in one piece.
std::optional<uint32_t> FreeBlocks::find_run(uint32_t run) const {
    uint32_t length = 0;
    for (uint32_t block = 0; block < blocks_; ++block) {
        if (block % 64 == 0 && words_[block / 64] == 0) {
            length = 0;
            block += 63;
            continue;
        }
        length = is_free(block) ? length + 1 : 0;
        if (length == run) return block + 1 - run;
    }
    return std::nullopt;
}

}  // namespace cairn::storage
