#include "common/client/connection.h"

#include <gtest/gtest.h>

#include "common/client/request.h"
#include "common/wire/encode.h"

namespace cairn::client {
namespace {

/// The server's end of a socket, played by the test.
struct Wire {
    std::string sent;           // by the client
    size_t writes = 0;          // pieces that it was sent in
    size_t room = SIZE_MAX;     // bytes the client's socket still takes
    MutableBytes into;
    runtime::Socket::Handler* reader = nullptr;
    runtime::Socket::Handler* writer = nullptr;

    void answer(Bytes bytes) {
        while (!bytes.empty() && reader != nullptr) {
            const auto part = bytes.first(std::min(bytes.size(), into.size()));
            std::memcpy(into.data(), part.data(), part.size());
            bytes = bytes.subspan(part.size());
            std::exchange(reader, nullptr)->on_read(part.size());
        }
    }
    void close() { std::exchange(reader, nullptr)->on_read(0); }
};

class FakeSocket final : public runtime::Socket {
public:
    explicit FakeSocket(Wire& wire) : wire_(wire) {}
    ~FakeSocket() override { wire_.reader = wire_.writer = nullptr; }
    void read_some(MutableBytes into, Handler& handler) override {
        wire_.into = into;
        wire_.reader = &handler;
    }
    ptrdiff_t write(Bytes bytes) override {
        const size_t size = std::min(bytes.size(), wire_.room);
        wire_.sent += as_text(bytes.first(size));
        ++wire_.writes;
        wire_.room -= size;
        return ptrdiff_t(size);
    }
    void wait_writable(Handler& handler) override { wire_.writer = &handler; }
    const std::string& peer() const override { return peer_; }

private:
    Wire& wire_;
    std::string peer_ = "10.0.0.1:3000";
};

struct FakeClock final : runtime::Clock {
    void refresh() override {}
    void set(Instant now) { now_ = now; }
};

/// A loop whose work, clock and timer the test runs by hand.
class FakeLoop final : public runtime::Loop {
public:
    runtime::Clock& clock() override { return time; }
    runtime::Random& random() override { std::abort(); }
    void post(runtime::Work work) override { posted.push_back(std::move(work)); }
    std::unique_ptr<runtime::Timer> make_timer() override { return std::make_unique<FakeTimer>(*this); }
    asio::any_io_executor executor() override { std::abort(); }
    void connect(const runtime::Endpoint&, Connected, Duration) override { std::abort(); }
    void resolve(const std::string&, std::move_only_function<void(Result<std::vector<std::string>>)>) override {
        std::abort();
    }

    void end_turn() {
        for (auto& work : std::exchange(posted, {})) work();
    }
    void fire() {
        time.set(time.now() + alarm_in);
        std::exchange(alarm, nullptr)();
    }

    FakeClock time;
    std::vector<runtime::Work> posted;
    runtime::Work alarm;
    Duration alarm_in{};

private:
    struct FakeTimer final : runtime::Timer {
        explicit FakeTimer(FakeLoop& on) : loop(on) {}
        void arm(Duration delay, runtime::Work work) override {
            loop.alarm = std::move(work);
            loop.alarm_in = delay;
        }
        void cancel() override { loop.alarm = nullptr; }
        FakeLoop& loop;
    };
};

Buffer status(ResultCode result, uint8_t info3 = 0) {
    Buffer out;
    wire::append_status(out, {.info3 = info3, .result = result});
    return out;
}

class ConnectionTest : public testing::Test {
protected:
    void get(const char* name) {
        Buffer frame;
        append_get(frame, {"test", name, {}});
        connection->send(frame.bytes(), [this, name](Result<Record> record) {
            log += std::string(name) + (record ? "=" + std::to_string(int(record->result)) : "!") + " ";
        });
    }

    FakeLoop loop;
    Wire wire;
    std::unique_ptr<Connection> connection = std::make_unique<Connection>(loop, std::make_unique<FakeSocket>(wire));
    std::string log;
};

TEST_F(ConnectionTest, AnswersMeetTheirRequestsInOrder) {
    get("a");
    get("b");
    Buffer both = status(ResultCode::ok);
    both.append(status(ResultCode::not_found).bytes());
    wire.answer(both.bytes());
    EXPECT_EQ(log, "a=0 b=2 ");
    EXPECT_EQ(connection->outstanding(), 0u);
}

TEST_F(ConnectionTest, AFrameMayArriveByteByByte) {
    get("a");
    const auto frame = status(ResultCode::not_found);
    for (size_t i = 0; i < frame.size(); ++i) wire.answer(frame.bytes().subspan(i, 1));
    EXPECT_EQ(log, "a=2 ");
}

TEST_F(ConnectionTest, WhatTheSocketDoesNotTakeFollowsLater) {
    wire.room = 10;
    get("a");
    loop.end_turn();
    EXPECT_EQ(wire.sent.size(), 10u);
    wire.room = SIZE_MAX;
    std::exchange(wire.writer, nullptr)->on_writable();
    EXPECT_EQ(wire.sent.size(), wire::kProtoHeaderSize + wire::ProtoHeader::load(as_bytes(wire.sent).data()).body_size);
}

TEST_F(ConnectionTest, AStreamEndsWithItsLastUnit) {
    bool done = false;
    connection->send_stream({}, StreamKind::batch, [&](Result<Stream> stream) {
        done = true;
        ASSERT_TRUE(stream);
        EXPECT_EQ(stream->records.size(), 1u);
    });
    wire.answer(status(ResultCode::ok).bytes());
    EXPECT_FALSE(done);
    wire.answer(status(ResultCode::ok, wire::info3::last).bytes());
    EXPECT_TRUE(done);
}

TEST_F(ConnectionTest, InfoGivesValuesByName) {
    const std::string_view names[] = {"node"};
    std::string node;
    connection->info(names, [&](Result<InfoMap> map) { node = map->at("node"); });
    Buffer reply;
    wire::FrameWriter frame(reply, wire::FrameType::info);
    reply.append(as_bytes("node\tBB9A\n"));
    frame.finish();
    wire.answer(reply.bytes());
    EXPECT_EQ(node, "BB9A");
}

TEST_F(ConnectionTest, EveryRequestLearnsThatTheServerClosed) {
    get("a");
    get("b");
    wire.close();
    EXPECT_EQ(log, "a! b! ");
    EXPECT_TRUE(connection->broken());
}

TEST_F(ConnectionTest, SilenceBreaksTheConnection) {
    get("a");
    ASSERT_TRUE(loop.alarm);
    loop.fire();
    EXPECT_EQ(log, "a! ");
    EXPECT_TRUE(connection->broken());
}

TEST_F(ConnectionTest, AnAnswerPutsTheDeadlineOffForTheOthers) {
    get("a");
    get("b");
    loop.time.set(loop.time.now() + 6s);
    wire.answer(status(ResultCode::ok).bytes());
    loop.alarm_in = 4s;
    loop.fire();  // 10 s after they were sent, 4 s after the answer
    EXPECT_EQ(log, "a=0 ");
    EXPECT_EQ(loop.alarm_in, 6s);
    loop.fire();
    EXPECT_EQ(log, "a=0 b! ");
}

TEST_F(ConnectionTest, NothingIsAwaitedWhenAllIsAnswered) {
    get("a");
    wire.answer(status(ResultCode::ok).bytes());
    EXPECT_FALSE(loop.alarm);
}

TEST_F(ConnectionTest, RequestsOfOneTurnLeaveTogether) {
    for (int i = 0; i < 100; ++i) get("a");
    EXPECT_EQ(wire.writes, 0u);
    loop.end_turn();
    EXPECT_EQ(wire.writes, 1u);
    get("b");
    loop.end_turn();
    EXPECT_EQ(wire.writes, 2u);
}

TEST_F(ConnectionTest, ARequestOnABrokenConnectionFailsLater) {
    wire.close();
    get("a");
    EXPECT_EQ(log, "");
    loop.end_turn();
    EXPECT_EQ(log, "a! ");
}

TEST_F(ConnectionTest, ACallbackMayDestroyTheConnection) {
    connection->send({}, [this](Result<Record>) { connection.reset(); });
    get("b");
    Buffer both = status(ResultCode::ok);
    both.append(status(ResultCode::ok).bytes());
    wire.answer(both.bytes());
    EXPECT_EQ(log, "");  // b was still in flight: never called
}

TEST_F(ConnectionTest, AnAnswerNobodyAskedForBreaksTheConnection) {
    wire.answer(status(ResultCode::ok).bytes());
    EXPECT_TRUE(connection->broken());
}

}  // namespace
}  // namespace cairn::client
