#include "bench/load/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::bench {
namespace {

std::variant<Options, int> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "cairn-bench");
    return parse_options(int(arguments.size()), const_cast<char**>(arguments.data()));
}

TEST(Options, AWorkloadIsALetterAndItsShareOfReads) {
    const auto options = std::get<Options>(parse({"-w", "RU,95", "-d", "5"}));
    EXPECT_EQ(options.mode, Mode::read_update);
    EXPECT_EQ(options.read_percent, 95u);
    EXPECT_EQ(options.duration_s, 5);
    EXPECT_EQ(std::get<Options>(parse({"-w", "I"})).mode, Mode::insert);
}

TEST(Options, ARunWithoutAnEndGetsOne) {
    EXPECT_EQ(std::get<Options>(parse({"-w", "RU,50"})).duration_s, 10);
    EXPECT_EQ(std::get<Options>(parse({"-w", "S"})).count, 1u);
    EXPECT_EQ(std::get<Options>(parse({"-w", "RU,50", "--count", "7"})).duration_s, 0);
}

TEST(Options, ASizeMayBeARange) {
    const auto options = std::get<Options>(parse({"--bin-size", "50-500"}));
    EXPECT_EQ(options.size_min, 50u);
    EXPECT_EQ(options.size_max, 500u);
}

TEST(Options, AnErrorNamesTheOption) {
    const std::pair<std::vector<const char*>, const char*> wrong[] = {
        {{"-w", "RU,101"}, "--workload"},
        {{"--bin-size", "9-1"}, "--bin-size"},
        {{"-H", "a:0"}, "--host"},
        {{"--keys", "0"}, "--keys"},
        {{"--pipeline", "x"}, "--pipeline"},
        {{"-c", "1", "-T", "2"}, "--threads"},
        {{"-w", "S", "--batch", "5"}, "--batch"},
    };
    for (const auto& [arguments, name] : wrong) {
        testing::internal::CaptureStderr();
        const auto result = parse(arguments);
        EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr(name));
        EXPECT_EQ(std::get<int>(result), 1);
    }
}

TEST(Options, AHostMayBeAnIpv6Address) {
    const auto options = std::get<Options>(parse({"-H", "[::1]:3100"}));
    EXPECT_EQ(options.seed_node.host, "::1");
    EXPECT_EQ(options.seed_node.port, 3100);
    EXPECT_EQ(std::get<Options>(parse({"-H", "node-1"})).seed_node.port, 3000);
}

}  // namespace
}  // namespace cairn::bench
