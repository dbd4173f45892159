// Goal: runs of any place and length come out as when each bit is handled alone. Method: random operations on random
// blobs, against a model of one bool a bit; failures name the seed's step.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "node/blob/bits.h"
#include "tests/unit/blob/operation.h"

namespace cairn::blob {
namespace {

using Raw = Operation::Raw;
using Model = std::vector<bool>;

Model model_of(Bytes bytes) {
    Model bits;
    for (const uint8_t byte : bytes) {
        for (int i = 7; i >= 0; --i) bits.push_back((byte >> i & 1) != 0);
    }
    return bits;
}

struct Dice {
    std::mt19937_64 random{7};

    uint64_t below(uint64_t bound) { return random() % bound; }
    Octets bytes(size_t count) {
        Octets result(count);
        for (uint8_t& byte : result) byte = uint8_t(random());
        return result;
    }
};

/// What codes 3 to 9 do to one run.
void change(Model& bits, int code, size_t first, size_t size, const Model& value, size_t distance) {
    const Model old = bits;
    for (size_t i = 0; i < size; ++i) {
        const bool was = old[first + i];
        switch (code) {
            case 3: bits[first + i] = value[i]; break;
            case 4: bits[first + i] = was || value[i]; break;
            case 5: bits[first + i] = was != value[i]; break;
            case 6: bits[first + i] = was && value[i]; break;
            case 7: bits[first + i] = !was; break;
            case 8: bits[first + i] = i + distance < size && old[first + i + distance]; break;
            default: bits[first + i] = i >= distance && old[first + i - distance]; break;
        }
    }
}

Operation operation(int code, int64_t first, int64_t size, const Octets& value, int64_t distance) {
    if (code == 7) return {code, first, size};
    if (code >= 8) return {code, first, size, distance};
    return {code, first, size, Raw{value}};
}

TEST(BitsModel, ChangesAreThoseOfEachBit) {
    Dice dice;
    record::Memory memory;
    for (int step = 0; step < 20'000; ++step) {
        memory.reset();
        const Octets blob = dice.bytes(1 + dice.below(40));
        const size_t first = dice.below(blob.size() * 8);
        const size_t size = 1 + dice.below(blob.size() * 8 - first);
        const int code = 3 + int(dice.below(7));
        const Octets value = dice.bytes((size + 7) / 8);
        const size_t distance = dice.below(size + 3);

        ParticleValue changed, result;
        const ParticleValue bin{wire::Particle::blob, blob};
        const auto sent = operation(code, int64_t(first), int64_t(size), value, int64_t(distance));
        ASSERT_EQ(bits_modify(bin, sent, memory, changed, result), ResultCode::ok);
        Model expected = model_of(blob);
        change(expected, code, first, size, model_of(value), distance);
        ASSERT_EQ(model_of(changed.bytes), expected) << "step " << step << " code " << code;
    }
}

TEST(BitsModel, ReadsAreThoseOfEachBit) {
    Dice dice;
    record::Memory memory;
    for (int step = 0; step < 20'000; ++step) {
        memory.reset();
        Octets blob = dice.bytes(1 + dice.below(40));
        if (dice.below(2) == 0) std::ranges::fill(blob, dice.below(2) == 0 ? 0x00 : 0xFF);  // scans that find nothing
        const size_t first = dice.below(blob.size() * 8);
        const size_t size = 1 + dice.below(blob.size() * 8 - first);
        const bool sought = dice.below(2) == 0;
        const Model bits = model_of(blob);
        const auto begin = bits.begin() + int64_t(first), end = begin + int64_t(size);
        const auto read = [&](const Operation& sent) {
            ParticleValue result;
            EXPECT_EQ(bits_read({wire::Particle::blob, blob}, sent, memory, result), ResultCode::ok);
            return result;
        };
        const auto from = int64_t(first), wide = int64_t(size);

        ASSERT_EQ(record::load_integer(read({51, from, wide}).bytes), std::count(begin, end, true)) << step;
        const auto left = std::find(begin, end, sought);
        const int64_t left_at = left == end ? -1 : left - begin;
        ASSERT_EQ(record::load_integer(read({52, from, wide, sought}).bytes), left_at) << step;
        int64_t right_at = wide - 1;
        while (right_at >= 0 && begin[right_at] != sought) --right_at;
        ASSERT_EQ(record::load_integer(read({53, from, wide, sought}).bytes), right_at) << step;
        Model expected(begin, end);
        expected.resize((size + 7) / 8 * 8);
        ASSERT_EQ(model_of(read({50, from, wide}).bytes), expected) << step;
    }
}

}  // namespace
}  // namespace cairn::blob
