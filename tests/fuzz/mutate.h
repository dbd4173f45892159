#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::fuzz {

/// The same choices for the same seed on every machine (SplitMix64).
class Chance {
public:
    explicit Chance(uint64_t seed) : state_(seed) {}
    uint64_t next() {
        uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    uint64_t below(uint64_t count) { return next() % count; }
    bool once_in(uint64_t count) { return below(count) == 0; }

private:
    uint64_t state_;
};

/// Damages frames that a server once answered: flipped bits, lying sizes and counts, cut ends, spliced halves, repeated
/// fields.
class Mutator {
public:
    /// @param frames  whole request frames; not empty.
    Mutator(std::vector<std::string> frames, uint64_t seed) : frames_(std::move(frames)), chance_(seed) {}

    /// One frame, damaged one to four times; most announce the size they have.
    std::string next();
    Chance& chance() { return chance_; }

private:
    void damage(std::string& frame);
    void lie(std::string& frame, size_t at, size_t bytes);
    void repeat_field(std::string& frame);
    const std::string& any() { return frames_[chance_.below(frames_.size())]; }

    const std::vector<std::string> frames_;
    Chance chance_;
};

}  // namespace cairn::fuzz
