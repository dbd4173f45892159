#include <gtest/gtest.h>

#include "tests/unit/config/sample.h"

namespace cairn::config {
namespace {

constexpr std::string_view kFile = "service: {proto-fd-max: 99}\nnamespaces: [{name: test}, {name: a-b}]";

Result<Sample> with(const Environment& environment, std::string_view file = kFile) {
    Settings settings = *parse_yaml(sample_section(), file, "cairn.yaml");
    const auto applied = apply_environment(sample_section(), environment, settings);
    if (!applied) return std::unexpected(applied.error());
    return sample_table().make(settings);
}

std::string refusal(const Environment& environment, std::string_view file = kFile) {
    const auto read = with(environment, file);
    return read ? "accepted" : read.error().detail;
}

TEST(Environment, OverridesTheFile) {
    EXPECT_EQ(with({{"CAIRN_SERVICE_PROTO_FD_MAX", "1000"}})->service.fd_max, 1'000u);
}

TEST(Environment, NamesAnItemOfAListByItsName) {
    const auto read = with({{"CAIRN_NAMESPACES_TEST_DEFAULT_TTL", "1h"}, {"CAIRN_NAMESPACES_A_B_DEFAULT_TTL", "2h"}});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->namespaces[0].default_ttl_s, 3'600u);
    EXPECT_EQ(read->namespaces[1].default_ttl_s, 7'200u);
}

TEST(Environment, SeparatesListsByCommas) {
    const auto read = with({{"CAIRN_SERVICE_ADDRESSES", "10.0.0.1,10.0.0.2"}});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->service.addresses, (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST(Environment, AWrongValueIsNamedWithItsVariable) {
    EXPECT_EQ(refusal({{"CAIRN_SERVICE_PROTO_FD_MAX", "x"}}),
              "CAIRN_SERVICE_PROTO_FD_MAX: 'x' is not an integer; expected 16 to 100000 connections");
}

TEST(Environment, AVariableThatNamesNoParameterIsRefused) {
    EXPECT_EQ(refusal({{"CAIRN_SERVICE_PROTO_FD_MX", "99"}}),
              "CAIRN_SERVICE_PROTO_FD_MX: names no parameter; expected perhaps CAIRN_SERVICE_PROTO_FD_MAX");
    EXPECT_EQ(
        refusal({{"CAIRN_NAMESPACES_TEXT_DEFAULT_TTL", "99"}}),
        "CAIRN_NAMESPACES_TEXT_DEFAULT_TTL: names no parameter; expected perhaps CAIRN_NAMESPACES_TEST_DEFAULT_TTL");
}

TEST(Environment, AVariableThatMayMeanTwoParametersIsRefused) {
    EXPECT_EQ(
        refusal({{"CAIRN_NAMESPACES_A_B_DEFAULT_TTL", "1"}}, "namespaces: [{name: a-b}, {name: a-b-}, {name: a--b}]"),
        "accepted");
    Settings settings;
    settings.lists["namespaces"].resize(2);
    settings.lists["namespaces"][0].values["name"].value = "a-b";
    settings.lists["namespaces"][1].values["name"].value = "a.b";
    const auto applied = apply_environment(sample_section(), {{"CAIRN_NAMESPACES_A_B_DEFAULT_TTL", "1"}}, settings);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().detail,
              "CAIRN_NAMESPACES_A_B_DEFAULT_TTL: may mean more than one parameter; expected a file instead");
}

TEST(Environment, VariablesOfOthersAreLeftAlone) {
    EXPECT_EQ(refusal({{"HOME", "/"}, {"CAIRN_LOG", "x"}, {"CAIRN_PORT", "tcp://10.0.0.1:3000"}}), "accepted");
    EXPECT_EQ(refusal({{"CAIRN_SERVICE_HOST", "10.0.0.1"},
                       {"CAIRN_SERVICE_PORT", "3000"},
                       {"CAIRN_SERVICE_PORT_CLIENT", "3000"}}),
              "accepted");
}

}  // namespace
}  // namespace cairn::config
