#include "node/smd/codec.h"

#include <gtest/gtest.h>

namespace cairn::smd {
namespace {

std::shared_ptr<const std::string> text(std::string value) {
    return std::make_shared<const std::string>(std::move(value));
}

Map some_map() {
    Map map;
    map.merge({Module::sindex, "test|age"}, {.version = {3, 1, 0xA3}, .time_ms = 7, .value = text("numeric")});
    map.merge({Module::udf, "a.lua"}, {.version = {3, 2, 0xA3}, .era = {3, 2, 0xA3}, .time_ms = 8});
    map.merge({Module::truncate, "test"}, {.version = {4, 1, 0xA1}, .value = text("123456")});
    return map;
}

TEST(Codec, ReadsBackEachMessage) {
    const Map map = some_map();
    const Entries entries(map.entries().begin(), map.entries().end());
    Change change{{{{Module::sindex, "test|x"}, text("y"), true}, {{Module::udf, "b.lua"}}}, 99};
    const std::vector<Body> bodies = {
        Have{5, true},     Want{},   Whole{entries}, Ask{17, change}, Answered{17, Outcome::exists},
        Store{2, entries}, Stored{2}};
    for (const Body& body : bodies) {
        const Message message{{12, 0xA3, 77}, body};
        const auto frame = encode(message, "prod");
        const auto header =
            cluster::FrameHeader::parse(cluster::kMetadataFrame, Bytes(frame).first(cluster::kFrameHeaderSize));
        ASSERT_TRUE(header);
        const Bytes rest = Bytes(frame).subspan(cluster::kFrameHeaderSize);
        const auto read = decode(*header, rest, "prod");
        ASSERT_TRUE(read) << body.index() << ": " << read.error().detail;
        EXPECT_EQ(*read, message) << body.index();
        EXPECT_FALSE(decode(*header, rest, "other")) << "of another cluster";
        EXPECT_FALSE(decode(*header, rest.first(rest.size() - 1), "prod"));
    }
}

TEST(Codec, ReadsBackAStoredMap) {
    const Map map = some_map();
    auto bytes = encode(map);
    const auto read = decode_map(bytes);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, map);
    bytes[bytes.size() / 2] ^= 1;
    EXPECT_EQ(decode_map(bytes).error().detail, "system metadata: damaged");
    EXPECT_EQ(decode_map(Bytes(bytes).first(10)).error().detail, "system metadata: cut off");
}

}  // namespace
}  // namespace cairn::smd
