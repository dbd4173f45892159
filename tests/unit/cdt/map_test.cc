#include <gtest/gtest.h>

#include "tests/unit/cdt/run.h"

namespace cairn::cdt::test {
namespace {

constexpr int kIndex = 1, kRank = 3, kCount = 5, kKey = 6, kValue = 7, kKeyValue = 8, kInverted = 0x10000;

TEST(CdtMap, PutCreatesTheBinWithItsOrder) {
    Bin bin;
    EXPECT_EQ(bin.modify({67, "k", 1, 1}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_map({"k", 1}));
    EXPECT_EQ(bin.number(), 1);
}

TEST(CdtMap, PairsAreKeptByKeyInEveryMap) {
    Bin bin(map({1, "one", "b", 2}));
    EXPECT_EQ(bin.modify({67, "a", 3}), ResultCode::ok);
    EXPECT_EQ(bin.modify({67, 0, 4}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({0, 4, 1, "one", "a", 3, "b", 2}));
}

TEST(CdtMap, PutReplacesAValue) {
    Bin bin(map({"a", 1, "b", 2}));
    EXPECT_EQ(bin.modify({67, "a", "long enough to move what follows"}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"a", "long enough to move what follows", "b", 2}));
    EXPECT_EQ(bin.number(), 2);
}

TEST(CdtMap, PoliciesDecideAboutKeys) {
    Bin bin(map({"a", 1}));
    EXPECT_EQ(bin.modify({67, "a", 2, 0, 1}), ResultCode::element_exists);
    EXPECT_EQ(bin.modify({67, "b", 2, 0, 2}), ResultCode::element_not_found);
    EXPECT_EQ(bin.modify({67, "b", 2, 0, 2 | 4}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"a", 1}));
}

TEST(CdtMap, PartialPutsWhatMayBePut) {
    Bin bin(map({"a", 1}));
    EXPECT_EQ(bin.modify({68, map({"a", 9, "b", 2}), 0, 1 | 4 | 8}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"a", 1, "b", 2}));
    EXPECT_EQ(bin.modify({68, map({"b", 9, "c", 3}), 0, 1 | 4}), ResultCode::ok);  // all or nothing
    EXPECT_EQ(bin.value(), map({"a", 1, "b", 2}));
}

TEST(CdtMap, ItemsNeedNotBeSorted) {
    Bin bin;
    EXPECT_EQ(bin.modify({68, map({"z", 1, "a", 2})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"a", 2, "z", 1}));
}

TEST(CdtMap, KeysAreIntegersStringsOrBlobs) {
    Bin bin;
    EXPECT_EQ(bin.modify({67, nil(), 1}), ResultCode::parameter);
    EXPECT_EQ(bin.modify({67, 1.5, 1}), ResultCode::parameter);
    EXPECT_EQ(bin.modify({67, list({1}), 1}), ResultCode::parameter);
    EXPECT_EQ(bin.modify({67, Packed{0xA2, 0x04, 0x01}, 1}), ResultCode::ok);
}

TEST(CdtMap, IncrementCreatesAndDecrementSubtracts) {
    Bin bin;
    EXPECT_EQ(bin.modify({73, "n", 5}), ResultCode::ok);
    EXPECT_EQ(bin.modify({74, "n", 7}), ResultCode::ok);
    EXPECT_EQ(bin.number(), -2);
    EXPECT_EQ(bin.value(), map({"n", -2}));
    EXPECT_EQ(bin.modify({73, "n", "x"}), ResultCode::parameter);
}

TEST(CdtMap, SetTypeAddsAndDropsTheOrder) {
    Bin bin(map({"a", 1}));
    EXPECT_EQ(bin.modify({64, 1}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_map({"a", 1}));
    EXPECT_EQ(bin.modify({64, 0}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"a", 1}));
    EXPECT_EQ(bin.modify({64, 4}), ResultCode::op_not_applicable);
}

TEST(CdtMap, AnAbsentKeyIsNoError) {
    Bin bin(map({"a", 1}));
    EXPECT_EQ(bin.read({97, kValue, "x"}), ResultCode::ok);
    EXPECT_EQ(bin.result_type(), wire::Particle::null);
    EXPECT_EQ(bin.read({97, kIndex, "x"}), ResultCode::ok);
    EXPECT_EQ(bin.number(), -1);
    EXPECT_EQ(bin.read({97, kCount, "x"}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 0);
}

TEST(CdtMap, PairsComeAsAMapInTheirOrder) {
    Bin bin(map({"a", 9, "b", 1}));
    EXPECT_EQ(bin.read({106, kKeyValue, 0}), ResultCode::ok);
    EXPECT_EQ(bin.result_type(), wire::Particle::map);
    EXPECT_EQ(bin.result(), pack({"b", 1, "a", 9}, true, 8));
}

TEST(CdtMap, RanksFollowTheValues) {
    Bin bin(map({"a", 9, "b", 1, "c", 5}));
    EXPECT_EQ(bin.read({100, kKey, 1}), ResultCode::ok);
    EXPECT_EQ(bin.result(), Packed({'c'}));
    EXPECT_EQ(bin.read({97, kRank, "a"}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 2);
}

TEST(CdtMap, RemoveByKeyIntervalAnswersWhatWent) {
    Bin bin(ordered_map({"a", 1, "b", 2, "c", 3}));
    EXPECT_EQ(bin.modify({84, kKey, "a", "c"}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({"a", "b"}));
    EXPECT_EQ(bin.value(), ordered_map({"c", 3}));
}

TEST(CdtMap, RemoveByKeyListInverted) {
    Bin bin(map({"a", 1, "b", 2, "c", 3}));
    EXPECT_EQ(bin.modify({81, kCount | kInverted, list({"b"})}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 2);
    EXPECT_EQ(bin.value(), map({"b", 2}));
}

TEST(CdtMap, AnEmptyInvertedListSelectsEverything) {
    Bin bin(map({"a", 1, "b", 2}));
    EXPECT_EQ(bin.read({108, kValue | kInverted, list({})}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({1, 2}));
    EXPECT_EQ(bin.read({107, kKey | kInverted, list({})}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({"a", "b"}));
}

TEST(CdtMap, ReturnTypesAreChecked) {
    Bin bin(map({"a", 1}));
    EXPECT_EQ(bin.read({97, 15, "a"}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.read({97, kValue | kInverted, "a"}), ResultCode::op_not_applicable);  // of one only
    EXPECT_EQ(bin.read({97, "x", "a"}), ResultCode::parameter);
    EXPECT_EQ(bin.read({97, kValue}), ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::cdt::test
