#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>

#include "common/base/hash.h"
#include "common/base/time.h"

namespace cairn::sim {

/// What happened in a World, as one number: two runs with the same hash had the same history. With a file, also as
/// text, one event a line, so that two runs can be compared with diff.
class Trace {
public:
    /// @param what     a word for the event.
    /// @param numbers  its facts: ids, byte counts. Never a pointer: those differ between runs.
    template <class... Numbers>
    void note(Instant now, std::string_view what, Numbers... numbers) {
        const std::array<uint64_t, sizeof...(numbers) + 1> facts{static_cast<uint64_t>(now.count()),
                                                                 static_cast<uint64_t>(numbers)...};
        hash_ = hash64(as_bytes(what), hash_);
        hash_ = hash64({reinterpret_cast<const uint8_t*>(facts.data()), sizeof(facts)}, hash_);
        if (text_ != nullptr) print(what, facts);
    }

    uint64_t hash() const { return hash_; }
    /// @param text  outlives the trace; nullptr for none.
    void print_to(std::FILE* text) { text_ = text; }

private:
    void print(std::string_view what, std::span<const uint64_t> facts) const {
        std::fprintf(text_, "%12.6f ms %.*s", static_cast<double>(facts[0]) / 1e6, static_cast<int>(what.size()),
                     what.data());
        for (const uint64_t fact : facts.subspan(1))
            std::fprintf(text_, " %llu", static_cast<unsigned long long>(fact));
        std::fputc('\n', text_);
    }

    uint64_t hash_ = 0;
    std::FILE* text_ = nullptr;
};

}  // namespace cairn::sim
