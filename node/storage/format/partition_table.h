#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/base/result.h"

/// What a node keeps of its partitions besides their records. Two tables, A and B, of 128 pages; a page is written to
/// the place that does not hold its newest version, so one torn write loses nothing.
/// Layout to the byte: docs/storage-format.md, "Partition table".
namespace cairn::storage {

constexpr uint32_t kTablePageBytes = 4096;
constexpr uint32_t kTableEntryBytes = 128;
constexpr uint32_t kTablePageEntries = kTablePageBytes / kTableEntryBytes;
constexpr uint32_t kTablePages = kPartitionCount / kTablePageEntries;
constexpr uint32_t kTableBytes = kTablePages * kTablePageBytes;

struct PartitionState {
    uint64_t version = 0;  // the cluster's; storage only keeps it
    uint32_t regime = 0;
    uint32_t flags = 0;
    uint64_t floor_sequence = 0;  // stored versions up to this one are no longer the partition's
    uint64_t epoch = 0;
    std::array<uint8_t, 80> cluster{};  // the cluster's own, zeros until it has a use

    bool operator==(const PartitionState&) const = default;
};

/// Which page a partition is in.
constexpr uint32_t table_page_of(PartitionId partition) { return partition / kTablePageEntries; }

/// Both versions of a page as they were read: the newest whole one counts.
struct TablePage {
    uint64_t write_number = 0;  // +1 each time the page is written; odd numbers go to table A
    std::array<PartitionState, kTablePageEntries> partitions{};
    bool one_damaged = false;

    bool operator==(const TablePage&) const = default;
    /// 0 for table A, 1 for table B.
    int place() const { return write_number % 2 == 0 ? 1 : 0; }
};

/// Both tables of a new device, kTableBytes each: every page with an empty state. They are made durable before the first
/// superblock is, so that zeros in a table are damage like any other.
void encode_new_table(uint64_t device_mark, MutableBytes a, MutableBytes b);

/// Writes one page, 4096 bytes. Increase the write number first.
/// @param device_mark  the low half of the device's UUID.
void encode_table_page(const TablePage& page, uint32_t page_index, uint64_t device_mark, MutableBytes into);

/// @param a, b  page `page_index` of table A and of table B.
/// @error  neither is whole: the sentence names the partitions.
Result<TablePage> choose_table_page(Bytes a, Bytes b, uint32_t page_index, uint64_t device_mark);

/// Both tables, kTableBytes each.
/// @error  that of the first page of which neither version is whole.
Result<std::vector<TablePage>> choose_table(Bytes a, Bytes b, uint64_t device_mark);

}  // namespace cairn::storage
