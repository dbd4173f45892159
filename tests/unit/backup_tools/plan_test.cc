#include "node/backup/plan.h"

#include <gtest/gtest.h>

namespace cairn::backup {
namespace {

std::vector<uint8_t> filter_of(uint64_t after_ms, uint64_t before_ms) {
    BackupPlan plan;
    plan.modified_after_ms = after_ms;
    plan.modified_before_ms = before_ms;
    const auto filter = scan_filter(plan);
    return {filter.bytes().begin(), filter.bytes().end()};
}

TEST(Plan, ReadsPartitionsAsFirstAndCount) {
    const auto partitions = parse_partitions("0-2,100,4090-6");
    ASSERT_TRUE(partitions);
    EXPECT_EQ(partitions->partitions.count(), 9);
    for (const size_t id : {0, 1, 100, 4090, 4095}) EXPECT_TRUE(partitions->partitions[id]) << id;
    for (const char* wrong : {"", ",", "4096", "4090-7", "1-0", "x", "1-", "-1", "1-2-3"})
        EXPECT_FALSE(parse_partitions(wrong)) << wrong;
}

TEST(Plan, ReadsADigestAsWhatFollowsIt) {
    const std::string digest = "AQIAAAAAAAAAAAAAAAAAAAAAAAA=";  // bytes 1, 2: partition 0x201
    const auto part = parse_partitions("7," + digest);
    ASSERT_TRUE(part) << part.error().detail;
    EXPECT_EQ(part->partitions.count(), 2);
    EXPECT_TRUE(part->partitions[0x201]);
    ASSERT_EQ(part->after.size(), 1);
    EXPECT_EQ(part->after[0].partition(), 0x201);
    EXPECT_FALSE(parse_partitions("513," + digest));
    EXPECT_FALSE(parse_partitions("AQIAAAAAAAAAAAAAAAAAAAAAAA=="));  // 19 bytes
}

TEST(Plan, AfterADigestComeAllPartitionsBehindItsOwn) {
    const auto part = parse_after_digest("/v8AAAAAAAAAAAAAAAAAAAAAAAA=");  // partition 0xFFE
    ASSERT_TRUE(part) << part.error().detail;
    EXPECT_EQ(part->partitions.count(), 2);
    EXPECT_EQ(part->after.size(), 1);
    EXPECT_FALSE(parse_after_digest("0-10"));
}

TEST(Plan, KeepsPartitionsAsText) {
    Partitions partitions;
    partitions.set(0).set(6).set(4095);
    const auto text = to_text(partitions);
    EXPECT_EQ(text.substr(0, 3), "820");
    EXPECT_EQ(text.back(), '1');
    EXPECT_EQ(partitions_from(text), partitions);
    EXPECT_FALSE(partitions_from(text.substr(1)));
    EXPECT_FALSE(partitions_from("g" + text.substr(1)));
}

TEST(Plan, FiltersByTheTimeOfTheLastUpdate) {
    EXPECT_TRUE(filter_of(0, 0).empty());
    const std::vector<uint8_t> after{0x93, 4, 0x91, 66, 0xCF, 0, 0, 0, 0, 0, 0x0F, 0x42, 0x40};  // [>=, [LUT], 1 ms]
    const std::vector<uint8_t> before{0x93, 5, 0x91, 66, 0xCF, 0, 0, 0, 0, 0, 0x1E, 0x84, 0x80};  // [<, [LUT], 2 ms]
    EXPECT_EQ(filter_of(1, 0), after);
    EXPECT_EQ(filter_of(0, 2), before);
    std::vector<uint8_t> both{0x93, 16};
    both.insert(both.end(), after.begin(), after.end());
    both.insert(both.end(), before.begin(), before.end());
    EXPECT_EQ(filter_of(1, 2), both);
}

TEST(Plan, ConditionsAreJoined) {
    BackupPlan plan;
    plan.no_ttl_only = true;
    const std::string never = "\x93\x01\x91\x45\xFF";  // [==, [TTL], -1]
    EXPECT_EQ(as_text(scan_filter(plan).bytes()), never);
    plan.filter = "\xC3";  // true
    EXPECT_EQ(as_text(scan_filter(plan).bytes()), "\x93\x10" + never + "\xC3");
    plan.modified_after_ms = 1;
    EXPECT_EQ(scan_filter(plan).bytes()[0], 0x94);
}

TEST(Plan, StateReadsBackAsItWasWritten) {
    BackupState state{.plan = "a=\"1\"", .files = {{"test_00000.asb", 1ull << 40}}, .definitions_done = true};
    state.done.set(17);
    const auto read = BackupState::parse(state.json());
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->plan, state.plan);
    EXPECT_EQ(read->done, state.done);
    EXPECT_TRUE(read->definitions_done);
    ASSERT_EQ(read->files.size(), 1);
    EXPECT_EQ(read->files[0].name, "test_00000.asb");
    EXPECT_EQ(read->files[0].bytes, 1ull << 40);
}

TEST(Plan, RefusesADamagedState) {
    const auto json = BackupState{.plan = "x", .files = {{"f", 1}}}.json();
    EXPECT_FALSE(BackupState::parse(json.substr(0, json.size() / 2)));
    EXPECT_FALSE(BackupState::parse("{}"));
    EXPECT_FALSE(BackupState::parse("[]"));
    EXPECT_FALSE(BackupState::parse(R"({"format":1,"plan":5,"done":"","definitions":1,"files":[]})"));
}

}  // namespace
}  // namespace cairn::backup
