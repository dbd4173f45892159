#pragma once
#include <string>

#include "node/record/layout.h"
#include "tests/sim/dice.h"

namespace cairn::sim {

// The keys of a StoreHistory, which are numbers, as records know them.

constexpr uint16_t kSets = 3;

inline std::string set_name_of(uint16_t id) { return "set-" + std::to_string(id); }

/// The key stands in the last bytes, so that `key_of` finds it again.
inline Digest digest_of(uint32_t key) {
    Digest digest;
    Dice dice(key);
    for (uint8_t& byte : digest.bytes) byte = uint8_t(dice.next());
    store_le(digest.bytes.data() + 16, key);
    return digest;
}

inline uint32_t key_of(const Digest& digest) { return load_le<uint32_t>(digest.bytes.data() + 16); }

}  // namespace cairn::sim
