// Secondary indexes while records change: what they hold is compared with what the records say.
#include <map>
#include <random>
#include <set>

#include "node/txn/sweep.h"
#include "tests/unit/sindex/parameters.h"
#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

using Entries = std::set<std::pair<int64_t, uint64_t>>;  // value, Entry::key
using partition::SecondaryIndex;

uint64_t of(uint64_t key) { return sindex::Entry::key_of(digest_of(key)); }

struct Indexed : testing::Test {
    std::shared_ptr<SecondaryIndex> add(std::string_view line) {
        auto definition = sindex::parse(line);
        EXPECT_TRUE(definition);
        auto made = desk.ns.indexes.add(*std::move(definition), [](const std::string&) { return Result<void>(); });
        EXPECT_TRUE(made);
        return made ? *made : nullptr;
    }
    Entries entries(const SecondaryIndex& index) {
        Entries all;
        for (size_t i = 0; i < desk.ns.partitions.slice_count(); ++i) {
            desk.ns.partitions.with_slice(i, [&](partition::SliceView& slice) {
                const auto* part = slice.find(index);
                if (part == nullptr) return false;
                part->entries.visit(slice.pool(), {}, {UINT64_MAX, UINT64_MAX}, SIZE_MAX, [&](sindex::Entry entry) {
                    all.insert({sindex::integer_of_value(entry.value), entry.key});
                });
                return true;
            });
        }
        return all;
    }
    void sweep() {
        for (partition::WalkPosition position; !position.done;) {
            sweep_leaf(desk.ns, desk.worker, 5, position, *desk.worker.reads);
            desk.was_waiting();
        }
    }

    Desk desk;
};

TEST_F(Indexed, WritesChangeWhatTheyChange) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    desk.put(1, 7);
    desk.put(2, -7);
    EXPECT_EQ(entries(*index), (Entries{{7, of(1)}, {-7, of(2)}}));
    desk.put(1, 8);
    EXPECT_EQ(entries(*index), (Entries{{8, of(1)}, {-7, of(2)}}));
    desk.put(1, {{"b", Value::integer(1)}});
    desk.put(2, {{"a", Value::text("text")}});
    EXPECT_EQ(entries(*index), (Entries{{8, of(1)}}));
}

TEST_F(Indexed, AReplacedRecordLosesItsOldValues) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    desk.put(1, 7);
    desk.put(1, {{"b", Value::integer(1)}}, {.exists = Exists::replace});
    EXPECT_EQ(entries(*index), Entries{});
}

TEST_F(Indexed, DeletesOfBothKindsEndEntries) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    desk.put(1, 7);
    desk.put(2, 7);
    desk.remove(1);
    EXPECT_EQ(entries(*index), (Entries{{7, of(2)}}));
    if (!desk.ns.store) return;
    desk.remove(2, {.durable_delete = true});
    EXPECT_EQ(entries(*index), Entries{});
}

TEST_F(Indexed, ExpiredAndTruncatedRecordsLoseTheirEntriesWhenTheyAreSwept) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    for (uint64_t key = 0; key < 200; ++key) desk.put(key, int64_t(key), {.ttl = key % 2 == 0 ? 10u : 1000u});
    desk.clock.pass(10s);
    sweep();
    EXPECT_EQ(entries(*index).size(), 100u);
    desk.ns.truncate_lut.store(desk.clock.epoch_ms());
    desk.put(1, 5);
    sweep();
    EXPECT_EQ(entries(*index), (Entries{{5, of(1)}}));
}

// More than are read at once might go, of which the round takes few: the others must not be read over and over.
TEST_F(Indexed, AnEvictionOfAFewOfManyEnds) {
    constexpr PartitionId kPid = 21;  // its leaves hold up to 78
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    const client::Bin bin{"a", Value::integer(1)};
    for (uint64_t number = 0; number < 72; ++number) {
        Buffer frame;
        client::append_put(frame, {"test", "s", digest_of(number, kPid)}, {&bin, 1}, {.ttl = 50});
        desk.run(frame);
    }
    desk.clock.pass(1s);
    desk.ns.evictions.begin({0, desk.clock.epoch_s() + 100, desk.clock.epoch_ms()}, 5, 1);
    partition::WalkPosition position;
    for (int turns = 0; turns < 10 && !position.done; ++turns) {
        sweep_leaf(desk.ns, desk.worker, kPid, position, *desk.worker.reads, /*evict=*/true);
        desk.was_waiting();
    }
    EXPECT_TRUE(position.done);
    EXPECT_EQ(desk.worker.counters[0].evicted_objects.get(), 5u);
    EXPECT_EQ(entries(*index).size(), 67u);
}

TEST_F(Indexed, ARecordInTheNameOfAnExpiredOneHasOnlyItsOwnValues) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    desk.put(1, 7, {.ttl = 10});
    desk.clock.pass(10s);
    desk.put(1, {{"b", Value::integer(1)}});
    EXPECT_EQ(entries(*index), Entries{});
}

TEST_F(Indexed, OnlyRecordsOfItsSetAreInAnIndexOfASet) {
    const auto index = add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    desk.put(1, 7);
    desk.set = "other";
    desk.put(2, 7);
    EXPECT_EQ(entries(*index), (Entries{{7, of(1)}}));
}

TEST_F(Indexed, AnExpiredRecordsNameMayBeTakenByOneOfAnotherSet) {
    const auto index = add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    const auto other = add("ns=test;set=t;indexname=j;bin=a;type=numeric");
    desk.put(1, 7, {.ttl = 10});
    desk.clock.pass(10s);
    desk.set = "t";
    desk.put(1, 7);
    EXPECT_EQ(entries(*index), Entries{});
    EXPECT_EQ(entries(*other), (Entries{{7, of(1)}}));
}

TEST_F(Indexed, ARefusedWriteChangesNothing) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    desk.put(1, 7);
    EXPECT_EQ(desk.put(1, 8, {.exists = Exists::create_only}).result, ResultCode::record_exists);
    EXPECT_EQ(entries(*index), (Entries{{7, of(1)}}));
}

TEST_F(Indexed, ADeletedIndexIsToldNothingMore) {
    const auto index = add("ns=test;indexname=i;bin=a;type=numeric");
    const auto keeps = [](const std::string&) { return Result<void>(); };
    desk.put(1, 7);
    ASSERT_TRUE(desk.ns.indexes.remove("i", keeps));
    EXPECT_EQ(desk.ns.partitions.memory_use().sindex_used, 0u);
    desk.put(1, 8);
    EXPECT_EQ(entries(*index), Entries{});
}

TEST_F(Indexed, WhatCannotBeKeptIsNotThere) {
    auto definition = sindex::parse("ns=test;indexname=i;bin=a;type=numeric");
    EXPECT_FALSE(desk.ns.indexes.add(*definition, [](const std::string&) { return fail("no room"); }));
    EXPECT_EQ(desk.ns.indexes.find("i"), nullptr);
    EXPECT_EQ(desk.ns.partitions.memory_use().sindex_used, 0u);
}

TEST_F(Indexed, DefinitionsComeBackAsTheyWereKept) {
    std::string kept;
    auto definition = sindex::parse("ns=test;set=s;indexname=i;bin=a;type=numeric");
    ASSERT_TRUE(desk.ns.indexes.add(*definition, [&](const std::string& text) {
        kept = text;
        return Result<void>();
    }));
    Desk other;
    ASSERT_TRUE(other.ns.indexes.load(kept));
    ASSERT_NE(other.ns.indexes.find("i"), nullptr);
    EXPECT_EQ(other.ns.indexes.find("i")->definition, *definition);
    EXPECT_FALSE(other.ns.indexes.load("cairn"));
}

TEST_F(Indexed, BecomeWhatIsWanted) {
    const auto stays = add("ns=test;indexname=stays;bin=a;type=numeric");
    const auto renamed = add("ns=test;indexname=old;bin=b;type=numeric");
    add("ns=test;indexname=goes;bin=c;type=numeric");
    add("ns=test;indexname=other;bin=d;type=numeric");
    sindex::Catalogue wanted;
    for (const char* const line :
         {"ns=test;indexname=stays;bin=a;type=numeric", "ns=test;indexname=new;bin=b;type=numeric",
          "ns=test;indexname=other;bin=e;type=numeric"}) {
        ASSERT_TRUE(wanted.add(*sindex::parse(line)));
    }
    EXPECT_FALSE(desk.ns.indexes.become(wanted, [](const std::string&) { return fail("no room"); }));
    EXPECT_EQ(desk.ns.indexes.find("other"), nullptr) << "what cannot be kept is not there";
    std::string kept;
    const auto fresh = desk.ns.indexes.become(wanted, [&](const std::string& text) {
        kept = text;
        return Result<void>();
    });
    ASSERT_TRUE(fresh);
    ASSERT_EQ(fresh->size(), 1u) << "one is to be built";
    EXPECT_EQ(fresh->front().name, "other");
    EXPECT_EQ(desk.ns.indexes.find("stays"), stays);
    EXPECT_EQ(desk.ns.indexes.find("new"), renamed);
    EXPECT_EQ(desk.ns.indexes.find("old"), nullptr);
    EXPECT_EQ(desk.ns.indexes.find("goes"), nullptr);
    EXPECT_EQ(desk.ns.indexes.find("other")->definition.bin, "e");
    Desk other;
    ASSERT_TRUE(other.ns.indexes.load(kept));
    EXPECT_EQ(other.ns.indexes.all().size(), 3u);
}

// Goal: whatever happens to records, an index holds their values and nothing else. Method: thousands of random commands
// on few records and values; from time to time all that is gone is swept, and each record is asked.
TEST_F(Indexed, HoldsWhatTheRecordsSayAfterAnyHistory) {
    const auto index = add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    std::mt19937_64 random(1);
    for (int round = 0; round < 60; ++round) {
        for (int i = 0; i < 60; ++i) {
            const uint64_t key = random() % 90;
            client::WriteOptions options;
            if (random() % 4 == 0) options.ttl = 1 + uint32_t(random() % 20);
            if (random() % 4 == 0) options.exists = Exists::replace;
            switch (random() % 8) {
                case 0: desk.remove(key); break;
                case 1: desk.put(key, {{"b", Value::integer(1)}}, options); break;
                case 2: desk.put(key, {{"a", Value::text("x")}}, options); break;
                case 3: desk.operate(key, {client::add_op("a", Value::integer(1))}); break;
                case 4: desk.operate(key, {client::delete_all_op()}); break;
                default: desk.put(key, int64_t(random() % 5), options); break;
            }
            if (random() % 5 == 0) desk.clock.pass(1s);
        }
        if (random() % 10 == 0) desk.ns.truncate_lut.store(desk.clock.epoch_ms());
        sweep();
        Entries expected;
        for (uint64_t key = 0; key < 90; ++key) {
            const auto record = desk.get(key);
            for (const auto& bin : record.bins) {
                const auto value = bin.value.as_integer();
                if (bin.name == "a" && value) expected.insert({*value, of(key)});
            }
        }
        ASSERT_EQ(entries(*index), expected) << round;
    }
}

}  // namespace
}  // namespace cairn::txn
