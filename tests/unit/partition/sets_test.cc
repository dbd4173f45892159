#include "node/partition/sets.h"

#include <gtest/gtest.h>

#include "node/partition/namespace.h"

namespace cairn::partition {
namespace {

TEST(Sets, AreNumberedInOrderOfFirstUse) {
    Sets sets;
    EXPECT_EQ(sets.find("a"), kNoSet);
    EXPECT_EQ(sets.find_or_add("a"), 1);
    EXPECT_EQ(sets.find_or_add("b"), 2);
    EXPECT_EQ(sets.find_or_add("a"), 1);
    EXPECT_EQ(sets.find("b"), 2);
    EXPECT_EQ(sets.name(2), "b");
    EXPECT_EQ(sets.name(kNoSet), "");
    EXPECT_EQ(sets.count(), 2u);
}

TEST(Sets, AreAtMost4095) {
    Sets sets;
    for (int i = 0; i < 4095; ++i) ASSERT_EQ(sets.find_or_add("set" + std::to_string(i)), i + 1);
    EXPECT_EQ(sets.find_or_add("one more"), kNoSet);
    EXPECT_EQ(sets.find_or_add("set17"), 18);
}

TEST(Sets, HaveNamesOf1To63Bytes) {
    Sets sets;
    EXPECT_EQ(sets.find_or_add(""), kNoSet);
    EXPECT_NE(sets.find_or_add(std::string(63, 'x')), kNoSet);
    EXPECT_EQ(sets.find_or_add(std::string(64, 'x')), kNoSet);
}

// A cluster truncates sets by their names, on nodes that have no record of them yet.
TEST(Sets, ATruncationWaitsForItsSet) {
    Sets sets;
    const SetId here = sets.find_or_add("here");
    sets.truncate("here", 5);
    sets.truncate("later", 7);
    sets.truncate("undone", 8);
    sets.truncate("undone", 0);
    EXPECT_EQ(sets.find("later"), kNoSet) << "it is not made by that";
    EXPECT_EQ(sets[here].truncate_lut.load(), 5u);
    EXPECT_EQ(sets[sets.find_or_add("later")].truncate_lut.load(), 7u);
    EXPECT_EQ(sets[sets.find_or_add("undone")].truncate_lut.load(), 0u);
}

TEST(Namespace, TakesOverTheSettingsOfItsSets) {
    NamespaceConfig settings;
    settings.name = "test";
    settings.sets.push_back({.name = "s", .default_ttl_s = 9, .stop_writes_count = 4});
    Namespace ns(0, settings, 1);
    const Set& set = ns.sets[ns.sets.find("s")];
    EXPECT_EQ(set.default_ttl_s.load(), 9u);
    EXPECT_EQ(set.stop_writes_count.load(), 4u);
    settings.sets[0].stop_writes_count = 0;
    ns.apply(settings);
    EXPECT_EQ(set.stop_writes_count.load(), 0u);
}

}  // namespace
}  // namespace cairn::partition
