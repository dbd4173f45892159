#include "operator/api/definitions.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace cairn::api {
namespace {

std::string file(const std::string& name) {
    std::ifstream in(std::string(CAIRN_CRDS) + "/" + name + ".yaml");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

OrderedJson schema(std::string_view kind) {
    return (*definition(kind))["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
}

TEST(Definitions, AreTheFilesInCrds) {
    for (const std::string_view kind : kinds()) {
        EXPECT_TRUE(file(*definition_name(kind)) == to_yaml(*definition(kind))) << kind << ": run tools/write-crds";
    }
}

TEST(Definitions, RefuseAnotherKind) { EXPECT_EQ(definition("Pod").error().detail, "there is no kind 'Pod'"); }

TEST(Definitions, TakeDefaultsFromTheStructs) {
    const OrderedJson spec = schema("CairnCluster")["properties"]["spec"];
    EXPECT_EQ(spec["properties"]["size"]["default"], 3);
    EXPECT_EQ(spec["properties"]["update"]["default"], OrderedJson::object());
    EXPECT_EQ(spec["properties"]["update"]["properties"]["strategy"]["default"], "Rolling");
    EXPECT_EQ(spec["properties"]["update"]["properties"]["maxUnavailable"]["default"], 1);
    EXPECT_FALSE(spec["properties"]["image"].contains("default"));
    EXPECT_FALSE(spec["properties"]["storage"].contains("default"));
}

TEST(Definitions, GiveAStatusNoDefaults) {
    const std::string text = schema("CairnCluster")["properties"]["status"].dump();
    EXPECT_FALSE(text.contains("\"default\""));
}

// A rule over a list costs what the list may hold: without bounds the API server refuses the definition.
void expect_bounds(const OrderedJson& schema, const std::string& path) {
    if (!schema.is_object()) return;
    if (schema.contains("type") && schema["type"] == "array") {
        EXPECT_TRUE(schema.contains("maxItems")) << path;
        if (schema["x-kubernetes-list-type"] == "map") {
            EXPECT_EQ(schema["items"]["required"][0], schema["x-kubernetes-list-map-keys"][0]) << path;
        }
    }
    for (const auto& [key, value] : schema.items()) expect_bounds(value, path + "." + key);
}

TEST(Definitions, BoundEveryListAndRequireItsKeys) {
    for (const std::string_view kind : kinds()) expect_bounds(schema(kind), std::string(kind));
}

TEST(Yaml, ReadsBackAsTheSameTexts) {
    const OrderedJson document{{"a", "true"}, {"b", "x: y"}, {"c", "1"}, {"d", "Off"}, {"e", ""}, {"f", "plain"}};
    const YAML::Node read = YAML::Load(to_yaml(document));
    for (const auto& [key, value] : document.items())
        EXPECT_EQ(read[key].as<std::string>(), value.get<std::string>()) << key;
    EXPECT_EQ(to_yaml({{"a", "true"}, {"b", "plain"}}), "a: \"true\"\nb: plain\n");
}

}  // namespace
}  // namespace cairn::api
