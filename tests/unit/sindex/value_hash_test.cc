#include "node/sindex/value_hash.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::sindex {
namespace {

std::vector<uint8_t> counting(size_t size) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = uint8_t(i + 1);
    return bytes;
}

// Recorded from the original server's replies to queries.
TEST(ValueHash, IsWhatClientsHaveSeen) {
    EXPECT_EQ(value_hash(as_bytes("s1")), 0x1fd8bdd67c53e898u);
    EXPECT_EQ(value_hash(as_bytes("e1")), 0x71780766d7ad72bbu);
    EXPECT_EQ(value_hash(as_bytes("k1")), 0x7a594245b4462bb0u);
    EXPECT_EQ(value_hash(std::vector<uint8_t>{1, 1}), 0x95cc953f9c1b6090u);
}

// Published for bytes 1, 2, 3 and so on; each size takes another way through the function.
TEST(ValueHash, IsTheSameForEachSize) {
    EXPECT_EQ(value_hash(counting(0)), 0xda3421757d70ae2du);
    EXPECT_EQ(value_hash(counting(1)), 0x9c0aff191d7c3766u);
    EXPECT_EQ(value_hash(counting(4)), 0x038571adfbb334deu);
    EXPECT_EQ(value_hash(counting(16)), 0x3c7a010b466e670bu);
    EXPECT_EQ(value_hash(counting(25)), 0xa6cf3de1fb1b7f86u);
    EXPECT_EQ(value_hash(counting(100)), 0xd43f79c77a71bc77u);
}

}  // namespace
}  // namespace cairn::sindex
