// What a connection does with bytes, whatever the requests in them: on a simulated machine, in virtual time.
#include <gtest/gtest.h>

#include "common/client/reply.h"
#include "common/client/request.h"
#include "common/wire/compress.h"
#include "tests/sim/node_work.h"
#include "tests/sim/raw_user.h"
#include "tests/sim/simulated_node.h"

namespace cairn::server {
namespace {

using client::Value;
using sim::digest_in;
using sim::RawUser;

constexpr size_t kUnlimited = 1 << 20;

class Frames : public testing::Test {
protected:
    explicit Frames(ServiceConfig service = {}) : node(world, {}, 1, std::move(service)) {
        world.network().shape() = {.delay_max = 10us, .piece_max = kUnlimited, .window_bytes = kUnlimited};
    }
    static client::Target target(uint64_t key) { return {"test", "s", digest_in(7, key)}; }
    static Buffer put(uint64_t key, size_t size) {
        Buffer frame;
        const client::Bin bins[] = {{"a", Value::blob(std::string(size, 'x'))}, {"n", Value::integer(int64_t(key))}};
        client::append_put(frame, target(key), bins);
        return frame;
    }
    static Buffer get(uint64_t key) {
        Buffer frame;
        client::append_get(frame, target(key));
        return frame;
    }
    bool answered(const RawUser& user, size_t frames) {
        return world.run_until([&] { return user.frame_count() >= frames; }, 5s);
    }
    ResultCode code(const RawUser& user, size_t index) {
        return client::decode_record(user.frames()[index].body)->result;
    }
    uint64_t open() { return (*node).state().open_connections.load(); }

    sim::World world{1};
    sim::SimulatedNode node;
    sim::SimMachine& users_on = world.machine("users", 1);
};

TEST_F(Frames, ArriveInTwoPiecesCutAnywhere) {
    const Buffer frame = put(1, 10);
    for (size_t cut = 1; cut < frame.size(); ++cut) {
        RawUser user(users_on, node.endpoint());
        user.say(frame.bytes().first(cut));
        world.run_for(1ms);
        EXPECT_TRUE(user.frames().empty()) << cut;
        user.say(frame.bytes().subspan(cut));
        ASSERT_TRUE(answered(user, 1)) << cut;
        EXPECT_EQ(code(user, 0), ResultCode::ok) << cut;
    }
}

TEST_F(Frames, ArriveByteByByte) {
    world.network().shape().piece_max = 1;
    RawUser user(users_on, node.endpoint());
    user.say(put(1, 300).bytes());
    user.say(get(1).bytes());
    ASSERT_TRUE(answered(user, 2));
    EXPECT_EQ(client::decode_record(user.frames()[1].body)->find("a")->bytes.size(), 300u);
}

TEST_F(Frames, SaidAtOnceAreAnsweredInTheirOrder) {
    RawUser user(users_on, node.endpoint());
    Buffer all;
    for (uint64_t key = 0; key < 300; ++key) {
        all.append(put(key, key).bytes());
        all.append(get(key).bytes());
        const std::string_view names[] = {"node"};
        if (key % 10 == 0) client::append_info(all, names);
    }
    user.say(all.bytes());
    ASSERT_TRUE(answered(user, 630));
    size_t at = 0;
    for (uint64_t key = 0; key < 300; ++key) {
        EXPECT_EQ(code(user, at++), ResultCode::ok);
        EXPECT_EQ(client::decode_record(user.frames()[at++].body)->find("n")->as_integer(), int64_t(key));
        if (key % 10 == 0) EXPECT_EQ(user.frames()[at++].type, wire::FrameType::info);
    }
}

TEST_F(Frames, AfterALongRequestWaitForItsEnd) {
    RawUser user(users_on, node.endpoint());
    Buffer all;
    for (uint64_t key = 0; key < 50; ++key) all.append(put(key, 10'000).bytes());
    const PartitionId partition[] = {7};
    client::append_scan(all, {.ns = "test", .partitions = partition});
    all.append(get(3).bytes());
    user.say(all.bytes());
    client::Stream scan{.kind = client::StreamKind::query};
    size_t at = 50;
    ASSERT_TRUE(world.run_until(
        [&] {
            const auto frames = user.frames();
            for (; at < frames.size() && !scan.done; ++at) EXPECT_TRUE(client::decode_stream(frames[at].body, scan));
            return scan.done && frames.size() > at;
        },
        5s));
    EXPECT_EQ(scan.records.size(), 50u);
    EXPECT_EQ(client::decode_record(user.frames()[at].body)->find("n")->as_integer(), 3);
}

TEST_F(Frames, OfAnUnknownKindEndTheConnectionAfterWhatCameBefore) {
    RawUser user(users_on, node.endpoint());
    user.say(put(1, 10).bytes());
    const uint8_t bad[8] = {2, 9, 0, 0, 0, 0, 0, 0};
    user.say(bad);
    ASSERT_TRUE(world.run_until([&] { return user.closed(); }, 5s));
    EXPECT_EQ(user.frames().size(), 1u);
    EXPECT_EQ(open(), 0u);
}

TEST_F(Frames, OfMoreThan128MiBEndTheConnection) {
    for (const auto& [size, closes] : {std::pair{wire::kBodySizeMax + 1, true}, std::pair{wire::kBodySizeMax, false}}) {
        RawUser user(users_on, node.endpoint());
        uint8_t header[8];
        wire::store_proto_header(header, wire::FrameType::message, size);
        user.say(header);
        world.run_for(1s);
        EXPECT_EQ(user.closed(), closes) << size;
    }
}

TEST_F(Frames, ThatAreNoMessageAreAnsweredAndTheConnectionStays) {
    RawUser user(users_on, node.endpoint());
    uint8_t half[8 + 10] = {};
    wire::store_proto_header(half, wire::FrameType::message, 10);
    user.say(half);
    user.say(put(1, 10).bytes());
    ASSERT_TRUE(answered(user, 2));
    EXPECT_EQ(code(user, 0), ResultCode::parameter);
    EXPECT_EQ(code(user, 1), ResultCode::ok);
}

TEST_F(Frames, MayBeCompressedBothWays) {
    RawUser user(users_on, node.endpoint());
    Buffer asked = put(1, 5000);
    const size_t plain = asked.size();
    wire::deflate_frame(asked, 0);
    ASSERT_LT(asked.size(), plain);
    user.say(asked.bytes());
    ASSERT_TRUE(answered(user, 1));
    EXPECT_EQ(code(user, 0), ResultCode::ok);

    Buffer read = get(1);
    read.data()[wire::kProtoHeaderSize + 1] |= wire::info1::compress_response;
    user.say(read.bytes());
    ASSERT_TRUE(answered(user, 2));
    ASSERT_EQ(user.frames()[1].type, wire::FrameType::compressed);
    Buffer inner;
    ASSERT_TRUE(wire::inflate_frame(user.frames()[1].body, inner));
    const auto record = client::decode_record(inner.bytes().subspan(wire::kProtoHeaderSize));
    EXPECT_EQ(record->find("a")->bytes.size(), 5000u);
}

TEST_F(Frames, OfACompressedBatchStayWhileItRuns) {
    RawUser user(users_on, node.endpoint());
    std::vector<Digest> digests;
    Buffer all;
    for (uint64_t key = 0; key < 60; ++key) {
        all.append(put(key, 20'000).bytes());
        digests.push_back(target(key).digest);
    }
    Buffer batch;  // more than one step of replies, so that it outlives its request's turn
    client::append_batch_get(batch, "test", "s", digests);
    wire::deflate_frame(batch, 0);
    ASSERT_EQ(wire::FrameType(batch.data()[1]), wire::FrameType::compressed);
    all.append(batch.bytes());
    user.say(all.bytes());
    client::Stream stream;
    size_t at = 60;
    ASSERT_TRUE(world.run_until(
        [&] {
            const auto frames = user.frames();
            for (; at < frames.size(); ++at) EXPECT_TRUE(client::decode_stream(frames[at].body, stream));
            return stream.done;
        },
        5s));
    ASSERT_EQ(stream.records.size(), 60u);
    for (const auto& record : stream.records) EXPECT_EQ(record.find("n")->as_integer(), int64_t(record.row));
}

TEST_F(Frames, OfASilentReaderAreLeftAfterTenSeconds) {
    RawUser writer(users_on, node.endpoint());
    writer.say(put(1, 100'000).bytes());
    ASSERT_TRUE(answered(writer, 1));
    world.network().shape().window_bytes = 1000;
    RawUser silent(users_on, node.endpoint(), /*reads=*/false);
    for (int i = 0; i < 20; ++i) silent.say(get(1).bytes());
    world.run_for(9s);
    EXPECT_EQ(open(), 2u);
    world.run_for(3s);
    EXPECT_EQ(open(), 1u);
}

TEST_F(Frames, OfASlowReaderAllArrive) {
    RawUser writer(users_on, node.endpoint());
    writer.say(put(1, 100'000).bytes());
    ASSERT_TRUE(answered(writer, 1));
    world.network().shape().window_bytes = 1000;
    RawUser slow(users_on, node.endpoint(), /*reads=*/false);
    for (int i = 0; i < 20; ++i) slow.say(get(1).bytes());
    world.run_for(5s);
    slow.read();
    ASSERT_TRUE(answered(slow, 20));
    for (size_t i = 0; i < 20; ++i)
        EXPECT_EQ(client::decode_record(slow.frames()[i].body)->find("a")->bytes.size(), 100'000u);
}

class IdleFrames : public Frames {
protected:
    IdleFrames() : Frames(idle_for_five_seconds()) {}
    static ServiceConfig idle_for_five_seconds() {
        ServiceConfig service;
        service.proto_fd_idle_ms = 5000;
        return service;
    }
};

TEST_F(IdleFrames, ConnectionsAreClosedAfterTheirTime) {
    RawUser idle(users_on, node.endpoint());
    RawUser busy(users_on, node.endpoint());
    for (int second = 0; second < 10; ++second) {
        busy.say(put(1, 10).bytes());
        world.run_for(1s);
        if (second < 4) EXPECT_FALSE(idle.closed()) << second;
    }
    EXPECT_TRUE(idle.closed());
    EXPECT_FALSE(busy.closed());
    EXPECT_EQ(busy.frames().size(), 10u);
}

class CrowdedFrames : public Frames {
protected:
    CrowdedFrames() : Frames(narrow()) {}
    static ServiceConfig narrow() {
        ServiceConfig service;
        service.input_bytes_max = 1 << 20;
        service.proto_fd_max = 3;
        return service;
    }
};

TEST_F(CrowdedFrames, LargeRequestsShareTheInputMemory) {
    const Buffer large = put(1, 900'000);
    RawUser first(users_on, node.endpoint());
    first.say(large.bytes().first(large.size() - 1));
    world.run_for(100ms);
    RawUser second(users_on, node.endpoint());
    second.say(large.bytes().first(large.size() - 1));
    world.run_for(100ms);
    EXPECT_FALSE(first.closed());
    EXPECT_TRUE(second.closed());
    RawUser small(users_on, node.endpoint());  // needs none of it
    small.say(put(2, 10).bytes());
    EXPECT_TRUE(answered(small, 1));

    first.say(large.bytes().last(1));
    ASSERT_TRUE(answered(first, 1));
    EXPECT_EQ(code(first, 0), ResultCode::ok);
    RawUser third(users_on, node.endpoint());  // what the first one took is back
    third.say(large.bytes());
    EXPECT_TRUE(answered(third, 1));
}

TEST_F(CrowdedFrames, ConnectionsBeyondTheLimitAreClosed) {
    std::vector<std::unique_ptr<RawUser>> users;
    for (int i = 0; i < 4; ++i) {
        users.push_back(std::make_unique<RawUser>(users_on, node.endpoint()));
        world.run_for(1ms);
    }
    EXPECT_TRUE(users[3]->closed());
    users.erase(users.begin());
    world.run_for(1ms);
    RawUser next(users_on, node.endpoint());
    next.say(put(1, 10).bytes());
    EXPECT_TRUE(answered(next, 1));
}

}  // namespace
}  // namespace cairn::server
