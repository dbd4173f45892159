#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/dice.h"

namespace cairn::fuzz {

/// Damages frames that a server once answered: flipped bits, lying sizes and counts, cut ends, spliced halves, repeated
/// fields.
class Mutator {
public:
    /// @param frames  whole request frames; not empty.
    Mutator(std::vector<std::string> frames, uint64_t seed) : frames_(std::move(frames)), dice_(seed) {}

    /// One frame, damaged one to four times; most announce the size they have.
    std::string next();
    sim::Dice& dice() { return dice_; }

private:
    void damage(std::string& frame);
    void lie(std::string& frame, size_t at, size_t bytes);
    void repeat_field(std::string& frame);
    const std::string& any() { return frames_[dice_.below(frames_.size())]; }

    const std::vector<std::string> frames_;
    sim::Dice dice_;
};

}  // namespace cairn::fuzz
