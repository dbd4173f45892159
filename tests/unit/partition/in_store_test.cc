#include <gtest/gtest.h>

#include <algorithm>

#include "node/partition/graves.h"
#include "node/partition/loader.h"
#include "node/partition/partitions.h"
#include "tests/unit/partition/fake_store.h"

namespace cairn::partition {
namespace {

using storage::FakeStore;
using storage::Place;

Digest digest_of(uint32_t number) {
    Digest digest{};
    digest.bytes[0] = 7;
    uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15u;
    for (size_t i = 1; i < Digest::kSize; ++i) {
        mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9u;
        digest.bytes[i] = uint8_t(mixed >> 40);
    }
    digest.bytes[1] &= 0xF0;
    return digest;
}

struct InStore : testing::Test {
    FakeStore store;
    Sets sets;
    Partitions partitions{sets, 32, 1 << 26, &store};
    Reads reads;

    static record::Head* fill(record::Head* fresh, const Digest& digest, uint8_t fill, record::Kind kind) {
        fresh->digest = digest;
        fresh->kind = uint32_t(kind);
        fresh->generation = 3;
        fresh->void_time = 99;
        fresh->set_last_update_ms(123'456'789'012);
        std::memset(fresh->body(), fill, fresh->units * record::kUnit - sizeof(*fresh));
        return fresh;
    }
    ResultCode write(const Digest& digest, uint8_t value, record::Kind kind = record::Kind::record) {
        return partitions.with(digest.partition(), [&](Partition& partition) {
            auto* old = partition.find(digest);
            return partition.publish(fill(partition.place(5), digest, value, kind), old);
        });
    }
    bool exists(const Digest& digest) {
        return partitions.with(digest.partition(),
                               [&](Partition& partition) { return partition.find(digest) != nullptr; });
    }
    /// The first byte of the body, or the code of load().
    int value(const Digest& digest) {
        return partitions.with(digest.partition(), [&](Partition& partition) {
            auto* record = partition.find(digest);
            if (record == nullptr) return -2;
            const ResultCode code = partition.load(record, reads);
            return code == ResultCode::ok ? int(record->body()[0]) : -1000 - int(code);
        });
    }
    uint64_t objects() const { return partitions.memory_use().objects; }
};

constexpr int kWaits = -1000 - int(ResultCode::waiting);

TEST_F(InStore, MetadataIsKnownWithoutTheBody) {
    const Digest digest = digest_of(1);
    ASSERT_EQ(write(digest, 42), ResultCode::ok);
    partitions.with(digest.partition(), [&](Partition& partition) {
        const auto* record = partition.find(digest);
        EXPECT_EQ(record->digest, digest);
        EXPECT_EQ(record->generation, 3);
        EXPECT_EQ(record->void_time, 99u);
        EXPECT_EQ(record->last_update_ms(), 123'456'789'012u);
        return true;
    });
    EXPECT_EQ(store.reads, 0u);
}

TEST_F(InStore, ABodyInMemoryIsThereAtOnce) {
    store.resident = true;
    ASSERT_EQ(write(digest_of(1), 42), ResultCode::ok);
    EXPECT_EQ(value(digest_of(1)), 42);
    EXPECT_FALSE(reads.wanting());
}

TEST_F(InStore, ABodyElsewhereIsWantedOnce) {
    ASSERT_EQ(write(digest_of(1), 42), ResultCode::ok);
    EXPECT_EQ(value(digest_of(1)), kWaits);
    EXPECT_EQ(value(digest_of(1)), kWaits);
    EXPECT_TRUE(reads.wanting());
}

TEST_F(InStore, ARewrittenRecordLeavesOneVersion) {
    for (uint8_t i = 0; i < 5; ++i) ASSERT_EQ(write(digest_of(1), i), ResultCode::ok);
    EXPECT_EQ(store.versions.size(), 1u);
    EXPECT_EQ(objects(), 1u);
    store.resident = true;
    EXPECT_EQ(value(digest_of(1)), 4);
}

TEST_F(InStore, ARefusedAppendChangesNothing) {
    ASSERT_EQ(write(digest_of(1), 1), ResultCode::ok);
    store.refuse = ResultCode::device_overload;
    EXPECT_EQ(write(digest_of(1), 2), ResultCode::device_overload);
    store.resident = true;
    EXPECT_EQ(value(digest_of(1)), 1);
}

TEST_F(InStore, ATombstoneHidesTheRecordAndARecordReplacesIt) {
    ASSERT_EQ(write(digest_of(1), 1), ResultCode::ok);
    ASSERT_EQ(write(digest_of(1), 0, record::Kind::tombstone), ResultCode::ok);
    EXPECT_FALSE(exists(digest_of(1)));
    EXPECT_EQ(objects(), 0u);
    EXPECT_EQ(partitions.memory_use().tombstones, 1u);
    EXPECT_EQ(store.versions.size(), 1u);
    ASSERT_EQ(write(digest_of(1), 2), ResultCode::ok);
    EXPECT_TRUE(exists(digest_of(1)));
    EXPECT_EQ(partitions.memory_use().tombstones, 0u);
}

TEST_F(InStore, EraseReleasesTheVersion) {
    ASSERT_EQ(write(digest_of(1), 1), ResultCode::ok);
    partitions.with(digest_of(1).partition(), [&](Partition& partition) {
        partition.erase(partition.find(digest_of(1)));
        return true;
    });
    EXPECT_FALSE(exists(digest_of(1)));
    EXPECT_TRUE(store.versions.empty());
    EXPECT_EQ(objects(), 0u);
}

TEST_F(InStore, AWalkMeetsEachRecordOnceAndNoTombstone) {
    constexpr uint32_t kRecords = 1000;
    for (uint32_t i = 0; i < kRecords; ++i) ASSERT_EQ(write(digest_of(i), 1), ResultCode::ok);
    ASSERT_EQ(write(digest_of(17), 0, record::Kind::tombstone), ResultCode::ok);
    std::vector<Digest> seen;
    for (WalkPosition position; !position.done;) {
        partitions.with(digest_of(0).partition(), [&](Partition& partition) {
            std::vector<record::Head*> leaf;
            partition.walk(position, leaf);
            for (const auto* head : leaf) seen.push_back(head->digest);
            return true;
        });
    }
    ASSERT_EQ(seen.size(), kRecords - 1);
    for (size_t i = 1; i < seen.size(); ++i) ASSERT_GT(Digest::compare_in_partition(seen[i - 1], seen[i]), 0);
}

TEST_F(InStore, AMovedVersionIsFoundAtItsNewPlace) {
    ASSERT_EQ(write(digest_of(1), 9), ResultCode::ok);
    const Place from = Place::from_word(store.versions.begin()->first);
    const std::vector<uint8_t> bytes = store.versions.begin()->second;
    const auto& record = *reinterpret_cast<const record::Head*>(bytes.data());
    storage::Mover::Append append = [&](const record::Head& moved) { return store.append(0, moved); };
    EXPECT_TRUE(partitions.move(record, from, append));
    store.resident = true;
    EXPECT_EQ(value(digest_of(1)), 9);
    EXPECT_EQ(store.versions.size(), 1u);
    // Not again: the index points elsewhere by now.
    EXPECT_TRUE(partitions.move(record, from, append));
    EXPECT_EQ(store.versions.size(), 1u);
}

struct Loading : InStore {
    Loader loader{partitions, sets, [](double, std::string_view) {}};
    std::vector<uint8_t> bytes = std::vector<uint8_t>(5 * record::kUnit);

    void version(uint32_t number, uint64_t sequence, uint64_t unit, record::Kind kind = record::Kind::record,
                 uint32_t void_time = 0) {
        auto* head = reinterpret_cast<record::Head*>(bytes.data());
        *head = {};
        head->units = 5;
        fill(head, digest_of(number), 0, kind);
        head->void_time = void_time;
        head->set_sequence(sequence);
        loader.version(*head, Place(0, unit, 5));
    }
    Result<Loaded> finish() {
        return loader.finish(store, [](const record::Head& head) { return head.void_time == 1; });
    }
};

TEST_F(Loading, TheHighestSequenceWinsInAnyOrder) {
    version(1, 10, 100);
    version(1, 12, 300);
    version(1, 11, 200);
    const auto loaded = finish();
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(loaded->versions, 3u);
    EXPECT_EQ(loaded->records, 1u);
    EXPECT_EQ(store.kept, std::vector{Place(0, 300, 5)});
    EXPECT_TRUE(exists(digest_of(1)));
}

TEST_F(Loading, ADurableDeleteStaysDeleted) {
    version(1, 12, 300, record::Kind::tombstone);
    version(1, 10, 100);
    ASSERT_TRUE(finish().has_value());
    EXPECT_FALSE(exists(digest_of(1)));
    EXPECT_EQ(partitions.memory_use().tombstones, 1u);
}

TEST_F(Loading, AnExpiredWinnerTakesItsOlderVersionsWithIt) {
    version(1, 12, 300, record::Kind::record, /*void_time=*/1);
    version(1, 10, 100);
    const auto loaded = finish();
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(loaded->dropped, 1u);
    EXPECT_FALSE(exists(digest_of(1)));
}

TEST_F(Loading, NewVersionsGetHigherSequences) {
    version(1, 1000, 100);
    ASSERT_TRUE(finish().has_value());
    ASSERT_EQ(write(digest_of(2), 1), ResultCode::ok);
    const auto& written = *reinterpret_cast<const record::Head*>(store.versions.begin()->second.data());
    EXPECT_GT(written.sequence_number(), 1000u);
}

TEST_F(Loading, SetsKeepTheirNumbers) {
    ASSERT_TRUE(loader.set_name(5, "five").has_value());
    EXPECT_EQ(sets.find("five"), 5);
    EXPECT_EQ(loader.set_name(5, "other").has_value(), false);
    EXPECT_EQ(loader.set_name(6, "five").has_value(), false);
    EXPECT_NE(sets.find_or_add("new"), 5);
}

TEST_F(InStore, TombstonesAreNamedToTheRaiderOnce) {
    for (uint32_t number = 0; number < 300; ++number) {
        ASSERT_EQ(write(digest_of(number), 1), ResultCode::ok);
        if (number % 3 == 0) ASSERT_EQ(write(digest_of(number), 0, record::Kind::tombstone), ResultCode::ok);
    }
    NamespaceGraves graves(partitions, 123'456'789'012);
    std::vector<storage::Graves::Grave> all;
    while (graves.some(all)) {
    }
    ASSERT_EQ(all.size(), 100u);
    for (const auto& grave : all) EXPECT_FALSE(exists(grave.digest));
    std::ranges::sort(all, {}, [](const auto& grave) { return grave.place.word(); });
    EXPECT_EQ(std::ranges::adjacent_find(all, {}, [](const auto& grave) { return grave.place.word(); }), all.end());
}

TEST_F(InStore, TombstonesThatAreTooYoungAreNotNamed) {
    ASSERT_EQ(write(digest_of(1), 0, record::Kind::tombstone), ResultCode::ok);
    NamespaceGraves graves(partitions, 123'456'789'011);
    std::vector<storage::Graves::Grave> all;
    while (graves.some(all)) {
    }
    EXPECT_TRUE(all.empty());
}

TEST_F(InStore, ATombstoneEndsOnlyWhereItWasFound) {
    const Digest digest = digest_of(1);
    ASSERT_EQ(write(digest, 0, record::Kind::tombstone), ResultCode::ok);
    NamespaceGraves graves(partitions, ~0ull);
    std::vector<storage::Graves::Grave> all;
    while (graves.some(all)) {
    }
    ASSERT_EQ(all.size(), 1u);
    ASSERT_EQ(write(digest, 5), ResultCode::ok);
    EXPECT_FALSE(graves.end(all[0]));
    EXPECT_TRUE(exists(digest));
    ASSERT_EQ(write(digest, 0, record::Kind::tombstone), ResultCode::ok);
    EXPECT_FALSE(graves.end(all[0]));  // another one
    EXPECT_EQ(partitions.memory_use().tombstones, 1u);
}

TEST_F(InStore, AnEndedTombstoneLeavesNothing) {
    ASSERT_EQ(write(digest_of(1), 0, record::Kind::tombstone), ResultCode::ok);
    NamespaceGraves graves(partitions, ~0ull);
    std::vector<storage::Graves::Grave> all;
    while (graves.some(all)) {
    }
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(graves.end(all[0]));
    EXPECT_EQ(partitions.memory_use().tombstones, 0u);
    EXPECT_TRUE(store.versions.empty());
}

TEST_F(InStore, TombstonesAreCountedForTheirSet) {
    const SetId set = sets.find_or_add("s");
    const auto in_set = [&](record::Kind kind) {
        return partitions.with(7, [&](Partition& partition) {
            auto* fresh = fill(partition.place(5), digest_of(1), 1, kind);
            fresh->set_id = set & 0xFFF;
            return partition.publish(fresh, partition.find(digest_of(1)));
        });
    };
    ASSERT_EQ(in_set(record::Kind::record), ResultCode::ok);
    ASSERT_EQ(in_set(record::Kind::tombstone), ResultCode::ok);
    EXPECT_EQ(sets[set].tombstones.load(), 1u);
    EXPECT_EQ(sets[set].objects.load(), 0u);
    ASSERT_EQ(in_set(record::Kind::record), ResultCode::ok);
    EXPECT_EQ(sets[set].tombstones.load(), 0u);
    EXPECT_EQ(sets[set].objects.load(), 1u);
}

}  // namespace
}  // namespace cairn::partition
