#pragma once
#include <gtest/gtest.h>

#include <bit>
#include <optional>
#include <string>
#include <vector>

#include "node/expr/evaluate.h"
#include "tests/unit/record/hex.h"

/// Expressions in hex against one record of a test's making.
namespace cairn::expr {

/// A record with bins of each type, stored as records are: i 5, j -3, f 2.5, s "abc", b 0F33, t true, l [3,1,2,"x"],
/// m ordered {"a":1,"b":[5,6]}, u unordered {"a":2,"q":1}, key "k1" in set "v".
class Sample {
public:
    Sample() {
        record::Draft draft;
        draft.begin(nullptr);
        bin(draft, "i", wire::Particle::integer, "05");
        bin(draft, "j", wire::Particle::integer, "FD");
        bin(draft, "f", wire::Particle::floating, "4004000000000000");
        bin(draft, "s", wire::Particle::string, "616263");
        bin(draft, "b", wire::Particle::blob, "0F33");
        bin(draft, "t", wire::Particle::boolean, "01");
        bin(draft, "l", wire::Particle::list, "94 03 01 02 A20378");
        bin(draft, "m", wire::Particle::map, "83 C70001 C0 A20361 01 A20362 92 05 06");
        bin(draft, "u", wire::Particle::map, "82 A20361 02 A20371 01");
        const auto key = from_hex("03 6B31");
        const size_t size = sizeof(record::Head) + record::stored_key_size(key.size()) + draft.stored_size();
        const uint32_t units = record::units_for(size);
        bytes_.resize(units);
        auto* head = reinterpret_cast<record::Head*>(bytes_.data());
        head->units = units;
        head->has_key = 1;
        head->pad = (units * record::kUnit - size) & 15;
        head->generation = 7;
        head->set_last_update_ms(kNowMs - 500);
        head->digest.bytes.fill(0);
        head->digest.bytes[16] = 10;  // what digest_modulo divides
        draft.store(record::store_key(head->body(), key));
    }

    record::Head& head() { return *reinterpret_cast<record::Head*>(bytes_.data()); }
    Subject subject() { return {.digest = head().digest, .set = "v", .now_ms = kNowMs, .head = &head()}; }

    /// The expression's value; nothing when it does not compile. What it views is good until the next call.
    std::optional<Value> value(std::string_view hex) {
        source_ = from_hex(hex);
        if (compile(source_, program_) != ResultCode::ok) return std::nullopt;
        memory_.reset();
        return evaluate(program_, subject(), memory_);
    }
    /// "yes", "no", "unknown", or "error" when it is no filter.
    std::string filter(std::string_view hex) {
        source_ = from_hex(hex);
        if (compile_filter(source_, program_) != ResultCode::ok) return "error";
        memory_.reset();
        const Value result = evaluate(program_, subject(), memory_);
        return result.is_true() ? "yes" : result.is_false() ? "no" : "unknown";
    }
    std::string metadata_filter(std::string_view hex) {
        source_ = from_hex(hex);
        if (compile_filter(source_, program_) != ResultCode::ok) return "error";
        memory_.reset();
        const Trilean result = evaluate_metadata(program_, subject(), memory_);
        return result == Trilean::yes ? "yes" : result == Trilean::no ? "no" : "unknown";
    }
    /// The value as msgpack in hex; "unknown", or "error" when it does not compile.
    std::string packed(std::string_view hex) {
        const auto result = value(hex);
        if (!result) return "error";
        if (result->unknown()) return "unknown";
        return hex_of(pack(*result, memory_));
    }
    const Program& program() const { return program_; }

    static std::string hex_of(Bytes bytes) {
        std::string text;
        for (const uint8_t byte : bytes) {
            constexpr char kDigits[] = "0123456789ABCDEF";
            text += kDigits[byte >> 4];
            text += kDigits[byte & 15];
        }
        return text;
    }
    static constexpr uint64_t kNowMs = 500'000'000'000;

private:
    struct alignas(16) Unit {
        uint8_t bytes[record::kUnit];
    };

    static void bin(record::Draft& draft, std::string_view name, wire::Particle type, std::string_view hex) {
        draft.set(name, type, draft.memory().keep(from_hex(hex)));
    }

    std::vector<Unit> bytes_;
    std::vector<uint8_t> source_;
    Program program_;
    record::Memory memory_;
};

}  // namespace cairn::expr
