#include "node/smd/map.h"

#include <gtest/gtest.h>

#include "common/base/split_mix.h"

namespace cairn::smd {
namespace {

std::shared_ptr<const std::string> text(std::string value) {
    return std::make_shared<const std::string>(std::move(value));
}

const Key kIndex{Module::sindex, "test|age"};
const Key kTruncated{Module::truncate, "test|people"};

TEST(Map, KeepsTheHigherVersion) {
    Map map;
    EXPECT_TRUE(map.merge(kIndex, {.version = {2, 1, 7}, .value = text("new")}));
    EXPECT_FALSE(map.merge(kIndex, {.version = {1, 9, 7}, .value = text("old")}));
    EXPECT_EQ(*map.find(kIndex)->value, "new");
    EXPECT_TRUE(map.merge(kIndex, {.version = {2, 2, 7}}));
    EXPECT_EQ(map.find(kIndex)->value, nullptr) << "removed, and known to be";
}

// Two halves of a cluster truncated: what one of them was told is gone stays gone.
TEST(Map, KeepsTheLaterTruncationWhateverItsVersion) {
    Map map;
    map.merge(kTruncated, {.version = {5, 1, 1}, .value = text("1000")});
    map.merge(kTruncated, {.version = {6, 1, 2}, .value = text("900")});
    EXPECT_EQ(*map.find(kTruncated)->value, "1000");
    EXPECT_EQ(map.find(kTruncated)->version, (Version{6, 1, 2})) << "a version never falls";
}

TEST(Map, ATruncationThatWasUndoneDoesNotComeBack) {
    Map map;
    map.merge(kTruncated, {.version = {5, 1, 1}, .value = text("1000")});
    map.merge(kTruncated, {.version = {5, 2, 1}, .era = {5, 2, 1}});
    EXPECT_EQ(map.find(kTruncated)->value, nullptr);
    map.merge(kTruncated, {.version = {5, 1, 1}, .value = text("1000")});
    EXPECT_EQ(map.find(kTruncated)->value, nullptr);
    map.merge(kTruncated, {.version = {5, 3, 1}, .era = {5, 2, 1}, .value = text("800")});
    EXPECT_EQ(*map.find(kTruncated)->value, "800") << "an earlier time, in a new era";
}

// Goal: copies that know the same converge. Method: the same entries in any order and any number of times.
TEST(Map, TheOrderOfMergesDoesNotMatter) {
    for (uint64_t seed = 1; seed <= 300; ++seed) {
        uint64_t state = seed;
        const auto below = [&](uint64_t count) { return next_split_mix(state) % count; };
        std::vector<std::pair<Key, Entry>> entries;
        for (int i = 0; i < 6; ++i) {
            const auto version = [&] { return Version{uint32_t(below(2)), uint32_t(below(2)), below(2)}; };
            Entry entry{.version = version(), .era = version(), .time_ms = below(2)};
            if (below(3) != 0) entry.value = text(std::to_string(below(3)));
            entries.emplace_back(below(2) == 0 ? kIndex : kTruncated, entry);
        }
        Map one, other;
        for (const auto& [key, entry] : entries) one.merge(key, entry);
        for (int i = 0; i < 40; ++i) {
            const auto& [key, entry] = entries[below(entries.size())];
            other.merge(key, entry);
        }
        for (size_t i = entries.size(); i-- > 0;) other.merge(entries[i].first, entries[i].second);
        for (const Key& key : {kIndex, kTruncated}) {
            const Entry* const first = one.find(key);
            const Entry* const second = other.find(key);
            ASSERT_EQ(first == nullptr, second == nullptr) << seed;
            if (first == nullptr) continue;
            EXPECT_EQ(first->value == nullptr, second->value == nullptr) << seed;
            if (first->value) EXPECT_EQ(*first->value, *second->value) << seed;
            EXPECT_EQ(first->version, second->version) << seed;
        }
    }
}

TEST(Map, EqualMapsHaveOneHash) {
    Map one, other;
    one.merge(kIndex, {.version = {1, 1, 1}, .value = text("a")});
    one.merge(kTruncated, {.version = {1, 2, 1}, .value = text("5")});
    EXPECT_NE(one.hash(), other.hash());
    other.merge(kTruncated, {.version = {1, 2, 1}, .value = text("5")});
    other.merge(kIndex, {.version = {1, 1, 1}, .value = text("a")});
    EXPECT_EQ(one.hash(), other.hash());
    one.merge(kIndex, {.version = {1, 3, 1}});
    EXPECT_NE(one.hash(), other.hash());
}

TEST(Map, ForgetsWhatWasRemovedLongAgo) {
    Map map;
    map.merge(kIndex, {.version = {1, 1, 1}, .time_ms = 50});
    map.merge({Module::udf, "a.lua"}, {.version = {1, 2, 1}, .time_ms = 200});
    map.merge({Module::udf, "b.lua"}, {.version = {1, 3, 1}, .time_ms = 50, .value = text("b")});
    EXPECT_EQ(map.bytes(), 8u + 5 + 5 + 1);
    map.forget_removed(100);
    EXPECT_EQ(map.find(kIndex), nullptr);
    EXPECT_EQ(map.entries().size(), 2u);
    EXPECT_EQ(map.bytes(), 5u + 5 + 1);
}

}  // namespace
}  // namespace cairn::smd
