#include "node/replication/codec.h"

#include <gtest/gtest.h>

#include <random>

#include "common/base/hash.h"

namespace cairn::replication {
namespace {

Digest digest(uint8_t key) {
    Digest made{};
    made.bytes[0] = 3;  // the partition
    made.bytes[19] = key;
    return made;
}

Packet one_of_each() {
    const auto version = std::make_shared<const Version>(
        Version{.stamp = {80, 7}, .generation = 3, .last_update_ms = 12345, .kind = Kind::live, .content = {1, 2, 3}});
    const Cfg cfg{.id = {{5, 1, 4}, 2},
                  .insync = {{1, {2, 3}}, {5, {6, 7}}},
                  .master = 5,
                  .regime = 80,
                  .ancestry = {{{4, 1, 4}, 0}}};
    Ready ready{.attempt = 2, .line = cfg.id, .since = 64};
    ready.hashes.resize(kBuckets, 99);
    const std::vector<Message> messages{Replica{80, 1, {80, 6}, digest(1), version},
                                        ReplicaAck{{80, 7}},
                                        Stale{64, {5, 1, 4}},
                                        Settled{80, {80, 6}},
                                        Unsettled{1, false, {digest(1), digest(2)}},
                                        UnsettledHeard{1},
                                        Begin{80, 2, Purpose::merge, {80, 6}},
                                        ready,
                                        ListAsk{80, 2, 3, digest(4)},
                                        ListPage{2, 3, std::nullopt, false, {{digest(1), 11}, {digest(2), 12}}},
                                        FillRecord{80, 2, 9, digest(1), version},
                                        FillAck{2, 8, 9},
                                        Fetch{80, 2, 9, digest(1)},
                                        Fetched{2, 9, digest(1), version},
                                        Fetched{2, 9, digest(1), nullptr},
                                        Tell{80, cfg, {5}},
                                        Told{cfg.id},
                                        Handover{cfg, {80, 7}, {}},
                                        Release{80, cfg.id},
                                        Released{cfg.id}};
    Packet packet{{5, 1, 4}, 1500, {}};
    for (const Message& message : messages) {
        packet.letters.push_back({packet.letters.size() % 2 == 0 ? "test" : "other", 3, message});
    }
    return packet;
}

Result<Packet> read(const std::vector<uint8_t>& bytes, std::string_view name = "name") {
    const auto header = cluster::FrameHeader::parse(kPacketFrame, bytes);
    if (!header) return std::unexpected(header.error());
    return decode(*header, Bytes(bytes).subspan(cluster::kFrameHeaderSize), name);
}

TEST(PacketCodec, ReadsBackEachMessage) {
    const Packet packet = one_of_each();
    const auto bytes = encode(packet, "name");
    const auto back = read(bytes);
    ASSERT_TRUE(back.has_value()) << back.error().detail;
    ASSERT_EQ(back->letters.size(), packet.letters.size());
    for (size_t i = 0; i < packet.letters.size(); ++i) EXPECT_TRUE(back->letters[i] == packet.letters[i]) << i;
    EXPECT_EQ(back->view, packet.view);
}

TEST(PacketCodec, RefusesOtherClustersVersionsAndSizes) {
    auto bytes = encode(one_of_each(), "name");
    EXPECT_EQ(read(bytes, "other").error().detail, "replication packet: damaged, or of another cluster");
    bytes[4] = 9;
    EXPECT_EQ(read(bytes).error().detail, "replication packet: version 9 is not known here");
    bytes[4] = kPacketFrame.version;
    store_le(bytes.data() + 8, static_cast<uint32_t>(kPacketBytesMax + 1));
    EXPECT_EQ(read(bytes).error().detail, "replication packet: 33554433 bytes are too many");
    bytes[0] ^= 1;
    EXPECT_EQ(read(bytes).error().detail, "replication packet: not one of this protocol");
}

// Goal: whatever a peer says is refused or can be said again. Method: one byte changed, cut, added.
TEST(PacketCodec, SurvivesAnyDamage) {
    std::mt19937_64 dice(1);
    const auto bytes = encode(one_of_each(), "name");
    size_t refused = 0;
    for (int round = 0; round < 3000; ++round) {
        auto damaged = bytes;
        const size_t at = cluster::kFrameHeaderSize + dice() % (bytes.size() - cluster::kFrameHeaderSize);
        if (round % 3 == 0) damaged[at] = static_cast<uint8_t>(dice());
        if (round % 3 == 1) damaged.resize(at);
        if (round % 3 == 2) damaged.push_back(0);
        const Bytes body = Bytes(damaged).subspan(cluster::kFrameHeaderSize);
        store_le(damaged.data() + 8, static_cast<uint32_t>(body.size()));
        store_le(damaged.data() + 16, hash64(body, hash64(as_bytes("name"))));
        const auto back = read(damaged);
        refused += !back;
        if (!back) continue;
        const auto again = encode(*back, "name");
        EXPECT_TRUE(*read(again) == *back);
    }
    EXPECT_GT(refused, 2000u);
}

TEST(PacketCodec, RefusesListsThatAreNotInOrder) {
    Packet packet{{5, 1, 4}, 0, {{"test", 3, ListPage{2, 3, std::nullopt, true, {{digest(2), 1}, {digest(1), 1}}}}}};
    EXPECT_FALSE(read(encode(packet, "name")).has_value());
}

TEST(PacketCodec, RefusesRecordsOfOtherPartitions) {
    const Packet packet{{5, 1, 4}, 0, {{"test", 4, Fetch{80, 2, 9, digest(1)}}}};
    EXPECT_FALSE(read(encode(packet, "name")).has_value());
}

}  // namespace
}  // namespace cairn::replication
