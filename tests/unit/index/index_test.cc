#include "node/index/index.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/unit/index/support.h"

namespace cairn::index {
namespace {

/// One partition with a model beside it; a record is a digest in a table, its handle the place there.
class Model {
public:
    explicit Model(uint64_t pool_bytes = 64 << 20) : pool(pool_bytes) {}

    auto same(const Digest& digest) const {
        return [this, &digest](const ThinEntry& entry) { return records[entry.handle()] == digest; };
    }
    bool insert(const Digest& digest) {
        records.push_back(digest);
        const Handle handle = records.size() - 1;
        if (!index.insert(pool, digest.order(), ThinEntry::make(digest.order(), handle))) return false;
        live[digest] = handle;
        return true;
    }
    bool erase(const Digest& digest) {
        live.erase(digest);
        return index.erase(pool, digest.order(), same(digest));
    }
    bool replace(const Digest& digest) {
        records.push_back(digest);
        const Handle from = std::exchange(live[digest], records.size() - 1);
        return index.replace(pool, digest.order(), from, records.size() - 1);
    }
    Handle find(const Digest& digest) const {
        const ThinEntry* entry = index.find(pool, digest.order(), same(digest));
        return entry ? entry->handle() : 0;
    }
    void tidy() {
        while (pool.wants_tidy()) {
            pool.tidy([this](PartitionId owner, LeafPool::Ref ref) {
                ASSERT_EQ(owner, 5);
                index.move(pool, ref);
            });
        }
    }
    /// The digests after `position` of one step upwards, sorted; advances `key`.
    std::vector<Digest> step_up(uint64_t& key) const {
        std::vector<Digest> digests;
        key = index.visit(pool, key, [&](const ThinEntry& entry) { digests.push_back(records[entry.handle()]); });
        std::ranges::sort(digests, DigestLess());
        return digests;
    }
    std::vector<Digest> step_down(std::optional<uint64_t>& key) const {
        std::vector<Digest> digests;
        key = index.visit_down(pool, *key, [&](const ThinEntry& entry) { digests.push_back(records[entry.handle()]); });
        std::ranges::sort(digests, [](const Digest& a, const Digest& b) { return DigestLess()(b, a); });
        return digests;
    }
    std::vector<Digest> all_up() const {
        std::vector<Digest> all;
        uint64_t key = 0;
        do std::ranges::copy(step_up(key), std::back_inserter(all));
        while (key != 0);
        return all;
    }
    std::vector<Digest> all_down() const {
        std::vector<Digest> all;
        std::optional<uint64_t> key = UINT64_MAX;
        while (key) std::ranges::copy(step_down(key), std::back_inserter(all));
        return all;
    }
    std::vector<Digest> expected() const {
        std::vector<Digest> all;
        for (const auto& [digest, handle] : live) all.push_back(digest);
        return all;
    }
    Digest any_live(Draw& draw) const {
        return std::next(live.begin(), static_cast<long>(below(draw, live.size())))->first;
    }

    LeafPool pool;
    Index<ThinEntry> index{5};
    std::vector<Digest> records{Digest{}};
    std::map<Digest, Handle, DigestLess> live;
};

// One partition's digests agree in the 12 bits that name it: byte 0 and the lower half of byte 1.
Digest honest(uint64_t n) {
    Digest digest = digest_of(n);
    digest.bytes[0] = 5;
    digest.bytes[1] &= 0xF0;
    return digest;
}

// Digests an attacker would choose: many that agree in their first `bits` of the order, which begins with the upper
// half of byte 1 and goes on with byte 2.
Digest alike(uint64_t n, uint32_t bits) {
    Digest digest = honest(n);
    for (uint32_t bit = 0; bit < bits; ++bit) {
        const uint32_t at = bit < 4 ? 8 + bit : 12 + bit;
        digest.bytes[at / 8] &= static_cast<uint8_t>(~(0x80 >> at % 8));
    }
    return digest;
}

TEST(Index, FindsWhatWasInsertedAndNothingElse) {
    Model model;
    for (uint64_t n = 0; n < 10'000; ++n) ASSERT_TRUE(model.insert(honest(n)));

    EXPECT_EQ(model.index.size(), 10'000u);
    for (uint64_t n = 0; n < 10'000; ++n) ASSERT_EQ(model.find(honest(n)), n + 1);
    for (uint64_t n = 10'000; n < 20'000; ++n) ASSERT_EQ(model.find(honest(n)), 0u);
}

// Goal: the index is a sorted map whatever happens to it. Method: random steps per seed against std::map, growing and
// shrinking in turns, with honest digests, with tags that tie and with clusters.
TEST(Index, BehavesLikeASortedMap) {
    for (uint64_t seed = 1; seed <= 24; ++seed) {
        SCOPED_TRACE(seed);
        Model model;
        Draw draw(seed);
        const uint64_t universe = seed % 3 == 0 ? 300 : 6000;
        const auto digest = [&](uint64_t n) {
            if (seed % 4 == 1) return alike(n, static_cast<uint32_t>(n % 3) * 2);
            if (seed % 4 == 2) return alike(n, n % 50 == 0 ? 40 : 0);
            return honest(n);
        };
        for (int step = 0; step < 20'000; ++step) {
            const bool shrinking = step / 5000 % 2 == 1;
            const Digest chosen = digest(below(draw, universe));
            const auto found = model.live.find(chosen);
            const uint64_t dice = below(draw, 10);
            if (found == model.live.end()) {
                ASSERT_EQ(model.find(chosen), 0u);
                ASSERT_FALSE(model.index.erase(model.pool, chosen.order(), model.same(chosen)));
                if (dice < (shrinking ? 2 : 8)) ASSERT_TRUE(model.insert(chosen));
            } else {
                ASSERT_EQ(model.find(chosen), found->second);
                if (dice < (shrinking ? 8 : 2)) {
                    ASSERT_TRUE(model.erase(chosen));
                } else {
                    ASSERT_TRUE(model.replace(chosen));
                }
            }
            if (step % 16 == 0) model.tidy();
            if (step % 2500 == 0) {
                ASSERT_EQ(model.all_up(), model.expected());
                auto down = model.all_down();
                std::ranges::reverse(down);
                ASSERT_EQ(down, model.expected());
            }
            ASSERT_EQ(model.index.size(), model.live.size());
        }
    }
}

TEST(Index, GivesEverythingBackWhenEmptied) {
    Model model;
    for (uint64_t n = 0; n < 20'000; ++n) ASSERT_TRUE(model.insert(honest(n)));
    EXPECT_GT(model.index.bytes(), 0u);
    for (uint64_t n = 0; n < 20'000; ++n) ASSERT_TRUE(model.erase(honest(n)));

    EXPECT_EQ(model.pool.used_bytes(), 0u);
    EXPECT_EQ(model.index.bytes(), 0u);
    EXPECT_TRUE(model.all_up().empty());
}

TEST(Index, ClearGivesTheLeavesBack) {
    Model model;
    for (uint64_t n = 0; n < 5000; ++n) ASSERT_TRUE(model.insert(honest(n)));
    model.index.clear(model.pool);

    EXPECT_EQ(model.pool.used_bytes(), 0u);
    EXPECT_EQ(model.index.size(), 0u);
    EXPECT_EQ(model.index.bytes(), 0u);
}

TEST(Index, RefusesDigestsMadeToCollideAndKeepsTheRest) {
    Model model;
    uint64_t accepted = 0;
    for (uint64_t n = 0; n < 2000; ++n) accepted += model.insert(alike(n, 40));

    EXPECT_EQ(accepted, ThinEntry::kLeafMax);
    EXPECT_EQ(model.index.size(), accepted);
    EXPECT_EQ(model.all_up(), model.expected());
    EXPECT_LE(model.index.bytes(), 1024u);  // the directory does not grow with the depth of the collision
    EXPECT_TRUE(model.insert(honest(1)));
}

TEST(Index, EmptyLeavesMoveToo) {
    Model model;
    Index<ThinEntry> other(6);
    const auto fill_and_clear_other = [&] {
        for (uint64_t n = 0; n < 3000; ++n) {
            ASSERT_TRUE(other.insert(model.pool, honest(n).order(), ThinEntry::make(honest(n).order(), n + 1)));
        }
        other.clear(model.pool);
        while (model.pool.wants_tidy()) {
            model.pool.tidy([&](PartitionId owner, LeafPool::Ref ref) {
                (owner == 6 ? other : model.index).move(model.pool, ref);
            });
        }
    };
    for (uint64_t n = 0; n < 300; ++n) ASSERT_TRUE(model.insert(alike(n, 12)));  // splits with one side empty
    for (int round = 0; round < 3; ++round) fill_and_clear_other();              // its moves check each leaf's place

    EXPECT_EQ(model.all_up(), model.expected());
}

TEST(Index, RefusesWhenThePoolIsFull) {
    constexpr uint64_t kPoolBytes = 1 << 20;
    Model model(kPoolBytes);
    uint64_t n = 0;
    while (model.insert(honest(n))) ASSERT_LT(++n, kPoolBytes / sizeof(ThinEntry));

    EXPECT_EQ(model.index.size(), n);
    EXPECT_EQ(model.find(honest(n)), 0u);
    for (uint64_t i = 0; i < n; i += 1000) ASSERT_NE(model.find(honest(i)), 0u);
    for (uint64_t i = 0; i < n; ++i) ASSERT_TRUE(model.erase(honest(i)));
    model.tidy();
    EXPECT_TRUE(model.insert(honest(n)));
}

TEST(Index, EntriesWithEqualTagsArriveInOneStep) {
    Model model;
    for (uint64_t n = 0; n < 3000; ++n) ASSERT_TRUE(model.insert(honest(n)));
    for (uint64_t n = 0; n < 30; ++n) ASSERT_TRUE(model.insert(alike(n, 24)));

    const Digest last = alike(0, 24);
    uint64_t key = last.order();
    const auto step = model.step_up(key);
    EXPECT_EQ(std::ranges::count_if(step, [](const Digest& d) { return tag_of(d.order()) == 0; }), 30);
}

// Goal: a walk that continues after the last digest it saw returns each digest that is there all the time exactly
// once, in order, while others come and go. Method: one seed, one history, a few changes between two steps.
template <class Step>
void walk_while_changing(uint64_t seed, const Step& step) {
    Model model;
    Draw draw(seed);
    const auto digest = [&](uint64_t n) { return alike(n, n % 50 == 0 ? 24 : 0); };
    std::vector<Digest> stay;
    for (uint64_t n = 0; n < 4000; ++n) {
        ASSERT_TRUE(model.insert(digest(n)));
        if (n % 4 == 0) stay.push_back(digest(n));
    }
    std::vector<Digest> seen;
    uint64_t fresh = 4000;
    bool more = true;
    while (more) {
        more = step(model, seen);
        for (int change = 0; change < 60; ++change) {
            if (seed % 2 == 0) ASSERT_TRUE(model.insert(digest(++fresh)));
            const Digest victim = model.any_live(draw);
            if (!std::ranges::binary_search(stay, victim, DigestLess()) &&
                std::ranges::find(stay, victim) == stay.end()) {
                ASSERT_TRUE(model.erase(victim));
            }
        }
        model.tidy();
    }
    std::vector<Digest> found;
    for (const Digest& d : seen) {
        if (std::ranges::find(stay, d) != stay.end()) found.push_back(d);
    }
    std::ranges::sort(stay, DigestLess());
    if (!seen.empty() && DigestLess()(seen.back(), seen.front())) std::ranges::reverse(stay);
    EXPECT_EQ(found, stay);
}

class IndexWalk : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, IndexWalk, testing::Range<uint64_t>(1, 7));

TEST_P(IndexWalk, UpwardsSeesWhatStaysOnceInOrder) {
    uint64_t key = 0;
    walk_while_changing(GetParam(), [&key](const Model& model, std::vector<Digest>& seen) {
        for (const Digest& digest : model.step_up(key)) {
            if (!seen.empty() && !DigestLess()(seen.back(), digest)) continue;  // before the position
            seen.push_back(digest);
        }
        return key != 0;
    });
}

TEST_P(IndexWalk, DownwardsSeesWhatStaysOnceInOrder) {
    std::optional<uint64_t> key = UINT64_MAX;
    walk_while_changing(GetParam(), [&key](const Model& model, std::vector<Digest>& seen) {
        for (const Digest& digest : model.step_down(key)) {
            if (!seen.empty() && !DigestLess()(digest, seen.back())) continue;
            seen.push_back(digest);
        }
        return key.has_value();
    });
}

TEST(Index, ADownwardStepStartsAtItsKey) {
    Model model;
    for (uint64_t n = 0; n < 1000; ++n) ASSERT_TRUE(model.insert(honest(n)));
    const auto middle = std::next(model.live.begin(), 500)->first;

    std::optional<uint64_t> key = middle.order();
    const auto step = model.step_down(key);
    ASSERT_FALSE(step.empty());
    EXPECT_EQ(step.front(), middle);
}

std::vector<ThinEntry> sorted_entries(const Model& model) {
    std::vector<ThinEntry> entries;
    for (const auto& [digest, handle] : model.live) entries.push_back(ThinEntry::make(digest.order(), handle));
    return entries;
}

TEST(Index, BuiltFromSortedEntriesItIsTheSameAsFilledOneByOne) {
    for (const uint32_t count : {1u, 40u, 41u, 80u, 81u, 1000u, 20'000u}) {
        Model model;
        for (uint32_t n = 0; n < count; ++n) ASSERT_TRUE(model.insert(honest(n)));
        const uint64_t directory = model.index.bytes();
        const uint64_t leaves = model.pool.used_bytes();
        const auto expected = model.expected();
        model.index.clear(model.pool);
        ASSERT_TRUE(model.index.build(model.pool, sorted_entries(model)));
        EXPECT_EQ(model.index.size(), count);
        EXPECT_EQ(model.all_up(), expected);
        EXPECT_EQ(model.all_down(), std::vector(expected.rbegin(), expected.rend()));
        EXPECT_LE(model.index.bytes(), directory) << count;
        EXPECT_LE(model.pool.used_bytes(), leaves) << count;
        for (uint32_t n = 0; n < count; ++n) ASSERT_NE(model.find(honest(n)), 0u) << n;
        for (uint32_t n = count; n < 2 * count; ++n) ASSERT_TRUE(model.insert(honest(n)));
        for (uint32_t n = 0; n < count; ++n) ASSERT_TRUE(model.erase(honest(n)));
        model.tidy();
        EXPECT_EQ(model.all_up(), model.expected());
    }
}

TEST(Index, IsBuiltWithEmptyLeavesBetweenDigestsThatAgree) {
    Model model;
    for (uint32_t n = 0; n < 300; ++n) ASSERT_TRUE(model.insert(alike(n, 6)));
    const auto expected = model.expected();
    const auto entries = sorted_entries(model);
    model.index.clear(model.pool);
    ASSERT_TRUE(model.index.build(model.pool, entries));
    EXPECT_EQ(model.all_up(), expected);
    for (uint32_t n = 1000; n < 1200; ++n) ASSERT_TRUE(model.insert(honest(n)));
    EXPECT_EQ(model.all_up(), model.expected());
}

TEST(Index, RefusesToBuildALeafOfTooManyDigestsThatAgree) {
    Model model;
    for (uint32_t n = 0; n < ThinEntry::kLeafMax + 1; ++n) {
        model.records.push_back(alike(n, 24));
        model.live[alike(n, 24)] = model.records.size() - 1;
    }
    EXPECT_FALSE(model.index.build(model.pool, sorted_entries(model)));
    EXPECT_EQ(model.index.size(), 0u);
    EXPECT_EQ(model.pool.used_bytes(), 0u);
    EXPECT_TRUE(model.insert(honest(1)));
}

}  // namespace
}  // namespace cairn::index
