#include "node/blob/hll.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>

#include "node/blob/murmur3.h"
#include "node/blob/sketch.h"
#include "tests/unit/blob/operation.h"

namespace cairn::blob {
namespace {

using List = Operation::List;
using Raw = Operation::Raw;
using wire::Particle;

constexpr int kInit = 0, kAdd = 1, kUnion = 2, kRefresh = 3, kFold = 4, kCount = 50, kGetUnion = 51, kUnionCount = 52,
              kIntersectCount = 53, kSimilarity = 54, kDescribe = 55, kMayContain = 56;
constexpr int kCreateOnly = 1, kUpdateOnly = 2, kNoFail = 4, kAllowFold = 8;
constexpr uint8_t kSketchPrefix = 18;

/// The numbers from `from` up to, but not including, `to`.
List numbers(int64_t from, int64_t to) {
    List list;
    for (int64_t i = from; i < to; ++i) list.values.emplace_back(i);
    return list;
}

Raw as_argument(const Octets& sketch) { return {sketch, kSketchPrefix}; }

struct Hll : testing::Test {
    record::Memory memory;
    ParticleValue changed;
    ParticleValue result;

    ResultCode modify(const ParticleValue& bin, const Operation& operation) {
        return hll_modify(bin, operation, memory, changed, result);
    }
    ResultCode modify(const Octets& bin, const Operation& operation) {
        return modify(ParticleValue{Particle::hll, bin}, operation);
    }
    /// A sketch of a list's elements.
    Octets sketch(int index_bits, int minhash_bits, const List& elements) {
        EXPECT_EQ(modify(ParticleValue{}, {kAdd, elements, index_bits, minhash_bits}), ResultCode::ok);
        EXPECT_EQ(changed.type, Particle::hll);
        return octets(changed.bytes);
    }
    ResultCode read(const Octets& bin, const Operation& operation) {
        return hll_read({Particle::hll, bin}, operation, memory, result);
    }
    int64_t integer(const Octets& bin, const Operation& operation) {
        EXPECT_EQ(read(bin, operation), ResultCode::ok);
        EXPECT_EQ(result.type, Particle::integer);
        return record::load_integer(result.bytes);
    }
    double floating(const Octets& bin, const Operation& operation) {
        EXPECT_EQ(read(bin, operation), ResultCode::ok);
        EXPECT_EQ(result.type, Particle::floating);
        return std::bit_cast<double>(load_be<uint64_t>(result.bytes.data()));
    }
};

TEST(Murmur3, HashesAsTheReferenceDoes) {
    const Octets a{0xA2, 0x03, 0x61};
    EXPECT_EQ(murmur3(a).low, 0x8D15AE180C40A275);
    EXPECT_EQ(murmur3(a).high, 0x0E22C7DD0FE0DA88);
    EXPECT_EQ(murmur3(Octets{1}).low, 0x7ACE5C908374FE16);
    EXPECT_EQ(murmur3({}).low, 0u);
    // Beyond one block of 16 bytes: known from the algorithm's own test vectors.
    const std::string_view text = "The quick brown fox jumps over the lazy dog";
    EXPECT_EQ(murmur3(as_bytes(text)).low, 0xE34BBC7BBC071B6C);
    EXPECT_EQ(murmur3(as_bytes(text)).high, 0x7A433CA9C49A9347);
}

TEST(Sketch, AnElementFallsOnItsRegister) {
    const Octets a{0xA2, 0x03, 0x61};
    EXPECT_EQ(place_of(a, {8, 0}).index, 117u);
    EXPECT_EQ(place_of(a, {8, 0}).value, 4u);
    EXPECT_EQ(place_of(a, {4, 4}).index, 5u);
    EXPECT_EQ(place_of(a, {4, 4}).value, 71u);
}

TEST_F(Hll, AddMakesASketchInTheReferencesForm) {
    ASSERT_EQ(modify(ParticleValue{}, {kAdd, List{{"a", 1}}, 4, 0}), ResultCode::ok);
    EXPECT_EQ(record::load_integer(result.bytes), 2);
    const Octets expected{0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(octets(changed.bytes), expected);
    EXPECT_EQ(integer(expected, {kCount}), 2);
}

TEST_F(Hll, AddTellsHowManyRegistersRoseAndForgetsTheCachedCount) {
    Octets bin = sketch(8, 0, numbers(0, 20));
    ASSERT_EQ(modify(bin, {kRefresh}), ResultCode::ok);
    EXPECT_EQ(record::load_integer(result.bytes), 20);
    bin = octets(changed.bytes);
    EXPECT_EQ(bin[3], 20);

    ASSERT_EQ(modify(bin, {kAdd, numbers(0, 20), 8, 0}), ResultCode::ok);
    EXPECT_EQ(record::load_integer(result.bytes), 0);
    EXPECT_EQ(octets(changed.bytes), bin) << "nothing new";
    ASSERT_EQ(modify(bin, {kAdd, numbers(100, 105), 8, 0}), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes)[3], 0);
}

TEST_F(Hll, ElementsAreScalarsAndCountInNormalForm) {
    EXPECT_EQ(modify(ParticleValue{}, {kAdd, List{}, 8}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kAdd, List{{List{{1}}}}, 8}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kAdd, 5, 8}), ResultCode::parameter);

    const Octets one = sketch(8, 0, List{{1}});
    const Octets wide{0x93, 1, 0x91, 0xCD, 0, 1, 8};  // [1, [1 in three bytes], 8]
    ASSERT_EQ(hll_modify({}, wide, memory, changed, result), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes), one);
}

TEST_F(Hll, BitsMustFitAndAreTakenFromTheBinWhenThereIsOne) {
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 3}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 17}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 8, 3}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 8, 52}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 14, 51}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, -1}), ResultCode::op_not_applicable);
    EXPECT_EQ(modify(ParticleValue{}, {kAdd, numbers(0, 1)}), ResultCode::op_not_applicable);

    const Octets bin = sketch(8, 4, numbers(0, 9));
    ASSERT_EQ(modify(bin, {kAdd, numbers(9, 10), 10, 0}), ResultCode::ok);
    EXPECT_EQ(changed.bytes[1], 8);
    ASSERT_EQ(modify(bin, {kInit, -1, 8}), ResultCode::ok);
    EXPECT_EQ(changed.bytes[1], 8);
    EXPECT_EQ(changed.bytes[2], 8);
    EXPECT_EQ(integer(octets(changed.bytes), {kCount}), 0);
}

TEST_F(Hll, FlagsDecideOnBinsThatAreThereOrNot) {
    const Octets bin = sketch(8, 0, numbers(0, 9));
    EXPECT_EQ(modify(bin, {kInit, 8, 0, kCreateOnly}), ResultCode::bin_exists);
    ASSERT_EQ(modify(bin, {kInit, 8, 0, kCreateOnly | kNoFail}), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes), bin);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 8, 0, kUpdateOnly}), ResultCode::bin_not_found);
    EXPECT_EQ(modify(ParticleValue{}, {kInit, 8, 0, kCreateOnly | kUpdateOnly}), ResultCode::parameter);
    EXPECT_EQ(modify(bin, {kAdd, numbers(0, 1), 8, 0, kUpdateOnly}), ResultCode::parameter);
    EXPECT_EQ(modify(ParticleValue{}, {kRefresh}), ResultCode::bin_not_found);
    EXPECT_EQ(modify(ParticleValue{}, {kFold, 4}), ResultCode::bin_not_found);
}

TEST_F(Hll, OtherBinsAreRefusedBeforeArgumentsAreRead) {
    const Octets bytes{1, 2, 3};
    EXPECT_EQ(modify(ParticleValue{Particle::blob, bytes}, {kInit, 99}), ResultCode::incompatible_type);
    EXPECT_EQ(modify(ParticleValue{Particle::blob, bytes}, {kCount}), ResultCode::parameter) << "no such change";
    EXPECT_EQ(modify(bytes, {kInit, 8}), ResultCode::server_error) << "damaged";
    EXPECT_EQ(hll_read({Particle::blob, bytes}, Operation{kCount, 1}, memory, result), ResultCode::incompatible_type);
    EXPECT_EQ(read(bytes, {kCount}), ResultCode::server_error);
    ASSERT_EQ(hll_read({}, Operation{99}, memory, result), ResultCode::ok);
    EXPECT_TRUE(result.absent());
}

TEST_F(Hll, CountsAreWithinTheErrorOfTheirPrecision) {
    const Octets bin = sketch(12, 0, numbers(0, 50'000));
    EXPECT_NEAR(double(integer(bin, {kCount})), 50'000, 50'000 * 3 * 1.04 / 64);  // three standard errors
}

TEST_F(Hll, RegistersFullOfOnesCountAsMuchAsThereIs) {
    Octets bin = sketch(4, 0, numbers(0, 1));
    std::fill(bin.begin() + 11, bin.end(), 0xFF);
    EXPECT_EQ(integer(bin, {kCount}), INT64_MIN);
}

TEST_F(Hll, DescribeAndMayContain) {
    const Octets bin = sketch(8, 4, numbers(0, 30));
    ASSERT_EQ(read(bin, {kDescribe}), ResultCode::ok);
    EXPECT_EQ(result.type, Particle::list);
    EXPECT_EQ(octets(result.bytes), (Octets{0x92, 8, 4}));
    EXPECT_EQ(integer(bin, {kMayContain, numbers(0, 30)}), 1);
    EXPECT_EQ(integer(bin, {kMayContain, numbers(0, 60)}), 0);
    EXPECT_EQ(read(bin, {kMayContain, List{}}), ResultCode::parameter);
    EXPECT_EQ(read(bin, {kDescribe, 1}), ResultCode::parameter);
}

TEST_F(Hll, AFoldedSketchIsThatOfTheSameElements) {
    const Octets fine = sketch(12, 0, numbers(0, 3'000));
    for (const int bits : {4, 6, 11}) {
        ASSERT_EQ(modify(fine, {kFold, bits}), ResultCode::ok);
        EXPECT_EQ(octets(changed.bytes), sketch(bits, 0, numbers(0, 3'000))) << bits;
    }
    EXPECT_EQ(modify(fine, {kFold, 13}), ResultCode::op_not_applicable);
    EXPECT_EQ(modify(fine, {kFold, -1}), ResultCode::op_not_applicable);
    EXPECT_EQ(modify(sketch(8, 4, numbers(0, 9)), {kFold, 4}), ResultCode::op_not_applicable);
}

TEST_F(Hll, AUnionIsTheSketchOfAllElements) {
    for (const int minhash_bits : {0, 4, 20}) {
        const Octets all = sketch(9, minhash_bits, numbers(0, 900));
        const Octets a = sketch(9, minhash_bits, numbers(0, 500));
        const Octets b = sketch(9, minhash_bits, numbers(300, 900));
        ASSERT_EQ(read(a, {kGetUnion, List{{as_argument(b)}}}), ResultCode::ok);
        EXPECT_EQ(result.type, Particle::hll);
        EXPECT_EQ(octets(result.bytes), all) << minhash_bits;
        ASSERT_EQ(modify(a, {kUnion, List{{as_argument(b)}}}), ResultCode::ok);
        EXPECT_EQ(octets(changed.bytes), all) << minhash_bits;
        EXPECT_EQ(integer(a, {kUnionCount, as_argument(b)}), integer(all, {kCount})) << "one sketch without a list";
    }
}

TEST_F(Hll, AUnionIsAsFineAsItsCoarsestPart) {
    const Octets fine = sketch(10, 0, numbers(0, 500));
    const Octets coarse = sketch(6, 0, numbers(300, 900));
    EXPECT_EQ(modify(fine, {kUnion, List{{as_argument(coarse)}}}), ResultCode::op_not_applicable);
    EXPECT_EQ(modify(fine, {kUnion, List{{as_argument(coarse)}}, kNoFail}), ResultCode::op_not_applicable);
    ASSERT_EQ(modify(fine, {kUnion, List{{as_argument(coarse)}}, kAllowFold}), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes), sketch(6, 0, numbers(0, 900)));
    ASSERT_EQ(modify(coarse, {kUnion, List{{as_argument(fine)}}}), ResultCode::ok) << "it loses nothing";

    const Octets hashed = sketch(10, 8, numbers(0, 500));
    EXPECT_EQ(modify(hashed, {kUnion, List{{as_argument(fine)}}}), ResultCode::op_not_applicable);
    ASSERT_EQ(modify(fine, {kUnion, List{{as_argument(hashed)}}}), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes), fine);
}

TEST_F(Hll, IntersectionsAreEstimated) {
    for (const int minhash_bits : {0, 20}) {
        const Octets a = sketch(12, minhash_bits, numbers(0, 2'000));
        const Octets b = sketch(12, minhash_bits, numbers(1'000, 3'000));
        const Octets c = sketch(12, minhash_bits, numbers(1'500, 2'500));
        EXPECT_NEAR(double(integer(a, {kIntersectCount, List{{as_argument(b)}}})), 1'000, 150) << minhash_bits;
        EXPECT_NEAR(floating(a, {kSimilarity, List{{as_argument(b)}}}), 1.0 / 3, 0.05) << minhash_bits;
        const List both{{as_argument(b), as_argument(c)}};
        EXPECT_NEAR(double(integer(a, {kIntersectCount, both})), 500, 150) << minhash_bits;
    }
}

TEST_F(Hll, MoreThanThreeSketchesCompareByMinhashAlone) {
    const Octets plain = sketch(8, 0, numbers(0, 100));
    const Octets hashed = sketch(8, 8, numbers(0, 100));
    const List plains{{as_argument(plain), as_argument(plain), as_argument(plain)}};
    const List hasheds{{as_argument(hashed), as_argument(hashed), as_argument(hashed)}};
    EXPECT_EQ(read(plain, {kSimilarity, plains}), ResultCode::parameter);
    EXPECT_EQ(read(plain, {kSimilarity, hasheds}), ResultCode::op_not_applicable);
    EXPECT_EQ(floating(hashed, {kSimilarity, hasheds}), 1);
}

TEST_F(Hll, EmptySetsHaveNoSimilarity) {
    for (const int minhash_bits : {0, 8}) {
        ASSERT_EQ(modify(ParticleValue{}, {kInit, 8, minhash_bits}), ResultCode::ok);
        const Octets empty = octets(changed.bytes);
        EXPECT_TRUE(std::isnan(floating(empty, {kSimilarity, List{{as_argument(empty)}}})));
        EXPECT_EQ(integer(empty, {kIntersectCount, List{{as_argument(empty)}}}), 0);
    }
}

TEST_F(Hll, ArgumentsThatAreNoSketchesAreRefused) {
    const Octets bin = sketch(4, 0, numbers(0, 9));
    Octets flagged = bin;
    flagged[0] = 1;
    Octets cut = bin;
    cut.pop_back();
    EXPECT_EQ(read(bin, {kUnionCount, List{{as_argument(flagged)}}}), ResultCode::parameter);
    EXPECT_EQ(read(bin, {kUnionCount, List{{as_argument(cut)}}}), ResultCode::parameter);
    EXPECT_EQ(read(bin, {kUnionCount, List{}}), ResultCode::parameter);
    EXPECT_EQ(read(bin, {kUnionCount, 5}), ResultCode::parameter);
    EXPECT_EQ(read(bin, {kUnionCount}), ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::blob
