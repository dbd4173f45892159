#include "node/server/info/command.h"

#include <gtest/gtest.h>

namespace cairn::server {
namespace {

TEST(InfoCommand, NameEndsAtSlashColonOrSemicolon) {
    EXPECT_EQ(InfoCommand("sets/test/demo").name, "sets");
    EXPECT_EQ(InfoCommand("sets/test/demo").argument, "test/demo");
    EXPECT_EQ(InfoCommand("racks:").name, "racks");
    EXPECT_EQ(InfoCommand("node;").name, "node");
    EXPECT_EQ(InfoCommand("log-set:id=0;any=info").tail, "id=0;any=info");
}

TEST(InfoCommand, ParameterEndsAtSemicolonAndMayHoldEqualSigns) {
    const InfoCommand command("udf-put:filename=a.lua;content=Zm8=;udf-type=LUA;");
    EXPECT_EQ(command.parameter({"content"}), "Zm8=");
    EXPECT_EQ(command.parameter({"udf-type"}), "LUA");
    EXPECT_EQ(command.parameter({"none"}), std::nullopt);
}

TEST(InfoCommand, FirstParameterOfAnAliasCounts) {
    const InfoCommand command("x:ns=a;namespace=b");
    EXPECT_EQ(command.namespace_name(), "a");
}

TEST(InfoCommand, ErrorsNameTheParameterAndTheNamespaceHasItsOwnCode) {
    EXPECT_EQ(InfoCommand("x").required({"set"}).error(), "ERROR:4:missing 'set'");
    EXPECT_EQ(InfoCommand("x:set=").required({"set"}).error(), "ERROR:4:missing 'set' value");
    EXPECT_EQ(InfoCommand("x:set=abcd").required({"set"}, 3).error(), "ERROR:4:'set' value too long");
    EXPECT_EQ(InfoCommand("x").namespace_name().error(), "ERROR:20:missing 'namespace'");
    EXPECT_EQ(InfoCommand("x:ns=").namespace_name().error(), "ERROR:20:missing 'namespace' value");
    EXPECT_EQ(InfoCommand("x:namespace=" + std::string(32, 'n')).namespace_name().error(),
              "ERROR:20:'namespace' value too long");
    EXPECT_EQ(InfoCommand("x:trid=").optional({"id", "trid"}).error(), "ERROR:4:missing 'trid' value");
}

TEST(InfoText, UnknownErrorHasNoCode) { EXPECT_EQ(info_error(1, "bad-id"), "ERROR::bad-id"); }

TEST(InfoText, HexIsUpperCaseWithoutLeadingZeros) { EXPECT_EQ(hex(0x1a0), "1A0"); }

TEST(InfoText, NumberHasNothingAroundIt) {
    EXPECT_EQ(parse_number("42"), 42u);
    for (const char* bad : {"", " 42", "42x", "-1", "18446744073709551616"})
        EXPECT_EQ(parse_number(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace cairn::server
