#include "node/sindex/entry_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace cairn::sindex {
namespace {

using index::LeafPool;
using Insert = EntrySet::Insert;

constexpr uint16_t kOwner = 5;
constexpr Entry kLowest{0, 0};
constexpr Entry kHighest{UINT64_MAX, UINT64_MAX};

/// An EntrySet with a std::set beside it.
class Model {
public:
    explicit Model(uint64_t pool_bytes = 64 << 20) : pool(pool_bytes) {}

    void insert(Entry entry) {
        const bool fresh = model.insert(entry).second;
        ASSERT_EQ(entries.insert(pool, entry), fresh ? Insert::added : Insert::present);
    }
    void erase(Entry entry) { ASSERT_EQ(entries.erase(pool, entry), model.erase(entry) != 0); }
    void tidy() {
        while (pool.wants_tidy()) {
            pool.tidy([this](uint16_t owner, LeafPool::Ref ref) {
                ASSERT_EQ(owner, kOwner);
                entries.move(pool, ref);
            });
        }
    }
    std::vector<Entry> range(Entry from, Entry last, size_t step) const {
        std::vector<Entry> found;
        for (std::optional<Entry> at = from; at;) {
            at = entries.visit(pool, *at, last, step, [&](Entry entry) { found.push_back(entry); });
        }
        return found;
    }
    std::vector<Entry> expected(Entry from, Entry last) const {
        std::vector<Entry> found;
        for (auto at = model.lower_bound(from); at != model.end() && *at <= last; ++at) found.push_back(*at);
        return found;
    }

    LeafPool pool;
    EntrySet entries{kOwner};
    std::set<Entry> model;
};

/// Values as indexes see them: few or many, close together or hashes, around where a byte more is needed.
class Values {
public:
    explicit Values(std::mt19937_64& draw) : draw_(draw) {
        constexpr uint64_t kSpans[] = {1, 3, 256, 300, 100'000, uint64_t{1} << 40, UINT64_MAX};
        constexpr uint64_t kStarts[] = {0, 250, value_of_integer(-2), value_of_integer(0), UINT64_MAX - 200};
        span_ = kSpans[draw_() % std::size(kSpans)];
        start_ = kStarts[draw_() % std::size(kStarts)];
        keys_ = draw_() % 2 == 0 ? UINT64_MAX : 64;
    }
    Entry any() { return {start_ + draw_() % span_, keys_ == UINT64_MAX ? draw_() : draw_() % keys_}; }

private:
    std::mt19937_64& draw_;
    uint64_t span_, start_, keys_;
};

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(0, 24));

// Goal: the set is a sorted set. Method: 20,000 inserts, erases and looks drawn from a seed, in phases that grow and
// shrink, leaves moved now and then, against a std::set.
TEST_P(EachSeed, IsASortedSet) {
    std::mt19937_64 draw(GetParam());
    Model model;
    Values values(draw);
    for (int phase = 0; phase < 4; ++phase) {
        const uint64_t inserts_of_8 = phase % 2 == 0 ? 7 : 1;
        for (int i = 0; i < 5000; ++i) {
            if (draw() % 8 < inserts_of_8) {
                model.insert(values.any());
            } else {
                const auto at = model.model.lower_bound(values.any());
                model.erase(at != model.model.end() ? *at : values.any());
            }
            if (HasFatalFailure()) return;
        }
        model.tidy();
        ASSERT_EQ(model.entries.size(), model.model.size());
        ASSERT_EQ(model.range(kLowest, kHighest, 100), model.expected(kLowest, kHighest));
        for (int i = 0; i < 50; ++i) {
            const Entry a = values.any();
            const Entry b = values.any();
            ASSERT_EQ(model.range(a, b, 1 + draw() % 300), model.expected(a, b));
            ASSERT_EQ(model.entries.contains(model.pool, a), model.model.contains(a));
        }
    }
    for (const Entry entry : std::set(model.model)) model.erase(entry);
    EXPECT_EQ(model.entries.size(), 0);
    EXPECT_EQ(model.pool.used_bytes(), 0);
}

// Goal: what is there during a whole visit is visited exactly once, in order. Method: other entries come and go and
// leaves move between its steps.
TEST_P(EachSeed, VisitsThroughChanges) {
    std::mt19937_64 draw(GetParam() + 1000);
    Model model;
    std::set<Entry> stay;
    for (int i = 0; i < 3000; ++i) {
        const Entry entry{draw() % 5000, draw() % 4};
        model.insert(entry);
        if (i % 2 == 0) stay.insert(entry);
    }
    std::vector<Entry> seen;
    for (std::optional<Entry> at = kLowest; at;) {
        at = model.entries.visit(model.pool, *at, kHighest, 1 + draw() % 200,
                                 [&](Entry entry) { seen.push_back(entry); });
        for (int i = 0; i < 200; ++i) {
            const Entry entry{draw() % 5000, draw() % 4};
            if (stay.contains(entry)) continue;
            if (draw() % 2 == 0) model.insert(entry);
            else model.erase(entry);
        }
        model.tidy();
        if (HasFatalFailure()) return;
    }
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
    EXPECT_TRUE(std::ranges::includes(seen, stay));
}

// A set of 700 leaves has more than one branch.
TEST(EntrySet, HoldsManyLeaves) {
    Model model;
    for (uint64_t n = 0; n < 60'000; ++n) model.insert({n * 0x9E3779B97F4A7C15, n});
    EXPECT_EQ(model.range(kLowest, kHighest, 1000), model.expected(kLowest, kHighest));

    model.tidy();
    for (uint64_t n = 0; n < 59'990; ++n) model.erase({n * 0x9E3779B97F4A7C15, n});

    EXPECT_EQ(model.range(kLowest, kHighest, 1000), model.expected(kLowest, kHighest));
}

TEST(EntrySet, StopsWhereTheRangeEnds) {
    Model model;
    for (uint64_t value = 0; value < 1000; ++value) model.insert({value, 7});

    const auto found = model.range(Entry::first_of(10), Entry::last_of(12), 100);

    EXPECT_EQ(found, (std::vector<Entry>{{10, 7}, {11, 7}, {12, 7}}));
}

TEST(EntrySet, TellsWhereTheNextStepBegins) {
    Model model;
    for (uint64_t key = 0; key < 3; ++key) model.insert({1, key});
    const auto visit = [&](Entry from, size_t count) {
        return model.entries.visit(model.pool, from, kHighest, count, [](Entry) {});
    };

    EXPECT_EQ(visit(kLowest, 2), (Entry{1, 2}));
    EXPECT_EQ(visit({1, 2}, 2), std::nullopt);
    EXPECT_EQ(visit(kLowest, 3), std::nullopt);
}

TEST(Entry, NamesARecordByPartitionAndOrder) {
    Digest digest{};
    digest.bytes = {0x34, 0xA2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};  // order: A, then from byte 2 on
    const Entry entry = Entry::of(1, digest);

    EXPECT_EQ(entry.key, 0x234'A'1122'3344'5566u);
    EXPECT_EQ(entry.partition(), 0x234);
    EXPECT_EQ(entry.order(), digest.order() & ~uint64_t{0xFFF});
    EXPECT_TRUE(entry.is_of(digest));
    digest.bytes[7] ^= 1;
    EXPECT_FALSE(entry.is_of(digest));
    EXPECT_LT(entry, Entry::of(1, digest));
}

TEST(EntrySet, OrdersNegativeIntegersFirst) {
    Model model;
    for (const int64_t integer : {5, -7, 0, -1}) model.insert({value_of_integer(integer), 1});

    std::vector<int64_t> integers;
    for (const Entry entry : model.range(kLowest, kHighest, 10)) integers.push_back(integer_of_value(entry.value));

    EXPECT_EQ(integers, (std::vector<int64_t>{-7, -1, 0, 5}));
}

TEST(EntrySet, RefusesWhenThePoolIsFull) {
    Model model(/*pool_bytes=*/32 * LeafPool::kPageBytes);
    uint64_t count = 0;
    while (model.entries.insert(model.pool, {count * 0x9E3779B97F4A7C15, count}) == Insert::added) ++count;

    EXPECT_GT(count, 100);
    EXPECT_EQ(model.entries.size(), count);
    EXPECT_TRUE(model.entries.erase(model.pool, {0, 0}));
}

TEST(EntrySet, ClearGivesTheMemoryBack) {
    Model model;
    for (uint64_t value = 0; value < 1000; ++value) model.insert({value, value});

    model.entries.clear(model.pool);

    EXPECT_EQ(model.entries.size(), 0);
    EXPECT_EQ(model.pool.used_bytes(), 0);
    model.model.clear();
    model.insert({3, 3});
    EXPECT_EQ(model.range(kLowest, kHighest, 10), (std::vector<Entry>{{3, 3}}));
}

// 1,000 values that differ in their last two bytes: 10 bytes each, and little for heads, directory and growth.
TEST(EntrySet, KeepsOnceWhatValuesHaveInCommon) {
    Model model;
    for (uint64_t value = 0; value < 1000; ++value) model.insert({value_of_integer(int64_t(value * 60)), value << 32});

    EXPECT_LT(model.pool.used_bytes() + model.entries.bytes(), 12'000);
}

}  // namespace
}  // namespace cairn::sindex
