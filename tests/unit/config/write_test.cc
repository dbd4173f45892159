#include "common/config/write.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/config/sample.h"

namespace cairn::config {
namespace {

const Sample kChanged = {{20'000, SampleServer::Format::json, {"10.0.0.1", "fd00::1"}, "0012"},
                         {{"test", 43'200}, {"bar", 0}}};

TEST(PrintYaml, SaysWhatIsNotTheDefault) {
    EXPECT_EQ(print_yaml(sample_section(), sample_table().settings(kChanged)),
              R"(service:
  proto-fd-max: 20000  # default: 15000
  format: json  # default: text
  addresses: [10.0.0.1, fd00::1]  # default: any
  id: "0012"  # default: none
namespaces:
  - name: "test"
    default-ttl: 12h  # default: 0
  - name: "bar"
    default-ttl: 0
)");
}

TEST(PrintYaml, ReadsBackToTheSame) {
    for (const Sample& sample : {kChanged, Sample{}}) {
        const std::string text = print_yaml(sample_section(), sample_table().settings(sample));
        const auto read = parse_yaml(sample_section(), text, "printed");
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(sample_table().make(*read), sample) << text;
    }
}

TEST(JsonSchema, HoldsTypeRangeUnitDefaultAndDynamic) {
    const auto schema = nlohmann::json::parse(json_schema(sample_section(), "Sample"));
    const auto& service = schema["properties"]["service"];
    EXPECT_EQ(service["additionalProperties"], false);
    EXPECT_EQ(service["properties"]["proto-fd-max"], nlohmann::json::parse(R"({"type": "integer", "minimum": 16,
        "maximum": 100000, "default": 15000, "unit": "connections", "description": "Connections.", "dynamic": true})"));
    EXPECT_EQ(service["properties"]["format"]["enum"], nlohmann::json::parse(R"(["text", "json"])"));
    EXPECT_EQ(service["properties"]["format"]["dynamic"], false);
    const auto& item = schema["properties"]["namespaces"]["items"];
    EXPECT_EQ(item["required"], nlohmann::json::parse(R"(["name"])"));
    EXPECT_EQ(item["properties"]["default-ttl"]["unit"], "s");
    EXPECT_EQ(item["properties"]["storage-engine"]["properties"]["defrag-lwm-pct"]["planned"], true);
}

TEST(Markdown, HasARowPerParameterAndNamesWhatIsPlanned) {
    const std::string text = markdown(sample_section());
    EXPECT_NE(text.find("| `service.proto-fd-max` | integer: 16 to 100000 connections | `15000` | at run time | "
                        "Connections. |\n"),
              std::string::npos);
    EXPECT_NE(text.find("How a\\|b."), std::string::npos);
    EXPECT_NE(text.find("## `namespaces[]`\n\nItems."), std::string::npos);
    EXPECT_NE(text.find("Planned, with their defaults: `storage-engine.defrag-lwm-pct` (`50`)."), std::string::npos);
}

TEST(ParseDynamic, AcceptsWhatMayChangeAtRunTime) {
    EXPECT_EQ(parse_dynamic(sample_section(), "service.proto-fd-max", "99"), Value(int64_t(99)));
}

TEST(ParseDynamic, RefusesWhatIsUnknownStaticOrWrong) {
    const auto refusal = [](std::string_view path, std::string_view text) {
        return parse_dynamic(sample_section(), path, text).error().detail;
    };
    EXPECT_EQ(refusal("service.proto-fd-mx", "99"),
              "service.proto-fd-mx: unknown parameter, the closest is 'service.proto-fd-max'");
    EXPECT_EQ(refusal("service.format", "json"),
              "service.format: cannot change while the node runs; expected in the file, at start");
    EXPECT_EQ(refusal("service.proto-fd-max", "1"),
              "service.proto-fd-max: '1' is out of range; expected 16 to 100000 connections");
}

}  // namespace
}  // namespace cairn::config
