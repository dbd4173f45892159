#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/wire/message.h"

namespace cairn::client {

/// A bin's value, or a key: its type and its bytes as they travel. Layouts: docs/protocol.md, "Values".
struct Value {
    wire::Particle type = wire::Particle::null;
    std::string bytes;

    static Value integer(int64_t value);
    static Value real(double value);
    static Value boolean(bool value);
    static Value text(std::string_view value) { return {wire::Particle::string, std::string(value)}; }
    static Value blob(std::string_view value) { return {wire::Particle::blob, std::string(value)}; }

    /// Nothing when the value has another type or a size that type cannot have.
    std::optional<int64_t> as_integer() const;
    std::optional<double> as_real() const;
    std::optional<bool> as_boolean() const;

    bool operator==(const Value&) const = default;
};

struct Bin {
    std::string name;
    Value value;

    bool operator==(const Bin&) const = default;
};

}  // namespace cairn::client
