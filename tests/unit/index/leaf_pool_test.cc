#include "node/index/leaf_pool.h"

#include <gtest/gtest.h>

#include "node/index/index.h"
#include "tests/unit/index/support.h"

namespace cairn::index {
namespace {

// One slice of 32: 128 partitions and their share of a namespace's records.
struct Slice {
    static constexpr uint32_t kPartitions = 128;

    Slice() {
        for (uint32_t i = 0; i < kPartitions; ++i) partitions.emplace_back(static_cast<PartitionId>(i));
    }
    Index<ThinEntry>& partition(const Digest& digest) { return partitions[digest.partition() % kPartitions]; }
    void insert(const Digest& digest, Handle handle) {
        ASSERT_TRUE(partition(digest).insert(pool, digest.order(), ThinEntry::make(digest.order(), handle)));
        tidy();
    }
    void erase(const Digest& digest, Handle handle) {
        const auto same = [handle](const ThinEntry& entry) { return entry.handle() == handle; };
        ASSERT_TRUE(partition(digest).erase(pool, digest.order(), same));
        tidy();
    }
    void tidy() {
        if (!pool.wants_tidy()) return;
        pool.tidy([this](PartitionId owner, LeafPool::Ref ref) { partitions[owner].move(pool, ref); });
    }
    uint64_t bytes() const {
        uint64_t sum = pool.held_bytes() + sizeof(Index<ThinEntry>) * kPartitions;
        for (const auto& index : partitions) sum += index.bytes();
        return sum;
    }

    LeafPool pool{1 << 30};
    std::vector<Index<ThinEntry>> partitions;
};

TEST(LeafPool, HoldsNothingUntilTheFirstLeaf) {
    const LeafPool pool(1 << 30);
    EXPECT_EQ(pool.held_bytes(), 0u);
    EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST(LeafPool, KeepsTheIndexUnderElevenBytesPerRecord) {
    constexpr uint64_t kRecords[] = {250'000 / 32, 1'000'000 / 32, 3'000'000 / 32};
    for (const uint64_t records : kRecords) {
        Slice slice;
        for (uint64_t n = 0; n < records; ++n) slice.insert(digest_of(n), n + 1);
        RecordProperty("bytes_per_1000_records_" + std::to_string(records),
                       std::to_string(slice.bytes() * 1000 / records));
        EXPECT_LE(slice.bytes(), 11 * records) << records << " records";
    }
}

TEST(LeafPool, StaysDenseWhileRecordsComeAndGo) {
    constexpr uint64_t kRecords = 30'000;
    Slice slice;
    for (uint64_t n = 0; n < kRecords; ++n) slice.insert(digest_of(n), n + 1);
    for (uint64_t n = 0; n < 2 * kRecords; ++n) {
        slice.erase(digest_of(n), n + 1);
        slice.insert(digest_of(n + kRecords), n + kRecords + 1);
    }
    slice.pool.trim();
    EXPECT_LE(slice.bytes(), 11 * kRecords);
}

TEST(LeafPool, ShrinksWithItsIndex) {
    constexpr uint64_t kRecords = 30'000;
    Slice slice;
    for (uint64_t n = 0; n < kRecords; ++n) slice.insert(digest_of(n), n + 1);
    for (uint64_t n = 0; n < kRecords; ++n) {
        if (n % 10 != 0) slice.erase(digest_of(n), n + 1);
    }
    while (slice.pool.wants_tidy()) slice.tidy();
    slice.pool.trim();
    EXPECT_LE(slice.bytes(), 20 * kRecords / 10);
    for (uint64_t n = 0; n < kRecords; n += 10) {
        const auto digest = digest_of(n);
        const auto same = [n](const ThinEntry& entry) { return entry.handle() == n + 1; };
        ASSERT_NE(slice.partition(digest).find(slice.pool, digest.order(), same), nullptr);
    }
}

}  // namespace
}  // namespace cairn::index
