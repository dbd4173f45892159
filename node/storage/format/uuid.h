#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "common/base/bytes.h"

namespace cairn::storage {

/// 16 random bytes that name a cluster, a device or a set of devices; zeros: none.
struct Uuid {
    std::array<uint8_t, 16> bytes{};

    bool operator==(const Uuid&) const = default;
    bool is_nil() const { return *this == Uuid{}; }
    /// Its last eight bytes.
    uint64_t low() const { return load_le<uint64_t>(bytes.data() + 8); }
    /// "00112233-4455-6677-8899-aabbccddeeff".
    std::string text() const;
};

}  // namespace cairn::storage
