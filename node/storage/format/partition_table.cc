#include "node/storage/format/partition_table.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "common/base/hash.h"

namespace cairn::storage {
namespace {

constexpr size_t kVersion = 0, kRegime = 8, kFlags = 12, kFloor = 16, kEpoch = 24, kCluster = 32, kFree = 112;
static_assert(kCluster + sizeof(PartitionState::cluster) == kFree && kFree + 16 == kTableEntryBytes);
// The page's own bytes are the free ones of its last entry.
constexpr size_t kWriteNumber = kTablePageBytes - 16, kCheck = kTablePageBytes - 8;

uint64_t seed(uint32_t page_index, uint64_t device_mark) { return device_mark ^ page_index; }

bool is_whole(Bytes page, uint32_t page_index, uint64_t device_mark) {
    return load_le<uint64_t>(&page[kCheck]) == hash64(page.first(kCheck), seed(page_index, device_mark));
}

TablePage decode(Bytes from) {
    TablePage page;
    page.write_number = load_le<uint64_t>(&from[kWriteNumber]);
    for (uint32_t i = 0; i < kTablePageEntries; ++i) {
        const uint8_t* at = &from[i * kTableEntryBytes];
        PartitionState& state = page.partitions[i];
        state.version = load_le<uint64_t>(at + kVersion);
        state.regime = load_le<uint32_t>(at + kRegime);
        state.flags = load_le<uint32_t>(at + kFlags);
        state.floor_sequence = load_le<uint64_t>(at + kFloor);
        state.epoch = load_le<uint64_t>(at + kEpoch);
        std::memcpy(state.cluster.data(), at + kCluster, state.cluster.size());
    }
    return page;
}

}  // namespace

void encode_new_table(uint64_t device_mark, MutableBytes a, MutableBytes b) {
    CAIRN_CHECK(a.size() == kTableBytes && b.size() == kTableBytes);
    for (uint32_t i = 0; i < kTablePages; ++i) {
        const size_t at = size_t{i} * kTablePageBytes;
        encode_table_page({.write_number = 1}, i, device_mark, a.subspan(at, kTablePageBytes));
        encode_table_page({.write_number = 2}, i, device_mark, b.subspan(at, kTablePageBytes));
    }
}

void encode_table_page(const TablePage& page, uint32_t page_index, uint64_t device_mark, MutableBytes into) {
    CAIRN_CHECK(into.size() == kTablePageBytes && page_index < kTablePages && page.write_number != 0);
    std::ranges::fill(into, uint8_t(0));
    for (uint32_t i = 0; i < kTablePageEntries; ++i) {
        uint8_t* at = &into[i * kTableEntryBytes];
        const PartitionState& state = page.partitions[i];
        store_le(at + kVersion, state.version);
        store_le(at + kRegime, state.regime);
        store_le(at + kFlags, state.flags);
        store_le(at + kFloor, state.floor_sequence);
        store_le(at + kEpoch, state.epoch);
        std::memcpy(at + kCluster, state.cluster.data(), state.cluster.size());
    }
    store_le(&into[kWriteNumber], page.write_number);
    store_le(&into[kCheck], hash64(into.first(kCheck), seed(page_index, device_mark)));
}

Result<TablePage> choose_table_page(Bytes a, Bytes b, uint32_t page_index, uint64_t device_mark) {
    CAIRN_CHECK(a.size() == kTablePageBytes && b.size() == kTablePageBytes && page_index < kTablePages);
    const bool whole[2] = {is_whole(a, page_index, device_mark), is_whole(b, page_index, device_mark)};
    if (!whole[0] && !whole[1]) {
        const uint32_t first = page_index * kTablePageEntries;
        return fail("partition table: both copies of the page of partitions " + std::to_string(first) + " to " +
                    std::to_string(first + kTablePageEntries - 1) + " are damaged");
    }
    const auto number = [](Bytes page) { return load_le<uint64_t>(&page[kWriteNumber]); };
    const bool second = whole[0] && whole[1] ? number(b) > number(a) : whole[1];
    TablePage page = decode(second ? b : a);
    page.one_damaged = !whole[0] || !whole[1];
    return page;
}

Result<std::vector<TablePage>> choose_table(Bytes a, Bytes b, uint64_t device_mark) {
    CAIRN_CHECK(a.size() == kTableBytes && b.size() == kTableBytes);
    std::vector<TablePage> pages;
    for (uint32_t i = 0; i < kTablePages; ++i) {
        const size_t at = size_t{i} * kTablePageBytes;
        auto page = choose_table_page(a.subspan(at, kTablePageBytes), b.subspan(at, kTablePageBytes), i, device_mark);
        if (!page) return std::unexpected(std::move(page.error()));
        pages.push_back(*page);
    }
    return pages;
}

}  // namespace cairn::storage
