#include "common/wire/compress.h"

#include <gtest/gtest.h>

#include "common/wire/encode.h"

namespace cairn::wire {
namespace {

Buffer long_frame() {
    Buffer out;
    FrameWriter frame(out, FrameType::message);
    UnitWriter unit(out);
    std::memset(unit.op(OpCode::read, Particle::blob, "b", 4000), 'x', 4000);
    unit.finish({});
    frame.finish();
    return out;
}

TEST(Compress, AFrameComesBackWhole) {
    const Buffer plain = long_frame();
    Buffer packed = long_frame();
    deflate_frame(packed, 0);
    ASSERT_LT(packed.size(), plain.size() / 10);
    EXPECT_EQ(ProtoHeader::load(packed.data()).type, uint8_t(FrameType::compressed));
    Buffer inner;
    ASSERT_TRUE(inflate_frame(packed.bytes().subspan(kProtoHeaderSize), inner));
    EXPECT_EQ(as_text(inner.bytes()), as_text(plain.bytes()));
}

TEST(Compress, LeavesAShortFrameAlone) {
    Buffer frame;
    append_status(frame, {});
    deflate_frame(frame, 0);
    EXPECT_EQ(frame.size(), kProtoHeaderSize + kMessageHeaderSize);
}

TEST(Compress, RefusesCutsAndWrongSizes) {
    Buffer packed = long_frame();
    deflate_frame(packed, 0);
    const Bytes body = packed.bytes().subspan(kProtoHeaderSize);
    Buffer inner;
    for (size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(inflate_frame(body.first(size), inner)) << size;
    for (const int change : {-1, 1}) {
        packed.data()[kProtoHeaderSize + 7] = uint8_t(packed.data()[kProtoHeaderSize + 7] + change);
        EXPECT_FALSE(inflate_frame(body, inner));
        packed.data()[kProtoHeaderSize + 7] = uint8_t(packed.data()[kProtoHeaderSize + 7] - change);
    }
}

TEST(Compress, AnnouncingMuchCostsNothing) {
    Buffer packed = long_frame();
    deflate_frame(packed, 0);
    store_be<uint64_t>(packed.data() + kProtoHeaderSize, kBodySizeMax);
    Buffer inner;
    EXPECT_FALSE(inflate_frame(packed.bytes().subspan(kProtoHeaderSize), inner));
    EXPECT_LT(inner.capacity(), 1u << 20);
}

TEST(Compress, RefusesBombs) {
    for (const auto& [size, accepted] : {std::pair<size_t, bool>{15u << 20, true}, {17u << 20, false}}) {
        Buffer packed;
        FrameWriter frame(packed, FrameType::message);
        std::memset(packed.append(size), 0, size);
        frame.finish();
        deflate_frame(packed, 0);
        Buffer inner;
        EXPECT_EQ(inflate_frame(packed.bytes().subspan(kProtoHeaderSize), inner), accepted) << size;
    }
}

TEST(Compress, WhatIsNoMessageLeavesNoMemoryBehind) {
    Buffer packed;
    FrameWriter frame(packed, FrameType::info);  // not what a compressed frame may hold
    std::memset(packed.append(8 << 20), 0, 8 << 20);
    frame.finish();
    deflate_frame(packed, 0);
    Buffer inner;
    EXPECT_FALSE(inflate_frame(packed.bytes().subspan(kProtoHeaderSize), inner));
    EXPECT_EQ(inner.capacity(), 0);
}

}  // namespace
}  // namespace cairn::wire
