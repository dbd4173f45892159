#include <gtest/gtest.h>

#include "tests/unit/cdt/run.h"

namespace cairn::cdt::test {
namespace {

constexpr int kContext = 255;
constexpr int kListIndex = 0x10, kListRank = 0x11, kListValue = 0x13, kMapKey = 0x22, kMapRank = 0x21;
constexpr int kCreateUnordered = 0x40, kCreateSecond = 0x80, kCreateOrdered = 0xC0;

TEST(CdtContext, LeadsToACollectionInside) {
    Bin bin(list({1, map({"k", list({5})})}));
    EXPECT_EQ(bin.modify({kContext, list({kListIndex, -1, kMapKey, "k"}), list({1, 6})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({1, map({"k", list({5, 6})})}));
    EXPECT_EQ(bin.number(), 2);
}

TEST(CdtContext, ByRankAndByValue) {
    Bin bin(list({list({9}), list({1}), list({5})}));
    EXPECT_EQ(bin.modify({kContext, list({kListRank, 0}), list({1, 0})}), ResultCode::ok);
    EXPECT_EQ(bin.modify({kContext, list({kListValue, list({5})}), list({11})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), list({list({9}), list({1, 0}), list({})}));
}

TEST(CdtContext, WhatIsNotThereIsNotApplicable) {
    Bin bin(map({"k", list({5}), "n", 1}));
    EXPECT_EQ(bin.read({kContext, list({kMapKey, "x"}), list({16})}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.read({kContext, list({kListIndex, 0}), list({16})}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.read({kContext, list({kMapKey, "n", kListIndex, 0}), list({16})}), ResultCode::op_not_applicable);
    EXPECT_EQ(bin.read({kContext, list({kMapKey, "n"}), list({16})}), ResultCode::incompatible_type);
}

TEST(CdtContext, MalformedPathsAreParameterErrors) {
    Bin bin(map({"k", list({5})}));
    EXPECT_EQ(bin.read({kContext, list({}), list({16})}), ResultCode::parameter);
    EXPECT_EQ(bin.read({kContext, list({kMapKey}), list({16})}), ResultCode::parameter);
    EXPECT_EQ(bin.read({kContext, list({"k", 1}), list({16})}), ResultCode::parameter);
    EXPECT_EQ(bin.read({kContext, 7, list({16})}), ResultCode::parameter);
}

TEST(CdtContext, CreatesTheWholeChain) {
    Bin bin;
    const Packed path = list({kMapKey | kCreateSecond, "a", kListIndex | kCreateSecond, 2});
    EXPECT_EQ(bin.modify({kContext, path, list({67, "k", 1})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_map({"a", list({nil(), nil(), map({"k", 1})})}));
}

TEST(CdtContext, CreatesOnlyIfTheOperationDoes) {
    Bin bin;
    EXPECT_EQ(bin.modify({kContext, list({kMapKey | kCreateUnordered, "a"}), list({5, 0})}), ResultCode::ok);
    EXPECT_FALSE(bin.exists());
    EXPECT_EQ(bin.modify({kContext, list({kMapKey, "a"}), list({1, 0})}), ResultCode::op_not_applicable);
}

TEST(CdtContext, NewElementsOfOrderedListsGoToTheirPlace) {
    Bin bin(ordered_list({list({1}), list({9})}));
    EXPECT_EQ(bin.modify({kContext, list({kListIndex | kCreateOrdered, 2}), list({1, 5})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), ordered_list({list({1}), list({5}), list({9})}));
}

TEST(CdtContext, ChangedElementsOfOrderedListsToo) {
    Bin bin(map({"o", ordered_list({list({1}), list({2}), list({3})})}));
    EXPECT_EQ(bin.modify({kContext, list({kMapKey, "o", kListIndex, 0}), list({9, 0, 7})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"o", ordered_list({list({2}), list({3}), list({7})})}));
}

TEST(CdtContext, MapsByRank) {
    Bin bin(map({"a", list({5}), "b", list({1})}));
    EXPECT_EQ(bin.modify({kContext, list({kMapRank, 0}), list({1, 7})}), ResultCode::ok);
    EXPECT_EQ(bin.value(), map({"a", list({5}), "b", list({1, 7})}));
}

TEST(CdtContext, NestingEndsWhereStoredValuesEnd) {
    Packed deep = list({});
    for (int depth = 1; depth < 256; ++depth) deep = list({deep});
    Bin bin(deep);
    Packed path;
    std::vector<Value> steps;
    Buffer encoded;
    msgpack::write_list_header(encoded, 2 * 254);
    for (int depth = 1; depth < 255; ++depth) {
        msgpack::write_int(encoded, kListIndex);
        msgpack::write_int(encoded, 0);
    }
    path.assign(encoded.data(), encoded.data() + encoded.size());
    EXPECT_EQ(bin.modify({kContext, path, list({1, list({})})}), ResultCode::ok);  // 255 around it
    EXPECT_EQ(bin.modify({kContext, path, list({1, list({list({})})})}), ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::cdt::test
