#include <gtest/gtest.h>

#include "tests/unit/cdt/run.h"

namespace cairn::cdt::test {
namespace {

constexpr int kIndex = 1, kReverseIndex = 2, kRank = 3, kCount = 5, kValue = 7, kInverted = 0x10000;

TEST(CdtList, AppendCreatesTheBin) {
    Bin bin;
    EXPECT_EQ(bin.modify({1, "a"}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({"a"}));
    EXPECT_EQ(bin.number(), 1);
}

TEST(CdtList, AppendKeepsAnOrderedListSorted) {
    Bin bin(ordered_list({2, 4, 9}));
    EXPECT_EQ(bin.modify({1, 4}), ResultCode::ok);
    EXPECT_EQ(bin.modify({1, 1}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_list({1, 2, 4, 4, 9}));
}

TEST(CdtList, UniqueValuesAreRefusedOnceTheyAreThere) {
    Bin bin(list({5, 6}));
    EXPECT_EQ(bin.modify({1, 6, 0, 1}), ResultCode::element_exists);
    EXPECT_EQ(bin.modify({1, 6, 0, 1 | 4}), ResultCode::ok);  // no-fail
    EXPECT_EQ(bin.value(), list({5, 6}));
}

TEST(CdtList, PartialAddsWhatMayBeAdded) {
    Bin bin(list({1, 2}));
    EXPECT_EQ(bin.modify({2, list({2, 3, 3, 4}), 0, 1 | 4 | 8}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({1, 2, 3, 4}));
}

TEST(CdtList, InsertBehindTheEndFillsWithNil) {
    Bin bin(list({1}));
    EXPECT_EQ(bin.modify({3, 3, 7}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({1, nil(), nil(), 7}));
}

TEST(CdtList, BoundedInsertDoesNot) {
    Bin bin(list({1}));
    EXPECT_EQ(bin.modify({3, 3, 7, 2}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.modify({3, 1, 7, 2}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({1, 7}));
}

TEST(CdtList, AnIndexThatNoRecordCouldHoldIsTooBig) {
    Bin bin(list({1}));
    EXPECT_EQ(bin.modify({3, int64_t{1} << 40, 7}), ResultCode::record_too_big);
}

TEST(CdtList, OrderedListsAreNotInsertedInto) {
    Bin bin(ordered_list({1}));
    EXPECT_EQ(bin.modify({3, 0, 0}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.modify({9, 0, 0}), ResultCode::op_not_applicable);
}

TEST(CdtList, IncrementMovesAnOrderedValueToItsPlace) {
    Bin bin(ordered_list({1, 3, 5}));
    EXPECT_EQ(bin.modify({12, 0, 3}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_list({3, 4, 5}));
    EXPECT_EQ(bin.number(), 4);
}

TEST(CdtList, IntegersStayIntegersWhenIncrementedByFloats) {
    Bin bin(list({1, 1.5}));
    EXPECT_EQ(bin.modify({12, 0, 2.9}), ResultCode::ok);
    EXPECT_EQ(bin.modify({12, 1, 1}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({3, 2.5}));
}

TEST(CdtList, SortDropsDuplicatesOnDemand) {
    Bin bin(list({3, "x", 1, 3}));
    EXPECT_EQ(bin.modify({13, 2}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({1, 3, "x"}));
    EXPECT_EQ(bin.modify({13, 1}), ResultCode::ok);  // descending
    EXPECT_EQ(bin.value(), list({"x", 3, 1}));
}

TEST(CdtList, RemovingEverythingLeavesAnEmptyListWithItsOrder) {
    Bin bin(ordered_list({1, 2}));
    EXPECT_EQ(bin.modify({8, 0}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_list({}));
    EXPECT_EQ(bin.number(), 2);
}

TEST(CdtList, TrimKeepsARange) {
    Bin bin(list({0, 1, 2, 3, 4}));
    EXPECT_EQ(bin.modify({10, 1, 2}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({1, 2}));
    EXPECT_EQ(bin.number(), 3);
}

TEST(CdtList, PopAnswersTheValue) {
    Bin bin(list({"a", "b"}));
    EXPECT_EQ(bin.modify({5, -1}), ResultCode::ok);
    EXPECT_EQ(bin.result_type(), wire::Particle::string);
    EXPECT_EQ(bin.result(), Packed({'b'}));
}

TEST(CdtList, OperationsThatOnlyTakeAwayDoNotCreateTheBin) {
    Bin bin;
    EXPECT_EQ(bin.modify({5, 0}), ResultCode::ok);
    EXPECT_FALSE(bin.exists());
    EXPECT_EQ(bin.result_type(), wire::Particle::null);
}

TEST(CdtList, SingleIndexesAreBounded) {
    Bin bin(list({1, 2}));
    EXPECT_EQ(bin.read({17, 2}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.read({17, -3}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.read({17, -2}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 1);
}

TEST(CdtList, RangesAreClipped) {
    Bin bin(list({1, 2, 3}));
    EXPECT_EQ(bin.read({18, -5, 3}), ResultCode::ok);  // two of the three lie before the first
    EXPECT_EQ(bin.result(), list({1}));
    EXPECT_EQ(bin.read({18, 3}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({}));
}

TEST(CdtList, RanksFollowTheOrderOfValues) {
    Bin bin(list({"a", 5, nil(), -1}));
    EXPECT_EQ(bin.read({26, kValue, 2, 2}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({5, "a"}));
    EXPECT_EQ(bin.read({26, kValue, 0, 2}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({-1, nil()}));  // ranks nearer to the lowest come with the highest first
    EXPECT_EQ(bin.read({21, kIndex, 0}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 2);
}

TEST(CdtList, AllByValueFindsEveryOne) {
    Bin bin(list({4, 2, 9, 2}));
    EXPECT_EQ(bin.read({22, kIndex, 2}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({1, 3}));
    EXPECT_EQ(bin.read({22, kReverseIndex, 2}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({2, 0}));
    EXPECT_EQ(bin.read({22, kRank, 2}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({0, 1}));
}

TEST(CdtList, InvertedIsAllTheRest) {
    Bin bin(list({4, 2, 9}));
    EXPECT_EQ(bin.modify({36, kValue | kInverted, list({9})}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({4, 2}));
    EXPECT_EQ(bin.value(), list({9}));
}

TEST(CdtList, IntervalsIncludeTheBeginOnly) {
    Bin bin(list({1, 2, 3, 4}));
    EXPECT_EQ(bin.read({25, kValue, 2, 4}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({2, 3}));
    EXPECT_EQ(bin.read({25, kCount, 2, infinity()}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 3);
}

TEST(CdtList, RelativeRanksStartWhereTheValueWouldBe) {
    Bin bin(ordered_list({0, 4, 5, 9}));
    EXPECT_EQ(bin.read({27, kValue, 3, 0}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({4, 5, 9}));
    EXPECT_EQ(bin.read({27, kValue, 5, -1, 2}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({4, 5}));
}

TEST(CdtList, AWildcardIsEqualToWhatFollows) {
    Bin bin(list({list({1, 2}), list({2}), list({1, "x", 3})}));
    EXPECT_EQ(bin.read({22, kIndex, list({1, wildcard()})}), ResultCode::ok);
    EXPECT_EQ(bin.result(), list({0, 2}));
}

TEST(CdtList, NeitherInfinityNorWildcardIsStored) {
    Bin bin(list({}));
    EXPECT_EQ(bin.modify({1, infinity()}), ResultCode::parameter);
    EXPECT_EQ(bin.modify({1, list({wildcard()})}), ResultCode::parameter);
}

TEST(CdtList, AValueThatWouldBeReadAsMetadataIsRefused) {
    const Packed ext = {0xC7, 0x00, 0x01};
    Bin bin(list({}));
    EXPECT_EQ(bin.modify({1, ext}), ResultCode::parameter);
    Bin stored(list({7, ext}));
    EXPECT_EQ(stored.modify({7, 0}), ResultCode::parameter);
}

TEST(CdtList, ReadsAndChangesAreNotExchanged) {
    Bin bin(list({1}));
    EXPECT_EQ(bin.read({1, 2}), ResultCode::parameter);
    EXPECT_EQ(bin.modify({16}), ResultCode::parameter);
    EXPECT_EQ(bin.read({32, kValue, 0}), ResultCode::parameter);
}

TEST(CdtList, MapOperationsNeedAMap) {
    Bin bin(list({1}));
    EXPECT_EQ(bin.read({96}), ResultCode::incompatible_type);
    EXPECT_EQ(bin.modify({67, "k", 1}), ResultCode::incompatible_type);
}

}  // namespace
}  // namespace cairn::cdt::test
