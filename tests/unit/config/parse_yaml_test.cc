#include <gtest/gtest.h>

#include "tests/unit/config/sample.h"

namespace cairn::config {
namespace {

std::string refusal(std::string_view yaml) {
    const auto read = parse_yaml(sample_section(), yaml, "cairn.yaml");
    return read ? "accepted" : read.error().detail;
}

TEST(ParseYaml, GivesTheValuesToTheStruct) {
    const auto read = parse_yaml(sample_section(), R"(
service: {proto-fd-max: 20000, format: json, addresses: [10.0.0.1, 'fd00::1'], id: 1e3}
namespaces:
  - {name: test, default-ttl: 12h}
  - name: bar
)",
                                 "cairn.yaml");
    ASSERT_TRUE(read);
    const Sample expected = {{20'000, SampleServer::Format::json, {"10.0.0.1", "fd00::1"}, "1e3"},
                             {{"test", 43'200}, {"bar", 0}}};
    EXPECT_EQ(sample_table().make(*read), expected);
}

TEST(ParseYaml, WhatIsMissingHasItsDefault) {
    const auto read = parse_yaml(sample_section(), "service:\n", "cairn.yaml");
    ASSERT_TRUE(read);
    EXPECT_EQ(sample_table().make(*read), Sample{});
}

TEST(ParseYaml, AListOfOneMayBeASingleValue) {
    const auto read = parse_yaml(sample_section(), "service: {addresses: 10.0.0.1}", "cairn.yaml");
    ASSERT_TRUE(read);
    EXPECT_EQ(sample_table().make(*read).service.addresses, std::vector<std::string>{"10.0.0.1"});
}

TEST(ParseYaml, RemembersWhereAValueWasGiven) {
    const auto read = parse_yaml(sample_section(), "service:\n  proto-fd-max: 99", "cairn.yaml");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->values.at("service.proto-fd-max").source, "cairn.yaml:2");
}

TEST(ParseYaml, AWrongValueIsNamedWithFileLineAndPath) {
    EXPECT_EQ(refusal("service:\n  proto-fd-max: 99\nnamespaces:\n  - name: test\n    default-ttl: abc\n"),
              "cairn.yaml:5: namespaces[0].default-ttl: 'abc' is not a period; expected 0 to 10 years such as 3600, "
              "12h or 30d");
}

TEST(ParseYaml, AValueOutOfRangeIsNamed) {
    EXPECT_EQ(refusal("service:\n  proto-fd-max: 3"),
              "cairn.yaml:2: service.proto-fd-max: '3' is out of range; expected 16 to 100000 connections");
}

TEST(ParseYaml, AnUnknownKeyIsNamedWithTheClosestKnownOne) {
    EXPECT_EQ(refusal("service:\n  proto-fd-mx: 99"),
              "cairn.yaml:2: service: unknown key 'proto-fd-mx'; expected perhaps 'proto-fd-max'");
    EXPECT_EQ(
        refusal("namespaces:\n- name: a\n  storage-engine: {defrag-lwm: 1}"),
        "cairn.yaml:3: namespaces[0].storage-engine: unknown key 'defrag-lwm'; expected perhaps 'defrag-lwm-pct'");
    EXPECT_EQ(refusal("servce: {}"), "cairn.yaml:1: unknown key 'servce'; expected perhaps 'service'");
}

TEST(ParseYaml, AnUnknownKeyLikeNoOtherIsAnsweredWithTheFewKnownOnes) {
    EXPECT_EQ(refusal("zzzzzz: 1"), "cairn.yaml:1: unknown key 'zzzzzz'; expected one of namespaces, service");
}

TEST(ParseYaml, AWrongKindOfNodeIsNamed) {
    EXPECT_EQ(refusal("service: 7"), "cairn.yaml:1: service: is a single value; expected a map");
    EXPECT_EQ(refusal("service: [7]"), "cairn.yaml:1: service: is a list; expected a map");
    EXPECT_EQ(refusal("service:\n  proto-fd-max: {a: 1}"),
              "cairn.yaml:2: service.proto-fd-max: is a map; expected 16 to 100000 connections");
    EXPECT_EQ(refusal("service:\n  proto-fd-max:\n"),
              "cairn.yaml:2: service.proto-fd-max: is empty; expected 16 to 100000 connections");
    EXPECT_EQ(refusal("service:\n  addresses: [[a]]"),
              "cairn.yaml:2: service.addresses: holds a list; expected addresses or host names such as 10.0.0.1, "
              "fd00::1 or any");
    EXPECT_EQ(refusal("namespaces: {test: {}}"),
              "cairn.yaml:1: namespaces: is a map; expected a list of maps, each with a name");
    EXPECT_EQ(refusal("namespaces: [test]"),
              "cairn.yaml:1: namespaces[0]: is a single value; expected a map with a name");
    EXPECT_EQ(refusal("- service"), "cairn.yaml:1: is a list; expected a map");
    EXPECT_EQ(refusal("[a, b]: 1"), "cairn.yaml:1: has a key that is not a single word");
}

TEST(ParseYaml, AKeyGivenTwiceIsRefused) {
    EXPECT_EQ(refusal("service: {}\nservice: {}"), "cairn.yaml:2: service: is given twice; expected once");
    EXPECT_EQ(refusal("service:\n  proto-fd-max: 99\n  proto-fd-max: 98"),
              "cairn.yaml:3: service.proto-fd-max: is given twice; expected once");
}

TEST(ParseYaml, ANameGivenTwiceIsRefused) {
    EXPECT_EQ(refusal("namespaces:\n- name: test\n- name: bar\n- name: test"),
              "cairn.yaml:4: namespaces[2].name: 'test' is already the name of namespaces[0]; expected another name");
}

TEST(ParseYaml, AnItemNeedsAName) {
    EXPECT_EQ(refusal("namespaces:\n- default-ttl: 1"), "cairn.yaml:2: namespaces[0]: has no name; expected a name");
}

TEST(ParseYaml, WhatIsPlannedIsRefusedUnlessItIsTheDefault) {
    EXPECT_EQ(refusal("namespaces:\n- name: a\n  storage-engine: {defrag-lwm-pct: 55}"),
              "cairn.yaml:3: namespaces[0].storage-engine.defrag-lwm-pct: '55' is not supported yet by this version; "
              "expected 50");
    EXPECT_EQ(refusal("namespaces:\n- name: a\n  storage-engine: {defrag-lwm-pct: 50}"), "accepted");
    EXPECT_EQ(refusal("xdr: {}"), "cairn.yaml:1: xdr: is not supported yet by this version; expected no such key");
}

TEST(ParseYaml, WhatIsNotYamlIsRefusedWithItsLine) {
    EXPECT_EQ(refusal("service: {}\nx: [1"), "cairn.yaml:2: is not YAML: end of sequence flow not found");
    const char* more = "cairn.yaml: holds more than one YAML document, or text that is none; expected one";
    EXPECT_EQ(refusal("service: {}\n---\nservice: {}"), more);
    EXPECT_EQ(refusal(","), more);  // found by fuzzing: the library reads documents out of it for ever
}

TEST(ParseYaml, AHostileFileIsRefusedInBoundedSpace) {
    EXPECT_NE(refusal(std::string(100'000, '[')), "accepted");
    EXPECT_NE(refusal(std::string(100'000, '{')), "accepted");
    EXPECT_NE(refusal("a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nservice: *c"), "accepted");
}

}  // namespace
}  // namespace cairn::config
