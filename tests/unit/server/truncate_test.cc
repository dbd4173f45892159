#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

constexpr uint64_t kNowMs = 500'000'000'000;  // the fixture's
/// Nanoseconds since 1970, as clients give it.
std::string lut(uint64_t ms) { return std::to_string((ms + kEpochUnixSeconds * 1000) * 1'000'000); }

using TruncateTest = InfoTest;

TEST_F(TruncateTest, WrongCommands) {
    for (const auto& [line, reply] : std::initializer_list<std::pair<const char*, const char*>>{
             {"truncate", "ERROR:20:missing 'namespace'"},
             {"truncate:namespace=bar", "ERROR:4:missing 'set'"},
             {"truncate:set=x", "ERROR:20:missing 'namespace'"},
             {"truncate:namespace=bar;set=", "ERROR:4:missing 'set' value"},
             {"truncate:namespace=zz;set=x", "ok"},
             {"truncate:namespace=bar;set=nope", "ok"},
             {"truncate:namespace=bar;set=nope;lut=abc", "ERROR:4:would truncate to 0"},
             {"truncate:namespace=bar;set=nope;lut=1", "ERROR:4:would truncate to 0"},
             {"truncate:namespace=bar;set=nope;lut=99999999999999999999", "ERROR:4:would truncate in the future"},
             {"truncate-namespace:namespace=bar;set=x", "ERROR:4:unexpected set name"},
             {"truncate-namespace:namespace=", "ERROR:20:missing 'namespace' value"},
             {"truncate-undo:namespace=bar", "ERROR:4:missing 'set'"},
             {"truncate-undo:namespace=bar;set=nope", "ok"},
             {"truncate-namespace-undo", "ERROR:20:missing 'namespace'"}}) {
        EXPECT_EQ(ask(line), reply) << line;
    }
    EXPECT_EQ(ask("truncate:namespace=bar;set=x;lut=" + lut(kNowMs + 1000)), "ERROR:4:would truncate in the future");
}

TEST_F(TruncateTest, InAClusterAllNodesAreAsked) {
    std::vector<smd::Change> asked;
    std::function<void(smd::Outcome)> done;
    state.change_metadata = [&](smd::Change change, std::function<void(smd::Outcome)> then) {
        asked.push_back(std::move(change));
        done = std::move(then);
    };
    std::string value;
    session.later = [&] {
        session.waiting.emplace();
        return [&](std::string came) { value = std::move(came); };
    };
    put("demo", 1);
    EXPECT_EQ(ask("truncate:namespace=test;set=demo"), "");
    EXPECT_TRUE(session.waiting) << "the value comes later";
    EXPECT_TRUE(exists(1)) << "nothing happens before all know it";
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].sets[0].key, (smd::Key{smd::Module::truncate, "test|demo"}));
    EXPECT_EQ(*asked[0].sets[0].value, std::to_string(kNowMs + 1));
    done(smd::Outcome::ok);
    EXPECT_EQ(value, "ok");
    done(smd::Outcome::in_doubt);
    EXPECT_EQ(value, "ERROR:9:timeout");
    ask("truncate-namespace-undo:namespace=test");
    EXPECT_EQ(asked[1].sets[0].key.name, "test");
    EXPECT_EQ(asked[1].sets[0].value, nullptr);
    session.later = nullptr;
    EXPECT_EQ(ask("truncate:namespace=test;set=demo"), "ERROR:22:nobody can wait here for the other nodes");
}

TEST_F(TruncateTest, WrittenInTheSameMillisecondBeforeIsGoneAndAfterStays) {
    for (int round = 0; round < 3; ++round) {  // the clock stands still
        put("demo", 1);
        EXPECT_TRUE(exists(1));
        EXPECT_EQ(ask("truncate:namespace=test;set=demo"), "ok");
        EXPECT_FALSE(exists(1)) << round;
        put("demo", 1);
        EXPECT_TRUE(exists(1)) << round;
    }
}

TEST_F(TruncateTest, NamespaceTruncationIsAheadOfWritesThatFollowedASetTruncation) {
    ask("truncate:namespace=test;set=demo");
    put("demo", 1);
    EXPECT_EQ(ask("truncate:namespace=test;set=demo"), "ok");
    put("demo", 1);
    EXPECT_EQ(ask("truncate-namespace:namespace=test"), "ok");
    EXPECT_FALSE(exists(1));
    put("demo", 1);
    EXPECT_TRUE(exists(1));
}

TEST_F(TruncateTest, OtherSetsStay) {
    put("demo", 1);
    put("other", 2);
    ask("truncate:namespace=test;set=demo");
    EXPECT_FALSE(exists(1));
    EXPECT_TRUE(exists(2));
}

TEST_F(TruncateTest, GivenTimeKeepsWhatIsNotOlder) {
    put("demo", 1);
    clock.set(101s, kNowMs + 1000);
    put("demo", 2);
    EXPECT_EQ(ask("truncate:namespace=test;set=demo;lut=" + lut(kNowMs + 1000)), "ok");
    EXPECT_FALSE(exists(1));
    EXPECT_TRUE(exists(2));
}

TEST_F(TruncateTest, AnEarlierTimeTakesNothingBack) {
    clock.set(101s, kNowMs + 1000);
    put("demo", 1);
    ask("truncate:namespace=test;set=demo");
    ask("truncate:namespace=test;set=demo;lut=" + lut(kNowMs));
    EXPECT_FALSE(exists(1));
}

TEST_F(TruncateTest, UndoGivesBackWhatIsNotSweptYet) {
    put("demo", 1);
    ask("truncate:namespace=test;set=demo");
    EXPECT_EQ(ask("truncate-undo:namespace=test;set=demo"), "ok");
    EXPECT_TRUE(exists(1));
    ask("truncate-namespace:namespace=test");
    EXPECT_EQ(ask("truncate-namespace-undo:namespace=test"), "ok");
    EXPECT_TRUE(exists(1));
}

TEST_F(TruncateTest, AsksTheSweepersForARoundAndIsTold) {
    put("demo", 1);
    ask("truncate:namespace=test;set=demo");
    EXPECT_EQ(state.namespaces[0]->truncations.load(), 1u);
    state.namespaces[0]->sweeps_running = 1;
    EXPECT_EQ(value_of(ask("namespace/test"), "truncating"), "true");
    EXPECT_TRUE(ask("sets/test/demo").contains(":truncate_lut=500000000001:"));
}

}  // namespace
}  // namespace cairn::server::test
