#include "node/partition/index_image.h"

#include <gtest/gtest.h>

#include "node/partition/loader.h"
#include "tests/unit/partition/fake_store.h"

namespace cairn::partition {
namespace {

using storage::FakeStore;
using storage::Place;

constexpr uint32_t kRecords = 3000;

Digest digest_of(uint32_t number) {
    Digest digest{};
    uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15u;
    for (uint8_t& byte : digest.bytes) {
        mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9u;
        byte = uint8_t(mixed >> 40);
    }
    digest.bytes[0] = uint8_t(number % 5);  // a few partitions, so that each has many
    digest.bytes[1] &= 0xF0;
    return digest;
}

/// A namespace in a store that loses nothing: filled, or loaded from the image of another one.
struct Side {
    FakeStore store;
    Sets sets;
    Partitions partitions{sets, 32, 1 << 26, &store};
    IndexImage image{partitions, sets};

    void write(uint32_t number, record::Kind kind = record::Kind::record) {
        const Digest digest = digest_of(number);
        const auto code = partitions.with(digest.partition(), [&](Partition& partition) {
            auto* old = partition.find(digest);
            auto* fresh = partition.place(number % 7 + 4);
            fresh->digest = digest;
            fresh->kind = uint32_t(kind);
            fresh->generation = uint16_t(number);
            fresh->void_time = number;
            fresh->set_id = number % 3 == 0 ? sets.find_or_add("people") : SetId(0);
            fresh->set_last_update_ms(1000 + number);
            return partition.publish(fresh, old);
        });
        EXPECT_EQ(code, ResultCode::ok);
    }
    void fill() {
        for (uint32_t number = 0; number < kRecords; ++number) write(number);
        for (uint32_t number = 0; number < kRecords; number += 10) write(number, record::Kind::tombstone);
    }
    std::string about(uint32_t number) {
        const Digest digest = digest_of(number);
        return partitions.with(digest.partition(), [&](Partition& partition) -> std::string {
            const auto* head = partition.find(digest);
            if (head == nullptr) return "none";
            return std::to_string(head->generation) + " " + std::to_string(head->void_time) + " " +
                   std::to_string(head->last_update_ms()) + " " + std::string(sets.name(head->set_id)) + " " +
                   std::to_string(head->units);
        });
    }
};

/// What a store's loader does with a snapshot, in pieces of `piece` entries.
Result<void> give(const IndexImage& image, Loader& loader, size_t piece = 100) {
    const auto known = [](Place place) { return place.units() >= 3; };
    for (uint32_t number = 0; number < kPartitionCount; ++number) {
        const auto id = static_cast<PartitionId>(number);
        loader.sequence(id, image.sequence(id));
        Buffer all;
        image.append_entries(id, all);
        EXPECT_EQ(all.size(), image.entry_count(id) * image.entry_bytes());
        for (Bytes left = all.bytes(); !left.empty();) {
            const size_t bytes = std::min(left.size(), piece * image.entry_bytes());
            if (auto taken = loader.entries(id, left.first(bytes), known); !taken) return taken;
            left = left.subspan(bytes);
        }
    }
    if (auto ended = loader.entries_end(); !ended) return ended;
    Result<void> named;
    image.each_set([&](uint16_t id, std::string_view name) { named = loader.set_name(id, name); });
    return named;
}

TEST(IndexImage, BringsEveryRecordAndCountAcross) {
    Side old;
    old.fill();
    Side fresh;
    Loader loader(fresh.partitions, fresh.sets, [](double, std::string_view) {});
    ASSERT_TRUE(give(old.image, loader));
    const auto loaded = loader.finish(fresh.store, [](const record::Head&) { return false; });
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->records, kRecords * 9 / 10);
    EXPECT_EQ(loaded->tombstones, kRecords / 10);
    EXPECT_EQ(fresh.store.kept.size(), kRecords);
    for (uint32_t number = 0; number < kRecords; ++number) ASSERT_EQ(fresh.about(number), old.about(number)) << number;
    const auto before = old.partitions.memory_use();
    const auto after = fresh.partitions.memory_use();
    EXPECT_EQ(after.objects, before.objects);
    EXPECT_EQ(after.tombstones, before.tombstones);
    EXPECT_LE(after.index_used, before.index_used);
    const SetId id = fresh.sets.find("people");
    EXPECT_EQ(fresh.sets[id].objects, old.sets[id].objects);
    EXPECT_EQ(fresh.sets[id].used_bytes, old.sets[id].used_bytes);
    for (PartitionId partition = 0; partition < 5; ++partition) {
        EXPECT_EQ(fresh.image.sequence(partition), old.image.sequence(partition));
        const auto in_set = [&](Side& side) {
            return side.partitions.with(partition, [&](Partition& of) { return of.objects_in_set(id); });
        };
        EXPECT_EQ(in_set(fresh), in_set(old));
    }
}

TEST(IndexImage, WhatExpiredMeanwhileDoesNotComeAcross) {
    Side old;
    old.fill();
    Side fresh;
    Loader loader(fresh.partitions, fresh.sets, [](double, std::string_view) {});
    ASSERT_TRUE(give(old.image, loader));
    const auto loaded = loader.finish(fresh.store, [](const record::Head& head) { return head.void_time < 1000; });
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->records, 1800u);
    EXPECT_EQ(loaded->dropped, 900u);
    EXPECT_EQ(loaded->tombstones, kRecords / 10);  // those stay: older versions may still be stored
    EXPECT_EQ(fresh.store.kept.size(), 1800u + kRecords / 10);
    EXPECT_EQ(fresh.about(999), "none");
    EXPECT_EQ(fresh.about(1001), old.about(1001));
    EXPECT_EQ(fresh.partitions.memory_use().objects, 1800u);
}

TEST(IndexImage, WhatWasForgottenLeavesNoTraceForTheColdStart) {
    Side old;
    old.fill();
    Side fresh;
    Loader loader(fresh.partitions, fresh.sets, [](double, std::string_view) {});
    ASSERT_TRUE(give(old.image, loader));
    loader.forget_entries();
    const auto loaded = loader.finish(fresh.store, [](const record::Head&) { return false; });
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->records, 0u);
    EXPECT_EQ(fresh.partitions.memory_use().objects, 0u);
    EXPECT_EQ(fresh.image.sequence(1), 0u);
    EXPECT_EQ(fresh.about(1), "none");
    fresh.write(1);
    EXPECT_EQ(fresh.about(1), old.about(1));
}

TEST(IndexImage, EntriesWithoutAPlaceOrOrderAreRefused) {
    Side old;
    old.fill();
    Side fresh;
    Loader loader(fresh.partitions, fresh.sets, [](double, std::string_view) {});
    Buffer all;
    old.image.append_entries(1, all);
    EXPECT_FALSE(loader.entries(1, all.bytes(), [](Place) { return false; }));
    loader.forget_entries();
    std::vector<uint8_t> swapped(all.data(), all.data() + all.size());
    std::swap_ranges(swapped.begin(), swapped.begin() + 40, swapped.end() - 40);
    EXPECT_FALSE(loader.entries(1, swapped, [](Place) { return true; }));
}

}  // namespace
}  // namespace cairn::partition
