#include "node/fabric/link_frames.h"

#include <gtest/gtest.h>

#include "node/cluster/codec.h"
#include "node/fabric/names.h"

namespace cairn::fabric {
namespace {

const cluster::Member kOne{1, {2, 3}, 4};

std::vector<LinkMessage> one_of_each() {
    return {Hello{"name", kOne, 3, {{"10.0.0.1", 3002}, {"fd00::1", 3002}}, {{"10.0.0.1:3000"}, {"1.2.3.4:3000"}}},
            Refused{Refused::Reason::own_id, "name", kOne, 2}, Gossip{{{"10.0.0.9", 3002}}}, Echo{}};
}

Result<LinkMessage> read(const std::vector<uint8_t>& frame) {
    const auto start = parse_start(Bytes(frame).first(kLinkHeaderSize));
    if (!start) return std::unexpected(start.error());
    return decode(*start, Bytes(frame).subspan(kLinkHeaderSize));
}

TEST(LinkFrames, ReadsBackEachMessage) {
    for (const LinkMessage& message : one_of_each()) {
        const auto back = read(encode(message));
        ASSERT_TRUE(back) << message.index() << ": " << back.error().detail;
        EXPECT_EQ(*back, message) << message.index();
    }
}

TEST(LinkFrames, RefusesEachMessageWithAnyByteChanged) {
    for (const LinkMessage& message : one_of_each()) {
        const auto frame = encode(message);
        for (size_t i = 0; i < frame.size(); ++i) {
            auto damaged = frame;
            damaged[i] ^= 0x40;
            EXPECT_FALSE(read(damaged)) << message.index() << " at " << i;
        }
    }
}

TEST(LinkFrames, TellsFramesOfTheClusterApart) {
    const auto frame = cluster::encode(cluster::Leaving{{1, 4}}, "name");
    const auto start = parse_start(Bytes(frame).first(kLinkHeaderSize));
    ASSERT_TRUE(start);
    EXPECT_EQ(start->kind, FrameStart::Kind::cluster);
    EXPECT_EQ(start->body_size, frame.size() - kLinkHeaderSize);
}

TEST(LinkFrames, SaysWhichVersionItDoesNotKnow) {
    auto frame = encode(LinkMessage(Echo{}));
    frame[4] = 9;
    EXPECT_EQ(read(frame).error().detail, "fabric frame: version 9 is not known here");
}

TEST(LinkFrames, RefusesABodyThatIsTooLarge) {
    auto frame = encode(LinkMessage(Echo{}));
    store_le<uint32_t>(frame.data() + 8, kGossipBytesMax + 1);
    EXPECT_EQ(read(frame).error().detail, "fabric frame: 1048577 bytes are too many");
}

TEST(Names, AreHexadecimal) {
    EXPECT_EQ(node_name(0xBB9), "BB9");
    EXPECT_EQ(node_name(0), "0");
    EXPECT_EQ(host_of("10.0.0.1:41234"), "10.0.0.1");
    EXPECT_EQ(host_of("[fd00::1]:41234"), "fd00::1");
}

}  // namespace
}  // namespace cairn::fabric
