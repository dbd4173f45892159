#include "node/blob/bits.h"

#include <gtest/gtest.h>

#include "tests/unit/blob/operation.h"

namespace cairn::blob {
namespace {

using Raw = Operation::Raw;
using wire::Particle;

const Octets kEight{0x0F, 0x33, 0x55, 0xAA, 0x00, 0xFF, 0x80, 0x01};

constexpr int kResize = 0, kInsert = 1, kRemove = 2, kSet = 3, kOr = 4, kXor = 5, kAnd = 6, kNot = 7, kShiftLeft = 8,
              kShiftRight = 9, kAdd = 10, kSubtract = 11, kSetInteger = 12, kGet = 50, kCount = 51, kScanLeft = 52,
              kScanRight = 53, kGetInteger = 54;
constexpr int kCreateOnly = 1, kUpdateOnly = 2, kNoFail = 4, kPartial = 8;
constexpr int kFromFront = 1, kGrowOnly = 2, kShrinkOnly = 4;
constexpr int kSigned = 1, kSaturate = 2, kWrap = 4;

ParticleValue blob_of(const Octets& bytes) { return {Particle::blob, bytes}; }

struct Bits : testing::Test {
    record::Memory memory;
    ParticleValue changed;
    ParticleValue result;

    ResultCode modify(const ParticleValue& bin, const Operation& operation) {
        return bits_modify(bin, operation, memory, changed, result);
    }
    /// What the blob becomes; the operation succeeds.
    Octets after(const Octets& bin, const Operation& operation) {
        EXPECT_EQ(modify(blob_of(bin), operation), ResultCode::ok);
        EXPECT_TRUE(result.absent());
        return octets(changed.bytes);
    }
    ResultCode read(const Octets& bin, const Operation& operation) {
        return bits_read(blob_of(bin), operation, memory, result);
    }
    int64_t integer(const Octets& bin, const Operation& operation) {
        EXPECT_EQ(read(bin, operation), ResultCode::ok);
        EXPECT_EQ(result.type, Particle::integer);
        return record::load_integer(result.bytes);
    }
    Octets bytes(const Octets& bin, const Operation& operation) {
        EXPECT_EQ(read(bin, operation), ResultCode::ok);
        EXPECT_EQ(result.type, Particle::blob);
        return octets(result.bytes);
    }
};

TEST_F(Bits, GetAlignsToTheLeft) {
    EXPECT_EQ(bytes(kEight, {kGet, 4, 6}), (Octets{0xF0}));  // 1111 00
    EXPECT_EQ(bytes(kEight, {kGet, 4, 12}), (Octets{0xF3, 0x30}));
    EXPECT_EQ(bytes(kEight, {kGet, -8, 8}), (Octets{0x01}));
}

TEST_F(Bits, CountAndScansLookAtTheRunAlone) {
    EXPECT_EQ(integer(kEight, {kCount, 0, 64}), 26);
    EXPECT_EQ(integer(kEight, {kCount, 5, 9}), 5);
    EXPECT_EQ(integer(kEight, {kScanLeft, 32, 16, true}), 8);
    EXPECT_EQ(integer(kEight, {kScanLeft, 40, 8, false}), -1);
    EXPECT_EQ(integer(kEight, {kScanRight, 0, 8, false}), 3);
    EXPECT_EQ(integer(kEight, {kScanRight, 32, 8, true}), -1);
}

TEST_F(Bits, GetIntegerExtendsTheSignWhenAsked) {
    EXPECT_EQ(integer(kEight, {kGetInteger, 8, 16}), 0x3355);
    EXPECT_EQ(integer(kEight, {kGetInteger, 40, 8}), 255);
    EXPECT_EQ(integer(kEight, {kGetInteger, 40, 8, kSigned}), -1);
    EXPECT_EQ(integer(kEight, {kGetInteger, 4, 5, kSigned}), -2);
    EXPECT_EQ(integer(kEight, {kGetInteger, 0, 64}), 0x0F3355AA00FF8001);
}

TEST_F(Bits, ReadsStayWithinTheBlob) {
    EXPECT_EQ(read(kEight, {kGet, 1, 64}), ResultCode::op_not_applicable);
    EXPECT_EQ(read(kEight, {kCount, -8, 9}), ResultCode::op_not_applicable);
    EXPECT_EQ(read(kEight, {kGet, INT64_MAX, INT64_MAX}), ResultCode::op_not_applicable);
    EXPECT_EQ(read(kEight, {kGet, -65, 1}), ResultCode::parameter);
    EXPECT_EQ(read(kEight, {kGet, INT64_MIN, 1}), ResultCode::parameter);
    EXPECT_EQ(read(kEight, {kGet, 0, 0}), ResultCode::parameter);
    EXPECT_EQ(read(kEight, {kGetInteger, 0, 65}), ResultCode::parameter);
}

TEST_F(Bits, ReadsOfNoBinAnswerNothingWhateverIsAsked) {
    ASSERT_EQ(bits_read({}, Operation{kGet, 0, 0, 0, 0}, memory, result), ResultCode::ok);
    EXPECT_TRUE(result.absent());
}

TEST_F(Bits, OnlyPlainBlobsHaveBits) {
    const Octets bytes{1, 2};
    EXPECT_EQ(bits_read({Particle::java_blob, bytes}, Operation{kGet, 0, 8}, memory, result),
              ResultCode::incompatible_type);
    EXPECT_EQ(modify({Particle::string, bytes}, {kNot, 0, 8}), ResultCode::incompatible_type);
    EXPECT_EQ(modify({Particle::string, bytes}, {kNot, 0, 0}), ResultCode::parameter) << "malformed comes first";
}

TEST_F(Bits, ReadingAndChangingCodesAreApart) {
    EXPECT_EQ(read(kEight, {kNot, 0, 8}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of(kEight), {kGet, 0, 8}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of(kEight), {255, 0, 8}), ResultCode::parameter);
    EXPECT_EQ(bits_read(blob_of(kEight), Bytes{}, memory, result), ResultCode::parameter);
}

TEST_F(Bits, ResizeGrowsWithZerosAndCutsAtEitherEnd) {
    EXPECT_EQ(after({1, 2, 3}, {kResize, 5}), (Octets{1, 2, 3, 0, 0}));
    EXPECT_EQ(after({1, 2, 3}, {kResize, 5, 0, kFromFront}), (Octets{0, 0, 1, 2, 3}));
    EXPECT_EQ(after({1, 2, 3}, {kResize, 1}), (Octets{1}));
    EXPECT_EQ(after({1, 2, 3}, {kResize, 1, 0, kFromFront}), (Octets{3}));
    EXPECT_EQ(modify(blob_of(kEight), {kResize, 1, 0, kGrowOnly}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of(kEight), {kResize, 9, 0, kShrinkOnly}), ResultCode::parameter);
    EXPECT_EQ(after({1, 2, 3}, {kResize, 9, kNoFail, kShrinkOnly}), (Octets{1, 2, 3}));
}

TEST_F(Bits, ResizeAndInsertMakeABin) {
    ASSERT_EQ(modify({}, {kResize, 2}), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes), (Octets{0, 0}));
    ASSERT_EQ(modify({}, {kInsert, 2, Raw{{7}}}), ResultCode::ok);
    EXPECT_EQ(octets(changed.bytes), (Octets{0, 0, 7}));
    ASSERT_EQ(modify({}, {kResize, 0}), ResultCode::ok);
    EXPECT_TRUE(changed.absent()) << "of nothing";
    EXPECT_EQ(modify({}, {kResize, 2, kUpdateOnly}), ResultCode::bin_not_found);
    EXPECT_EQ(modify({}, {kInsert, -1, Raw{{7}}}), ResultCode::parameter);
}

TEST_F(Bits, OtherOperationsNeedABin) {
    EXPECT_EQ(modify({}, {kNot, 0, 8}), ResultCode::bin_not_found);
    ASSERT_EQ(modify({}, {kNot, 0, 8, kNoFail}), ResultCode::ok);
    EXPECT_TRUE(changed.absent());
}

TEST_F(Bits, CreateOnlyLeavesWhatIsThere) {
    EXPECT_EQ(modify(blob_of({1}), {kResize, 2, kCreateOnly}), ResultCode::bin_exists);
    EXPECT_EQ(after({1}, {kResize, 2, kCreateOnly | kNoFail}), (Octets{1}));
}

TEST_F(Bits, InsertMovesOrPads) {
    EXPECT_EQ(after({1, 2}, {kInsert, 1, Raw{{8, 9}}}), (Octets{1, 8, 9, 2}));
    EXPECT_EQ(after({1, 2}, {kInsert, -1, Raw{{8}}}), (Octets{1, 8, 2}));
    EXPECT_EQ(after({1, 2}, {kInsert, 3, Raw{{8}}}), (Octets{1, 2, 0, 8}));
    EXPECT_EQ(modify(blob_of({1, 2}), {kInsert, -3, Raw{{8}}, kNoFail}), ResultCode::parameter);
}

TEST_F(Bits, WhatNoRecordCanHoldIsNotMade) {
    EXPECT_EQ(modify({}, {kResize, 100 << 20}), ResultCode::record_too_big);
    EXPECT_EQ(modify({}, {kResize, (128 << 20) + 1}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of({1}), {kInsert, 100 << 20, Raw{{1}}}), ResultCode::record_too_big);
    EXPECT_EQ(modify(blob_of({1}), {kInsert, INT64_MAX, Raw{{1}}}), ResultCode::parameter);
}

TEST_F(Bits, RemoveTakesWhatIsThereWhenPartial) {
    EXPECT_EQ(after({1, 2, 3}, {kRemove, 1, 1}), (Octets{1, 3}));
    EXPECT_EQ(after({1, 2, 3}, {kRemove, -2, 2}), (Octets{1}));
    EXPECT_EQ(modify(blob_of({1, 2, 3}), {kRemove, 1, 3}), ResultCode::parameter);
    EXPECT_EQ(after({1, 2, 3}, {kRemove, 1, 3, kPartial}), (Octets{1}));
    EXPECT_EQ(modify(blob_of({1, 2, 3}), {kRemove, 3, 1, kPartial}), ResultCode::parameter);
}

TEST_F(Bits, CombiningTouchesTheRunAlone) {
    const Octets ones{0xFF, 0xFF, 0xFF};
    EXPECT_EQ(after({0, 0, 0}, {kSet, 13, 3, Raw{{0xE0}}}), (Octets{0, 0x07, 0}));
    EXPECT_EQ(after({0, 0, 0}, {kOr, 4, 12, Raw{{0xA5, 0xF0}}}), (Octets{0x0A, 0x5F, 0}));
    EXPECT_EQ(after(ones, {kXor, 4, 12, Raw{{0xA5, 0xF0}}}), (Octets{0xF5, 0xA0, 0xFF}));
    EXPECT_EQ(after(ones, {kAnd, 4, 12, Raw{{0xA5, 0x00}}}), (Octets{0xFA, 0x50, 0xFF}));
    EXPECT_EQ(after(ones, {kNot, 7, 2}), (Octets{0xFE, 0x7F, 0xFF}));
    EXPECT_EQ(modify(blob_of(ones), {kSet, 0, 9, Raw{{1}}}), ResultCode::parameter) << "fewer bits than the run";
}

TEST_F(Bits, ARunPastTheEndFailsOrIsCut) {
    const Octets zeros{0, 0};
    EXPECT_EQ(modify(blob_of(zeros), {kNot, 12, 8}), ResultCode::op_not_applicable);
    EXPECT_EQ(after(zeros, {kNot, 12, 8, kNoFail}), zeros);
    EXPECT_EQ(after(zeros, {kNot, 12, 8, kPartial}), (Octets{0, 0x0F}));
    EXPECT_EQ(modify(blob_of(zeros), {kNot, 16, 8, kPartial}), ResultCode::op_not_applicable);
    EXPECT_EQ(modify(blob_of(zeros), {kNot, -17, 8, kNoFail}), ResultCode::parameter);
}

TEST_F(Bits, ShiftsFillWithZeros) {
    EXPECT_EQ(after({0xFF, 0xFF}, {kShiftLeft, 4, 8, 3}), (Octets{0xFF, 0x8F}));
    EXPECT_EQ(after({0xFF, 0xFF}, {kShiftRight, 4, 8, 3}), (Octets{0xF1, 0xFF}));
    EXPECT_EQ(after({0xFF, 0xFF}, {kShiftRight, 4, 8, 1000}), (Octets{0xF0, 0x0F}));
}

TEST_F(Bits, ACutRunIsClearedByAShiftBeyondIt) {
    // The reference server dies of these.
    EXPECT_EQ(after({0xFF, 0xFF, 0xFF}, {kShiftRight, -2, 16, 28, kPartial | kNoFail}), (Octets{0xFF, 0xFF, 0xFC}));
    EXPECT_EQ(after({0xFF, 0xFF, 0xFF, 0xFF}, {kShiftLeft, 25, 8, 16, kPartial}), (Octets{0xFF, 0xFF, 0xFF, 0x80}));
}

TEST_F(Bits, SumsThatDoNotFitFailSaturateOrWrap) {
    const Octets full{0xFF, 0};
    EXPECT_EQ(modify(blob_of(full), {kAdd, 0, 8, 2}), ResultCode::op_not_applicable);
    EXPECT_EQ(after(full, {kAdd, 0, 8, 2, kNoFail}), full);
    EXPECT_EQ(after(full, {kAdd, 0, 8, 2, 0, kSaturate}), (Octets{0xFF, 0}));
    EXPECT_EQ(after(full, {kAdd, 0, 8, 2, 0, kWrap}), (Octets{0x01, 0}));
    EXPECT_EQ(after(full, {kAdd, 0, 8, 2, 0, kSigned}), (Octets{0x01, 0}));  // -1 + 2
    EXPECT_EQ(after({0x7F, 0}, {kAdd, 0, 8, 2, 0, kSigned | kSaturate}), (Octets{0x7F, 0}));
    EXPECT_EQ(after({0x80, 0}, {kSubtract, 0, 8, 2, 0, kSigned | kSaturate}), (Octets{0x80, 0}));
    EXPECT_EQ(after({0x01, 0}, {kSubtract, 0, 8, 2, 0, kSaturate}), (Octets{0x00, 0}));
    EXPECT_EQ(after({0x01, 0}, {kSubtract, 0, 8, 2, 0, kWrap}), (Octets{0xFF, 0}));
    EXPECT_EQ(modify(blob_of({0xFF}), {kAdd, 4, 8, 1, kPartial}), ResultCode::parameter);
}

TEST_F(Bits, OperandsCountModuloTheWidth) {
    EXPECT_EQ(after({0, 0}, {kAdd, 4, 4, 0x12}), (Octets{0x02, 0}));
    EXPECT_EQ(after({0xFF, 0xFF}, {kSetInteger, 4, 8, 0x1AB}), (Octets{0xFA, 0xBF}));
    EXPECT_EQ(after(kEight, {kSetInteger, 0, 64, -1}), Octets(8, 0xFF));
}

TEST_F(Bits, SignedNumbersOfOneBitNeverOverflow) {
    EXPECT_EQ(after({0x80}, {kAdd, 0, 1, 1, 0, kSigned}), (Octets{0x00}));
    EXPECT_EQ(after({0x80}, {kSubtract, 0, 1, 1, 0, kSigned | kSaturate}), (Octets{0x00}));
}

TEST_F(Bits, ContraryAndUnknownFlagsAreRefused) {
    EXPECT_EQ(modify({}, {kResize, 1, kCreateOnly | kUpdateOnly}), ResultCode::parameter);
    EXPECT_EQ(modify({}, {kResize, 1, kPartial}), ResultCode::parameter);
    EXPECT_EQ(modify({}, {kResize, 1, 0, kGrowOnly | kShrinkOnly}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of(kEight), {kAdd, 0, 8, 1, 0, kSaturate | kWrap}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of(kEight), {kNot, 0, 8, kCreateOnly}), ResultCode::parameter);
    EXPECT_EQ(modify(blob_of(kEight), {kNot, 0, 8, 0, 0}), ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::blob
