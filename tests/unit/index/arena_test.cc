#include "node/index/arena.h"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "tests/unit/index/support.h"

namespace cairn::index {
namespace {

/// Records of one arena, numbered; each is filled with a pattern of its number. `place` stands for the index.
class Store {
public:
    explicit Store(uint64_t reserve_bytes = 4ull << 30) : arena(reserve_bytes) {}

    bool add(uint32_t number, uint32_t size) {
        const Handle handle = arena.take(record::units_for(size));
        if (handle == 0) return false;
        publish(handle, number, size);
        place[number] = handle;
        bytes += arena.head(handle)->units * record::kUnit;
        return true;
    }
    void remove(uint32_t number) {
        const Handle handle = place.at(number);
        bytes -= arena.head(handle)->units * record::kUnit;
        arena.give(handle);
        place.erase(number);
    }
    bool rewrite(uint32_t number, uint32_t size) {
        const Handle handle = arena.take(record::units_for(size));
        if (handle == 0) return false;
        publish(handle, number, size);
        const Handle old = std::exchange(place.at(number), handle);
        bytes += arena.head(handle)->units * record::kUnit;
        bytes -= arena.head(old)->units * record::kUnit;
        arena.give(old);
        return true;
    }
    void tidy(uint32_t records_max) {
        arena.tidy(records_max, [this](Handle from, Handle to) {
            Handle& known = place.at(arena.head(to)->generation | uint32_t{arena.head(to)->void_time} << 16);
            ASSERT_EQ(known, from);
            known = to;
        });
    }
    void check_one(uint32_t number) const {
        const record::Head& head = *arena.head(place.at(number));
        ASSERT_FALSE(head.dead);
        ASSERT_FALSE(head.taken);
        const auto fill = static_cast<uint8_t>(number * 7 + 1);
        const uint64_t body = uint64_t{head.units} * record::kUnit - head.pad - sizeof(head);
        ASSERT_EQ(std::count(head.body(), head.body() + body, fill), static_cast<long>(body)) << number;
    }
    void check_all() const {
        for (const auto& [number, handle] : place) check_one(number);
    }

    Arena arena;
    std::unordered_map<uint32_t, Handle> place;
    uint64_t bytes = 0;  // live, in whole units

private:
    void publish(Handle handle, uint32_t number, uint32_t size) {
        const uint32_t units = record::units_for(size);
        record::Head head{};
        head.units = units & 0xFFFFF;
        head.pad = (units * record::kUnit - size) & 15;
        head.generation = static_cast<uint16_t>(number);
        head.void_time = number >> 16;
        *arena.head(handle) = head;
        std::memset(arena.at(handle) + sizeof(head), static_cast<int>(static_cast<uint8_t>(number * 7 + 1)),
                    size - sizeof(head));
    }
};

TEST(Arena, HoldsNothingUntilTheFirstRecord) {
    const Arena arena(1 << 30);
    EXPECT_EQ(arena.held_bytes(), 0u);
    EXPECT_EQ(arena.used_bytes(), 0u);
    EXPECT_FALSE(arena.wants_tidy());
}

TEST(Arena, CountsUsedBytesInWholeUnits) {
    Store store;
    store.add(1, 49);  // 4 units
    store.add(2, 48);  // 3 units
    EXPECT_EQ(store.arena.used_bytes(), 7u * 16);
    store.remove(1);
    EXPECT_EQ(store.arena.used_bytes(), 3u * 16);
}

TEST(Arena, UsesADeadPlaceAgainForTheSameSize) {
    Store store;
    store.add(1, 160);
    store.add(2, 160);
    const Handle place = store.place[1];
    store.remove(1);

    store.add(3, 176);
    EXPECT_NE(store.place[3], place);
    store.add(4, 155);
    EXPECT_EQ(store.place[4], place);
}

TEST(Arena, TakesBackAPlaceThatWasNotNeeded) {
    Store store;
    const Handle unused = store.arena.take(10);
    EXPECT_TRUE(store.arena.head(unused)->dead);
    store.arena.give(unused);
    EXPECT_EQ(store.arena.used_bytes(), 0u);
    EXPECT_EQ(store.arena.take(10), unused);
}

TEST(ArenaDeath, APlaceLeftUnpublishedIsFoundByCompaction) {
    Store store;
    for (uint32_t i = 0; i < 5000; ++i) ASSERT_TRUE(store.add(i, 500));
    store.arena.take(30);
    for (uint32_t i = 0; i < 5000; ++i) store.remove(i);
    EXPECT_DEATH(
        {
            while (store.arena.wants_tidy()) store.tidy(100);
        },
        "taken");
}

TEST(ArenaDeath, GivingTwiceIsCaught) {
    Store store;
    store.add(1, 100);
    const Handle place = store.place[1];
    store.remove(1);
    EXPECT_DEATH(store.arena.give(place), "dead");
}

// Goal: whatever is written, given back and moved, live records keep their bytes and used_bytes() is exact.
// Method: random steps per seed, sizes from 3 units to 8 MiB, compaction in slices in between.
class ArenaModel : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ArenaModel, testing::Range<uint64_t>(1, 13));

TEST_P(ArenaModel, KeepsLiveRecordsIntact) {
    const uint64_t seed = GetParam();
    Draw draw(seed);
    Store store;
    const auto size = [&]() -> uint32_t {
        switch (below(draw, seed % 2 ? 400 : 40)) {
            case 0: return 48 + static_cast<uint32_t>(below(draw, 8 << 20));
            case 1: return 48 + static_cast<uint32_t>(below(draw, 300 << 10));
            case 2:
            case 3: return 48 + static_cast<uint32_t>(below(draw, 8 << 10));
            default: return 48 + static_cast<uint32_t>(below(draw, 500));
        }
    };
    uint32_t next = 0;
    const int steps = seed % 2 ? 40'000 : 4'000;
    for (int step = 0; step < steps; ++step) {
        const bool shrinking = step / (steps / 4) % 2 == 1;
        const auto number = static_cast<uint32_t>(next == 0 ? 0 : below(draw, next));
        const uint64_t dice = below(draw, 10);
        if (!store.place.contains(number) || dice < (shrinking ? 0 : 5)) {
            if (!shrinking) ASSERT_TRUE(store.add(next++, size()));
        } else if (dice < (shrinking ? 9 : 6)) {
            store.check_one(number);
            store.remove(number);
        } else {
            ASSERT_TRUE(store.rewrite(number, size()));
        }
        if (store.arena.wants_tidy()) store.tidy(static_cast<uint32_t>(1 + below(draw, 40)));
        ASSERT_EQ(store.arena.used_bytes(), store.bytes);
        if (step % (steps / 4) == 0) store.check_all();
    }
    store.check_all();
    EXPECT_GT(store.arena.moved_records(), 0u);
    EXPECT_GE(store.arena.held_bytes(), store.arena.used_bytes());
    while (store.arena.wants_tidy()) store.tidy(100);
    store.check_all();

    const auto records = store.place;
    for (const auto& [record, handle] : records) store.remove(record);
    while (store.arena.wants_tidy()) store.tidy(100);
    store.arena.trim();
    EXPECT_EQ(store.arena.used_bytes(), 0u);
    EXPECT_EQ(store.arena.kept_bytes(), 0u);
    EXPECT_LE(store.arena.held_bytes(), 128u << 10);
}

// A namespace's share of records in 32 slices.
struct Slices {
    static constexpr uint32_t kCount = 32;
    static constexpr uint32_t kRecords = 200'000;

    Slices() {
        for (uint32_t i = 0; i < kCount; ++i) stores.push_back(std::make_unique<Store>(1 << 30));
    }
    Store& of(uint32_t number) { return *stores[number % kCount]; }
    static void tidy(Store& store) {
        if (store.arena.wants_tidy()) store.tidy(8);
    }
    /// Memory behind everything, kept blocks included, for each byte of live records.
    double held_per_live() const {
        uint64_t held = 0;
        uint64_t live = 0;
        for (const auto& store : stores) {
            held += store->arena.held_bytes() + store->arena.kept_bytes() + store->arena.overhead_bytes();
            live += store->arena.used_bytes();
        }
        return static_cast<double>(held) / static_cast<double>(live);
    }
    std::vector<std::unique_ptr<Store>> stores;
};

uint32_t small_size(Draw& draw) { return 48 + 50 + static_cast<uint32_t>(below(draw, 451)); }

TEST(Arena, StaysDenseThroughThreeRandomRewrites) {
    Slices slices;
    Draw draw(1);
    for (uint32_t n = 0; n < Slices::kRecords; ++n) ASSERT_TRUE(slices.of(n).add(n, small_size(draw)));
    for (uint32_t n = 0; n < 3 * Slices::kRecords; ++n) {
        const auto number = static_cast<uint32_t>(below(draw, Slices::kRecords));
        Store& store = slices.of(number);
        ASSERT_TRUE(store.rewrite(number, small_size(draw)));
        Slices::tidy(store);
    }
    RecordProperty("held_per_live", std::to_string(slices.held_per_live()));
    EXPECT_LE(slices.held_per_live(), 1.35);
}

TEST(Arena, ShrinksWhenTwoThirdsAreDeleted) {
    Slices slices;
    Draw draw(2);
    for (uint32_t n = 0; n < Slices::kRecords; ++n) ASSERT_TRUE(slices.of(n).add(n, small_size(draw)));
    for (uint32_t n = 0; n < Slices::kRecords; ++n) {
        Store& store = slices.of(n);
        if (n / Slices::kCount % 3 != 0) store.remove(n);
        Slices::tidy(store);
    }
    RecordProperty("held_per_live", std::to_string(slices.held_per_live()));
    EXPECT_LE(slices.held_per_live(), 1.6);
    for (uint32_t n = 0; n < Slices::kCount; ++n) {
        Store& store = slices.of(n);
        while (store.arena.wants_tidy()) store.tidy(100);
        store.arena.trim();
    }
    EXPECT_LE(slices.held_per_live(), 1.4);
    for (const auto& store : slices.stores) store->check_all();
}

TEST(Arena, BigRecordsHoldLittleMoreThanTheirSize) {
    Store store;
    Draw draw(3);
    for (uint32_t n = 0; n < 200; ++n) ASSERT_TRUE(store.add(n, 90 << 10));  // two to a block
    for (uint32_t n = 0; n < 400; ++n) ASSERT_TRUE(store.rewrite(static_cast<uint32_t>(below(draw, 200)), 90 << 10));
    for (uint32_t n = 200; n < 400; ++n) ASSERT_TRUE(store.add(n, 140 << 10));  // a block each
    while (store.arena.wants_tidy()) store.tidy(100);
    const double live = static_cast<double>(store.arena.used_bytes());
    EXPECT_LE(static_cast<double>(store.arena.held_bytes()) / live, 1.3);
}

TEST(Arena, AFullRangeRefusesAndStillCompacts) {
    Store store(/*reserve_bytes=*/2 << 20);
    uint32_t next = 0;
    while (store.add(next, 300)) ++next;
    EXPECT_GT(store.arena.used_bytes(), (2u << 20) * 8 / 10);
    EXPECT_EQ(store.arena.take(record::units_for(1 << 20)), 0u);

    Draw draw(4);
    for (uint32_t n = 0; n < next; ++n) {
        if (below(draw, 2) == 0) store.remove(n);
    }
    while (store.arena.wants_tidy()) store.tidy(7);
    store.check_all();
    uint32_t added = 0;
    while (store.add(next + added, 700)) ++added;  // another size: no hole fits, only whole blocks help
    EXPECT_GT(added, 500u);
    store.check_all();
}

TEST(Arena, AFreedRunTakesTheNextBigRecord) {
    Store store(/*reserve_bytes=*/16 << 20);
    ASSERT_TRUE(store.add(1, 8 << 20));
    const Handle place = store.place[1];
    EXPECT_FALSE(store.add(2, 8 << 20));
    store.remove(1);
    EXPECT_EQ(store.arena.held_bytes(), 0u);
    ASSERT_TRUE(store.add(3, 8 << 20));
    EXPECT_EQ(store.place[3], place);
}

// 2,000 bytes each: 131 to a block of 256 KiB, so 20 blocks and more.
constexpr uint32_t kFillsTwentyBlocks = 2700;

TEST(ArenaHuge, RunsOfFullBlocksAreNamedOnce) {
    Store store;
    for (uint32_t i = 0; i < kFillsTwentyBlocks; ++i) store.add(i, 2000);
    const auto first = store.arena.next_huge();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(*first, AddressRange::kHugeBytes);  // the second run: the first has the block that is nobody's
    EXPECT_FALSE(store.arena.next_huge().has_value());  // the third is not full
}

TEST(ArenaHuge, RecordsKeepTheirBytes) {
    Store store;
    for (uint32_t i = 0; i < kFillsTwentyBlocks; ++i) store.add(i, 2000);
    const uint64_t held = store.arena.held_bytes();
    const auto run = store.arena.next_huge();
    ASSERT_TRUE(run.has_value());
    store.arena.make_huge(*run);  // false where the kernel has no huge pages: the same must hold
    store.arena.settle_huge(*run);
    store.check_all();
    EXPECT_EQ(store.arena.held_bytes(), held);
}

TEST(ArenaHuge, ABlockFreedMeanwhileReadsAsZerosAgain) {
    Store store;
    for (uint32_t i = 0; i < kFillsTwentyBlocks; ++i) store.add(i, 2000);
    const auto run = store.arena.next_huge();
    ASSERT_TRUE(run.has_value());
    // All records of the run go, and with them its blocks; what stands in them by then is nobody's.
    const Handle first = *run / record::kUnit;
    const Handle end = first + AddressRange::kHugeBytes / record::kUnit;
    std::vector<uint32_t> inside;
    for (const auto& [number, handle] : store.place) {
        if (handle >= first && handle < end) inside.push_back(number);
    }
    for (const uint32_t number : inside) store.remove(number);
    for (int i = 0; i < 1000 && store.arena.wants_tidy(); ++i) store.tidy(1000);
    store.arena.trim();
    uint64_t freed_at = 0;
    for (uint64_t at = *run; at < *run + AddressRange::kHugeBytes && freed_at == 0; at += Arena::kBlockBytes) {
        if (*store.arena.at(at / record::kUnit) == 0) freed_at = at;
    }
    ASSERT_NE(freed_at, 0u);
    *store.arena.at(freed_at / record::kUnit) = 1;
    store.arena.settle_huge(*run);
    EXPECT_EQ(*store.arena.at(freed_at / record::kUnit), 0);
    store.check_all();
}

}  // namespace
}  // namespace cairn::index
