#include "node/partition/partition.h"

#include <gtest/gtest.h>

#include "node/partition/partitions.h"

namespace cairn::partition {
namespace {

Digest digest_of(uint64_t number, PartitionId partition) {
    Digest digest{};
    digest.bytes[0] = uint8_t(partition);
    digest.bytes[1] = uint8_t(partition >> 8 | (number >> 8) << 4);  // spread over the leading bits, as digests are
    digest.bytes[2] = uint8_t(number);
    return digest;
}

class PartitionTest : public testing::Test {
protected:
    void write(const Digest& digest, SetId set = kNoSet, uint32_t units = 4) {
        partitions.with(digest.partition(), [&](Partition& partition) {
            record::Head* const old = partition.find(digest);
            record::Head* const fresh = partition.place(units);
            *fresh = {};
            fresh->units = units;
            fresh->set_id = set & 0xFFF;
            fresh->digest = digest;
            EXPECT_EQ(partition.publish(fresh, old), ResultCode::ok);
            partition.tidy();
            return true;
        });
    }
    void erase(const Digest& digest) {
        partitions.with(digest.partition(), [&](Partition& partition) {
            partition.erase(partition.find(digest));
            partition.tidy();
            return true;
        });
    }
    bool holds(const Digest& digest) {
        return partitions.with(digest.partition(), [&](Partition& partition) {
            const record::Head* found = partition.find(digest);
            return found != nullptr && found->digest == digest;
        });
    }
    uint32_t in_set(PartitionId partition, SetId set) {
        return partitions.with(partition, [&](Partition& of) { return of.objects_in_set(set); });
    }
    Sets sets;
    Partitions partitions{sets, 32, 1 << 26};
};

TEST_F(PartitionTest, FindsWhatIsPublishedAndNotWhatIsErased) {
    write(digest_of(1, 7));
    EXPECT_TRUE(holds(digest_of(1, 7)));
    EXPECT_FALSE(holds(digest_of(1, 39)));  // of the same slice
    erase(digest_of(1, 7));
    EXPECT_FALSE(holds(digest_of(1, 7)));
}

TEST_F(PartitionTest, CountsTheRecordsOfEachSet) {
    const SetId a = sets.find_or_add("a"), b = sets.find_or_add("b");
    write(digest_of(1, 7), a);
    write(digest_of(2, 7), a);
    write(digest_of(3, 7), b);
    write(digest_of(1, 7), a, 8);  // a new version is no new record
    EXPECT_EQ(in_set(7, a), 2u);
    EXPECT_EQ(in_set(7, b), 1u);
    EXPECT_EQ(in_set(8, a), 0u);
    EXPECT_EQ(sets[a].objects.load(), 2u);
    EXPECT_EQ(sets[a].used_bytes.load(), (8u + 4u) * record::kUnit);
    erase(digest_of(3, 7));
    EXPECT_EQ(in_set(7, b), 0u);
    EXPECT_EQ(sets[b].used_bytes.load(), 0u);
}

TEST_F(PartitionTest, TellsWhatItUses) {
    for (uint64_t i = 0; i < 1000; ++i) write(digest_of(i, 7), kNoSet, 10);
    EXPECT_EQ(partitions.memory_use().objects, 1000u);
    EXPECT_EQ(partitions.memory_use().data_used, 1000u * 10 * record::kUnit);
    // Cheap totals are behind by less than 64 KiB for each slice.
    EXPECT_GE(partitions.totals().used_bytes.load() + Totals::kTellBytes, 160'000u);
    EXPECT_LE(partitions.totals().used_bytes.load(), 160'000u);
    for (uint64_t i = 0; i < 1000; ++i) erase(digest_of(i, 7));
    EXPECT_LE(partitions.totals().used_bytes.load(), Totals::kTellBytes);
}

TEST_F(PartitionTest, RecordsOfASliceSurviveItsCompaction) {
    for (int round = 0; round < 20; ++round) {
        for (uint64_t i = 0; i < 500; ++i)
            write(digest_of(i, i % 2 == 0 ? 7 : 39), kNoSet, uint32_t(4 + (i + round) % 9));
    }
    while (partitions.tidy_slice(7)) {
    }
    for (uint64_t i = 0; i < 500; ++i) EXPECT_TRUE(holds(digest_of(i, i % 2 == 0 ? 7 : 39))) << i;
    EXPECT_EQ(partitions.memory_use().objects, 500u);
}

// The sweepers wait for it: one that never ends ends expiry.
TEST_F(PartitionTest, TidyingASliceEndsWhateverItsSequenceIs) {
    for (uint64_t i = 0; i < 1500; ++i) write(digest_of(i, 7));
    for (uint64_t i = 0; i < 1300; ++i) erase(digest_of(i, 7));
    int steps = 0;
    while (steps < 10'000 && partitions.tidy_slice(7)) ++steps;
    EXPECT_LT(steps, 10'000);
}

TEST_F(PartitionTest, WalksInDescendingOrderOfDigestsLeafByLeaf) {
    for (uint64_t i = 0; i < 1000; ++i) write(digest_of(i * 7919 % 1000, 7));
    std::vector<record::Head*> leaf;
    uint64_t expected = 1000;
    size_t leaves = 0;
    for (WalkPosition position; !position.done; ++leaves) {
        partitions.with(7, [&](Partition& partition) {
            partition.walk(position, leaf);
            EXPECT_LE(leaf.size(), 400u);
            for (const record::Head* head : leaf) EXPECT_EQ(head->digest, digest_of(--expected, 7));
            return true;
        });
    }
    EXPECT_EQ(expected, 0u);
    EXPECT_GT(leaves, 2u);
}

TEST_F(PartitionTest, WalksOrderDigestsThatDifferInTheirLastByteOnly) {
    std::vector<Digest> digests;
    for (uint8_t last = 0; last < 20; ++last) {
        digests.push_back(digest_of(1, 7));
        digests.back().bytes[19] = uint8_t(last * 11 % 20);
        write(digests.back());
    }
    std::vector<record::Head*> leaf;
    WalkPosition position;
    partitions.with(7, [&](Partition& partition) {
        partition.walk(position, leaf);
        EXPECT_EQ(leaf.size(), 20u);
        for (size_t i = 0; i < leaf.size(); ++i) EXPECT_EQ(leaf[i]->digest.bytes[19], 19 - i);
        position = WalkPosition::after(leaf[4]->digest);
        partition.walk(position, leaf);
        EXPECT_EQ(leaf.size(), 15u);
        return true;
    });
}

}  // namespace
}  // namespace cairn::partition
