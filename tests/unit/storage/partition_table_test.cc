#include "node/storage/format/partition_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::storage {
namespace {

constexpr uint64_t kMark = 99;
using Page = std::vector<uint8_t>;

TablePage sample(uint64_t write_number) {
    TablePage page;
    page.write_number = write_number;
    for (uint32_t i = 0; i < kTablePageEntries; ++i) {
        page.partitions[i] = {.version = i * 1000 + write_number,
                              .regime = i,
                              .flags = 3,
                              .floor_sequence = (1ull << 47) + i,
                              .epoch = 5};
        page.partitions[i].cluster.fill(uint8_t(i));
    }
    return page;
}

Page encoded(const TablePage& page, uint32_t index = 2) {
    Page bytes(kTablePageBytes);
    encode_table_page(page, index, kMark, bytes);
    return bytes;
}

TEST(PartitionTable, TheNewerPageCountsWhereverItStands) {
    for (const uint64_t number : {6u, 7u}) {
        const Page a = encoded(sample(number == 6 ? 5 : 7)), b = encoded(sample(6));
        const auto page = choose_table_page(a, b, 2, kMark);
        ASSERT_TRUE(page);
        EXPECT_EQ(*page, sample(number));
        EXPECT_EQ(page->place(), number == 6 ? 1 : 0);
    }
}

TEST(PartitionTable, EveryFlippedByteIsNoticed) {
    for (size_t at = 0; at < kTablePageBytes; ++at) {
        Page broken = encoded(sample(6));
        broken[at] ^= 1;
        const auto page = choose_table_page(encoded(sample(5)), broken, 2, kMark);
        ASSERT_TRUE(page) << at;
        EXPECT_EQ(page->write_number, 5u) << at;
        EXPECT_TRUE(page->one_damaged) << at;
    }
}

TEST(PartitionTable, APageOfAnotherPlaceOrDeviceIsNotBelieved) {
    const Page page = encoded(sample(1));
    EXPECT_TRUE(choose_table_page(page, page, 2, kMark));
    EXPECT_FALSE(choose_table_page(page, page, 3, kMark));
    EXPECT_FALSE(choose_table_page(page, page, 2, kMark + 1));
}

TEST(PartitionTable, NamesThePartitionsThatAreLost) {
    const Page zeros(kTablePageBytes, 0);
    const auto page = choose_table_page(zeros, zeros, 2, kMark);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().detail, "partition table: both copies of the page of partitions 64 to 95 are damaged");
}

TEST(PartitionTable, ANewOneIsWholeInBothPlaces) {
    std::vector<uint8_t> a(kTableBytes), b(kTableBytes);
    encode_new_table(kMark, a, b);
    const auto pages = choose_table(a, b, kMark);
    ASSERT_TRUE(pages);
    ASSERT_EQ(pages->size(), 128u);
    for (const TablePage& page : *pages) {
        EXPECT_EQ(page, TablePage{.write_number = 2});
    }
}

}  // namespace
}  // namespace cairn::storage
