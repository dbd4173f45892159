#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/log/level.h"

namespace cairn::log {

/// What a field may hold. It borrows text: it lives no longer than the call it is an argument of.
class Value {
public:
    Value(bool value) : held_(value) {}
    Value(std::signed_integral auto value) : held_(int64_t(value)) {}
    Value(std::unsigned_integral auto value) : held_(uint64_t(value)) {}
    Value(std::floating_point auto value) : held_(double(value)) {}
    Value(const char* text) : held_(std::string_view(text)) {}
    Value(std::string_view text) : held_(text) {}
    Value(const std::string& text) : held_(std::string_view(text)) {}

    using Held = std::variant<bool, int64_t, uint64_t, double, std::string_view>;
    const Held& held() const { return held_; }

private:
    Held held_;
};

/// `key` is a literal of ours; `value` may be hostile.
struct Field {
    std::string_view key;
    Value value;
};

/// Longer text is cut and ends in "...": a peer may choose how long a name is, not how long our lines are.
constexpr size_t kTextBytesMax = 1024;

/// A line without its time, in one of two forms. Whatever bytes the texts hold, it is one line: control bytes are
/// escaped, and a value that could be taken for something else stands in quotes.
/// Text: `INFO  namespace: stop-writes on namespace=test used=91`
std::string text_line(Level level, Module module, std::string_view message, std::span<const Field> fields);
/// JSON, the members after "ts": `"level":"INFO","module":"namespace","msg":"stop-writes on","namespace":"test"}`
std::string json_line(Level level, Module module, std::string_view message, std::span<const Field> fields);

}  // namespace cairn::log
