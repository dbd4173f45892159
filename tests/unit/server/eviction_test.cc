#include "node/server/eviction.h"

#include <gtest/gtest.h>

#include "common/client/reply.h"
#include "common/client/request.h"
#include "tests/sim/node_work.h"
#include "tests/sim/raw_user.h"
#include "tests/sim/simulated_node.h"

namespace cairn::server {
namespace {

using client::Value;

TEST(ExpiryHistogram, CutsBetweenTwoBuckets) {
    ExpiryHistogram soonest(100, /*now_s=*/1000);
    for (const uint32_t void_time : {1010u, 1010u, 1020u, 1030u}) soonest.add(void_time);
    EXPECT_EQ(soonest.total(), 4u);
    const auto two = soonest.cut(2);
    EXPECT_EQ(two.all_before, 1011u);
    EXPECT_EQ(two.some, 0u);
    EXPECT_EQ(soonest.cut(4).all_before, 1031u);
}

TEST(ExpiryHistogram, CutsInsideABucket) {
    ExpiryHistogram soonest(100, 1000);
    for (int i = 0; i < 10; ++i) soonest.add(1050);
    const auto cut = soonest.cut(3);
    EXPECT_EQ(cut.all_before, 1050u);
    EXPECT_EQ(cut.some_before, 1051u);
    EXPECT_EQ(cut.some, 3u);
}

TEST(ExpiryHistogram, BucketsWidenForALongLife) {
    ExpiryHistogram soonest(101, 1000);  // an odd number, so that the last one has no neighbour
    for (uint32_t ttl = 1; ttl <= 100; ++ttl) soonest.add(1000 + ttl);
    soonest.add(1000 + 315'360'000);
    EXPECT_EQ(soonest.total(), 101u);
    const auto cut = soonest.cut(100);
    EXPECT_GT(cut.all_before, 1100u);
    EXPECT_LT(cut.all_before, 1000u + 10'000'000u);
    EXPECT_EQ(cut.some, 0u);
}

class Eviction : public testing::Test {
protected:
    static NamespaceConfig settings() {
        NamespaceConfig ns;
        ns.nsup_period_s = 1;
        ns.evict_tenths_pct = 50;
        ns.storage_engine.data_size_bytes = 2 << 20;
        ns.sets.push_back({.name = "kept", .disable_eviction = true});
        return ns;
    }
    static Digest digest_of(uint64_t key) { return sim::digest_in(7, key); }
    /// All in one partition: what is used is known to 64 KiB for each group of partitions.
    void put(uint64_t key, uint32_t ttl, std::string_view set = "s") {
        Buffer frame;
        const client::Bin bins[] = {{"a", Value::blob(std::string(900, 'x'))}};
        client::append_put(frame, {"test", set, digest_of(key)}, bins, {.ttl = ttl});
        user.say(frame.bytes());
        if (++asked % 20 == 0) settle();
    }
    void settle() {
        ASSERT_TRUE(world.run_until([&] { return user.frame_count() == asked; }, 60s));
    }
    /// Waits for the answers to all puts, then sets the mark: above it by then.
    void set_mark() {
        settle();
        for (const auto& frame : user.frames()) EXPECT_EQ(client::decode_record(frame.body)->result, ResultCode::ok);
        node.ns().evict_used_pct.store(50);
        ASSERT_TRUE(world.run_until([&] { return node.ns().evict_mark == partition::EvictMark::used; }, 10s));
    }
    bool exists(uint64_t key) {
        return node.ns().partitions.with(
            7, [&](partition::Partition& partition) { return partition.find(digest_of(key)) != nullptr; });
    }
    uint64_t existing(uint64_t from, uint64_t to) {
        uint64_t count = 0;
        for (uint64_t key = from; key < to; ++key) count += exists(key);
        return count;
    }

    sim::World world{1};
    sim::SimulatedNode node{world, settings(), 2};
    sim::RawUser user{world.machine("users", 1), node.endpoint()};
    size_t asked = 0;
};

TEST_F(Eviction, RecordsThatExpireSoonestGoUntilTheNamespaceIsBelowItsMark) {
    for (uint64_t key = 0; key < 1300; ++key) put(key, /*ttl=*/10'000 + static_cast<uint32_t>(key) * 10);
    set_mark();
    ASSERT_TRUE(world.run_until([&] { return node.ns().evict_mark == partition::EvictMark::none; }, 100s));
    const uint64_t left = existing(0, 1300);
    EXPECT_GT(left, 900u);  // no more than it takes
    EXPECT_LT(left, 1150u);
    EXPECT_EQ(existing(1300 - left, 1300), left);  // and those with the longest life
    EXPECT_GT(node.ns().evict_ttl_s.load(), 10'000u);
}

TEST_F(Eviction, RecordsThatNeverExpireAndSetsThatForbidItStay) {
    for (uint64_t key = 0; key < 700; ++key) put(key, static_cast<uint32_t>(-1));
    for (uint64_t key = 700; key < 1300; ++key) put(key, 10'000, "kept");
    for (uint64_t key = 1300; key < 1310; ++key) put(key, 20'000);
    set_mark();
    ASSERT_TRUE(world.run_until([&] { return existing(1300, 1310) == 0; }, 100s));
    world.run_for(10s);
    EXPECT_EQ(existing(0, 1300), 1300u);
}

TEST_F(Eviction, RecordsOfOneSecondGoAFewAtATime) {
    for (uint64_t key = 0; key < 1300; ++key) put(key, 10'000);
    set_mark();
    ASSERT_TRUE(world.run_until([&] { return node.ns().evict_mark == partition::EvictMark::none; }, 100s));
    EXPECT_GT(existing(0, 1300), 900u);
}

}  // namespace
}  // namespace cairn::server
