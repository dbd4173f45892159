#include "node/server/info_handler.h"

#include <gtest/gtest.h>

#include "common/wire/proto.h"

namespace cairn::server {
namespace {

class StepClock final : public runtime::Clock {
public:
    void refresh() override { now_ += step; }
    Duration step{};
};

struct Fixed final : InfoHandler {
    void answer(std::string_view, InfoSession&, std::string& value) override { value = text; }
    std::string text = "v";
};

std::string ask(std::string_view lines, Fixed& handler, Duration step = {}) {
    StepClock clock;
    clock.step = step;
    InfoSession session(clock);
    Buffer out;
    answer_info(as_bytes(lines), handler, session, out);
    EXPECT_EQ(wire::ProtoHeader::load(out.data()).body_size, out.size() - wire::kProtoHeaderSize);
    return std::string(as_text(out.bytes().subspan(wire::kProtoHeaderSize)));
}

std::string repeat(std::string_view line, size_t count) {
    std::string text;
    for (; count != 0; --count) text += line;
    return text;
}

TEST(InfoHandler, AnswersEachLineUnderItsName) {
    Fixed handler;
    EXPECT_EQ(ask("a\nb\n", handler), "a\tv\nb\tv\n");
}

TEST(InfoHandler, AnswersThousandsOfLines) {
    Fixed handler;
    EXPECT_EQ(ask(repeat("a\n", 10'000), handler), repeat("a\tv\n", 10'000));
}

TEST(InfoHandler, StopsWhenTheReplyIsLargerThanAnyClientTakes) {
    Fixed handler;
    handler.text = std::string(1 << 20, 'x');
    EXPECT_EQ(ask(repeat("a\n", 17), handler), "ERROR:9:timeout\n");
}

TEST(InfoHandler, StopsWhenTheLinesKeepOthersWaiting) {
    Fixed handler;
    EXPECT_EQ(ask(repeat("a\n", 1000), handler, 100ms), "ERROR:9:timeout\n");
}

/// "wait" is answered later; other lines are counted.
struct Waits final : InfoHandler {
    void answer(std::string_view line, InfoSession& session, std::string& value) override {
        ++asked;
        if (line == "wait") session.waiting.emplace();
        else value = "v";
    }
    int asked = 0;
};

TEST(InfoHandler, ALineThatWaitsHoldsUpItsRequestAlone) {
    Waits handler;
    StepClock clock;
    InfoSession session(clock);
    Buffer out;
    out.append(as_bytes("before"));
    const std::string_view lines = "a\nwait\nb\nwait\n";
    for (const char* const value : {"first", "second"}) {
        EXPECT_FALSE(answer_info(as_bytes(lines), handler, session, out));
        EXPECT_EQ(as_text(out.bytes()), "before");
        ASSERT_TRUE(session.waiting);
        session.waiting->value = value;
    }
    EXPECT_TRUE(answer_info(as_bytes(lines), handler, session, out));
    EXPECT_EQ(as_text(out.bytes().subspan(6 + wire::kProtoHeaderSize)), "a\tv\nwait\tfirst\nb\tv\nwait\tsecond\n");
    EXPECT_EQ(handler.asked, 4) << "each line once";
    EXPECT_FALSE(session.waiting);
}

}  // namespace
}  // namespace cairn::server
