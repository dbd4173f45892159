#include "node/cluster/codec.h"

#include <gtest/gtest.h>

#include <random>

#include "common/base/hash.h"

namespace cairn::cluster {
namespace {

constexpr Member kOne{1, {2, 3}, 4}, kTwo{5, {6, 7}, 8};
const View kView{{9, 5, 8}, {kOne, kTwo}};

NodeReport some_report() {
    NodeReport report;
    report.quiesced = true;
    report.min_cluster_size = 2;
    auto& said = report.namespaces["test"];
    said.data = {10, 11};
    said.rack = 12;
    said.partitions.resize(64);
    for (uint32_t p = 0; p < 64; ++p) {
        said.partitions[p].trusted = p % 3 == 0;
        said.partitions[p].has_data = p % 2 == 0;
        if (p % 5 == 0) continue;
        said.partitions[p].cfg = {{{3, 1, 4}, p % 4}, {{1, {2, p % 2}}, {5, {6, 7}}}, 5, 48, {{{2, 1, 4}, 1}}};
    }
    report.namespaces["empty"];
    report.rosters["test"] = {3, 2, {{1, 0}, {5, 7}}};
    return report;
}

std::vector<Message> one_of_each() {
    return {Pulse{kOne, {9, 5, 8}, {8, 1, 4}, {1, 5}, {{5, 8}}, true},
            Gather{3, {kOne, kTwo}},
            Gathered{3, {9, 5, 8}},
            Refuse{3, {9, 5, 8}, Refuse::Reason::healthy, {10, 1, 4}},
            Prepare{kView},
            Promise{{9, 5, 8}, kTwo, std::make_shared<const NodeReport>(some_report())},
            Accepted{{9, 5, 8}, kTwo, 0x1234},
            Missing{{9, 5, 8}, true, false},
            Leaving{{1, 4}},
            Duplicate{{1, 5}}};
}

Result<Message> read(const std::vector<uint8_t>& frame, std::string_view name = "name") {
    const auto header = FrameHeader::parse(kClusterFrame, frame);
    if (!header) return std::unexpected(header.error());
    return decode(*header, Bytes(frame).subspan(kFrameHeaderSize), name);
}

TEST(Codec, ReadsBackEachMessage) {
    for (const Message& message : one_of_each()) {
        const auto back = read(encode(message, "name"));
        ASSERT_TRUE(back.has_value()) << message.index() << ": " << back.error().detail;
        EXPECT_TRUE(*back == message) << message.index();
    }
}

TEST(Codec, WritesACfgOnceForAllItsPartitions) {
    NodeReport report;
    auto& said = report.namespaces["test"];
    said.partitions.resize(kPartitionCount);
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        said.partitions[p].cfg = {{{3, 1, 4}, 0}, {{1 + p % 3, {2, 3}}}, 1 + p % 3, 48, {}};
    }
    const Promise promise{{9, 5, 8}, kTwo, std::make_shared<const NodeReport>(report)};
    EXPECT_LT(encode(promise, "name").size(), 3 * kPartitionCount + 1000);
}

TEST(Codec, RefusesOtherClusters) {
    const auto frame = encode(Gathered{3, {9, 5, 8}}, "name");
    EXPECT_EQ(read(frame, "other").error().detail, "cluster frame: damaged, or of another cluster");
}

TEST(Codec, RefusesOtherVersionsAndSizes) {
    auto frame = encode(Gathered{3, {9, 5, 8}}, "name");
    frame[4] = 2;
    EXPECT_EQ(read(frame).error().detail, "cluster frame: version 2 is not known here");
    frame[4] = kWireVersion;
    store_le(frame.data() + 8, static_cast<uint32_t>(kFrameBytesMax + 1));
    EXPECT_EQ(read(frame).error().detail, "cluster frame: 33554433 bytes are too many");
    frame[0] ^= 1;
    EXPECT_EQ(read(frame).error().detail, "cluster frame: not one of this protocol");
}

/// A frame whose check fits its damaged body: what a faulty peer could send.
std::vector<uint8_t> resealed(std::vector<uint8_t> frame) {
    const Bytes body = Bytes(frame).subspan(kFrameHeaderSize);
    store_le(frame.data() + 8, static_cast<uint32_t>(body.size()));
    store_le(frame.data() + 16, hash64(body, hash64(as_bytes("name"))));
    return frame;
}

// Goal: whatever a peer says is refused or is a message that can be said again. Method: one byte changed, cut, added.
TEST(Codec, SurvivesAnyDamage) {
    std::mt19937_64 dice(1);
    size_t refused = 0;
    for (const Message& message : one_of_each()) {
        const auto frame = encode(message, "name");
        for (int round = 0; round < 200; ++round) {
            auto damaged = frame;
            const size_t at = kFrameHeaderSize + dice() % (frame.size() - kFrameHeaderSize);
            if (round % 3 == 0) damaged[at] = static_cast<uint8_t>(dice());
            if (round % 3 == 1) damaged.resize(at);
            if (round % 3 == 2) damaged.push_back(0);
            const auto back = read(resealed(damaged));
            refused += !back;
            if (back) EXPECT_TRUE(*read(encode(*back, "name")) == *back);
        }
    }
    EXPECT_GT(refused, 1300u);
}

TEST(Codec, RefusesListsThatAreNotInOrder) {
    EXPECT_FALSE(read(encode(Gather{1, {kTwo, kOne}}, "name")).has_value());
    EXPECT_FALSE(read(encode(Gather{1, {kOne, kOne}}, "name")).has_value());
}

TEST(DurableState, IsReadBack) {
    const DurableState state{{1, 2}, {9, 5, 8}, kView, some_report()};
    const auto back = decode_durable(encode(state));
    ASSERT_TRUE(back.has_value()) << back.error().detail;
    EXPECT_EQ(*back, state);
}

TEST(DurableState, SaysWhenItIsDamaged) {
    auto bytes = encode(DurableState{{1, 2}, {9, 5, 8}, kView, some_report()});
    bytes.back() ^= 1;
    EXPECT_EQ(decode_durable(bytes).error().detail, "cluster state: damaged");
    bytes.resize(10);
    EXPECT_EQ(decode_durable(bytes).error().detail, "cluster state: cut off");
    EXPECT_FALSE(decode_durable(encode(Gathered{}, "")).has_value()) << "a message is no state";
}

}  // namespace
}  // namespace cairn::cluster
