#pragma once
#include <cstdint>

#include "node/index/handle.h"

namespace cairn::index {

/// The leading bits of a key that an entry carries: entries of a leaf are sorted by them.
constexpr uint32_t kTagBits = 24;
constexpr uint32_t tag_of(uint64_t key) { return static_cast<uint32_t>(key >> (64 - kTagBits)); }

/// What the index of the memory engine keeps for a record: 24 bits of its key and its place. Everything else, the
/// digest first of all, is in the record's head.
struct ThinEntry {
    static constexpr uint32_t kSplitLow = 40;   // leaves split at 40 to 80 entries, by partition
    static constexpr uint32_t kLeafMax = 400;   // where a leaf that cannot split refuses

    uint64_t word;

    static ThinEntry make(uint64_t key, Handle handle) { return {uint64_t{tag_of(key)} << kHandleBits | handle}; }
    uint32_t tag() const { return static_cast<uint32_t>(word >> kHandleBits); }
    Handle handle() const { return word & ((1ull << kHandleBits) - 1); }
    void set_handle(Handle handle) { word = uint64_t{tag()} << kHandleBits | handle; }
};
static_assert(sizeof(ThinEntry) == 8);

}  // namespace cairn::index
