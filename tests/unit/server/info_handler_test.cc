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

}  // namespace
}  // namespace cairn::server
