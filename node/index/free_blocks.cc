#include "node/index/free_blocks.h"

#include <algorithm>
#include <bit>

#include "common/base/check.h"

namespace cairn::index {

bool FreeBlocks::contains(uint32_t block) const {
    return block / 64 < words_.size() && (words_[block / 64] >> (block % 64) & 1);
}

void FreeBlocks::add(uint32_t block) {
    CAIRN_CHECK(!contains(block));
    const uint32_t word = block / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    words_[word] |= 1ull << (block % 64);
    lowest_word_ = count_ == 0 ? word : std::min(lowest_word_, word);
    ++count_;
}

void FreeBlocks::remove(uint32_t block) {
    CAIRN_CHECK(contains(block));
    words_[block / 64] &= ~(1ull << (block % 64));
    --count_;
    while (lowest_word_ < words_.size() && words_[lowest_word_] == 0) ++lowest_word_;
}

uint32_t FreeBlocks::next(uint32_t from, bool free) const {
    const uint64_t flip = free ? 0 : ~0ull;
    uint64_t above = ~0ull << (from % 64);
    for (uint32_t word = from / 64; word < words_.size(); ++word, above = ~0ull) {
        const uint64_t found = (words_[word] ^ flip) & above;
        if (found != 0) return word * 64 + static_cast<uint32_t>(std::countr_zero(found));
    }
    return static_cast<uint32_t>(words_.size() * 64);
}

std::optional<uint32_t> FreeBlocks::first_run(uint32_t length) const {
    if (count_ < length) return std::nullopt;
    const auto end = static_cast<uint32_t>(words_.size() * 64);
    for (uint32_t start = next(lowest_word_ * 64, true); start < end;) {
        const uint32_t stop = next(start, false);
        if (stop - start >= length) return start;
        start = next(stop, true);
    }
    return std::nullopt;
}

uint32_t FreeBlocks::run_before(uint32_t end) const {
    uint32_t length = 0;
    while (length < end && contains(end - 1 - length)) ++length;
    return length;
}

}  // namespace cairn::index
