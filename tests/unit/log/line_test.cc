#include "common/log/line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace cairn::log {
namespace {

using std::string_literals::operator""s;

std::string text(std::string_view message, std::initializer_list<Field> fields = {}) {
    return text_line(Level::info, Module::namespace_, message, {fields.begin(), fields.size()});
}
nlohmann::json json(std::string_view message, std::initializer_list<Field> fields = {}) {
    return nlohmann::json::parse(
        "{" + json_line(Level::warning, Module::rw_client, message, {fields.begin(), fields.size()}));
}

TEST(TextLine, HasLevelModuleMessageAndFields) {
    EXPECT_EQ(text("stop-writes on", {{"namespace", "test"}, {"used", "91%"}}),
              "INFO  namespace: stop-writes on namespace=test used=91%");
}

TEST(TextLine, WritesNumbersAndBooleansPlainly) {
    EXPECT_EQ(text("m", {{"a", -3}, {"b", uint64_t(1) << 63}, {"c", 0.5}, {"d", true}}),
              "INFO  namespace: m a=-3 b=9223372036854775808 c=0.5 d=true");
}

TEST(TextLine, QuotesAValueThatCouldBeTakenForMore) {
    EXPECT_EQ(text("m", {{"set", "a b=\"c\""}, {"user", ""}}), R"(INFO  namespace: m set="a b=\"c\"" user="")");
}

TEST(TextLine, StaysOneLineWhateverTheValueHolds) {
    const auto forged = "x\n2026-11-21T13:00:00.123Z INFO  security: ok\r\x1b[2J\0\x7f"s;
    const auto line = text("m", {{"user", forged}});
    EXPECT_EQ(line, R"(INFO  namespace: m user="x\n2026-11-21T13:00:00.123Z INFO  security: ok\x0d\x1b[2J\x00\x7f")");
}

TEST(TextLine, EscapesTheMessageToo) { EXPECT_EQ(text("a\nb\tc"), R"(INFO  namespace: a\nb\x09c)"); }

TEST(TextLine, KeepsUtf8ButNotItsControls) {
    EXPECT_EQ(text("m", {{"set", "größe"}, {"csi", "\xC2\x9B"}, {"raw", "a\x9B"}}),
              "INFO  namespace: m set=größe csi=\xC2\\x9b raw=a\\x9b");
}

TEST(TextLine, CutsLongValues) {
    const auto line = text("m", {{"set", std::string(5000, 'x')}});
    EXPECT_EQ(line, "INFO  namespace: m set=" + std::string(kTextBytesMax, 'x') + "...");
}

TEST(JsonLine, IsOneObjectWithTypedMembers) {
    const auto line = json("slow", {{"ns", "test"}, {"ms", 12}, {"ratio", 0.5}, {"ok", false}});
    EXPECT_EQ(
        line,
        nlohmann::json::parse(
            R"({"level":"WARNING","module":"rw-client","msg":"slow","ns":"test","ms":12,"ratio":0.5,"ok":false})"));
}

TEST(JsonLine, KeepsHostileTextInsideItsString) {
    const std::string hostile = "\"}\n{\"level\":\"CRITICAL\"\xff";
    const auto line = json_line(Level::info, Module::info, "m", std::array{Field{"user", hostile}});
    EXPECT_EQ(line.find('\n'), line.npos);
    EXPECT_EQ(nlohmann::json::parse("{" + line)["user"], "\"}\n{\"level\":\"CRITICAL\"\xEF\xBF\xBD");
}

}  // namespace
}  // namespace cairn::log
