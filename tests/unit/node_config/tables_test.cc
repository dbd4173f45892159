#include "node/config/tables.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "node/config/load.h"

namespace cairn::config {
namespace {

void for_each(const Section& section, const std::function<void(const Section&, const Parameter&)>& visit) {
    for (const Parameter& parameter : section.parameters) visit(section, parameter);
    for (const Section& list : section.lists) for_each(list, visit);
}

TEST(Tables, EveryDefaultIsAcceptedAndReadsBackFromItsPrintedForm) {
    for_each(node_section(), [](const Section&, const Parameter& parameter) {
        if (parameter.path == "name") return;  // has none
        const auto read = accept_value(parameter, print_value(parameter, parameter.default_value));
        ASSERT_TRUE(read) << parameter.path << ": " << read.error().detail;
        EXPECT_EQ(*read, parameter.default_value) << parameter.path;
    });
}

TEST(Tables, EveryParameterIsDescribedAndIsThereOnce) {
    std::set<std::string> seen;
    for_each(node_section(), [&](const Section& section, const Parameter& parameter) {
        EXPECT_FALSE(parameter.description.empty()) << parameter.path;
        EXPECT_TRUE(seen.insert(section.key + "/" + parameter.path).second) << parameter.path;
    });
}

// A member too narrow for its parameter's range would end the process when somebody sets it.
TEST(Tables, EveryMemberHoldsTheEndsOfItsRange) {
    for_each(node_section(), [](const Section& section, const Parameter& parameter) {
        if (parameter.planned || !std::holds_alternative<int64_t>(parameter.default_value)) return;
        for (const int64_t end : {parameter.minimum, parameter.maximum}) {
            Settings settings;
            Settings* at = &settings;
            if (section.key == "namespaces") at = &settings.lists["namespaces"].emplace_back();
            if (section.key == "sets") {
                at = &settings.lists["namespaces"].emplace_back().lists["sets"].emplace_back();
            }
            at->values[parameter.path].value = end;
            const Settings back = node_table().settings(node_table().make(settings));
            const Settings* from = &back;
            if (section.key == "namespaces") from = &back.lists.at("namespaces")[0];
            if (section.key == "sets") from = &back.lists.at("namespaces")[0].lists.at("sets")[0];
            EXPECT_EQ(from->values.at(parameter.path).value, Value(end)) << parameter.path;
        }
    });
}

TEST(Schema, HasEveryParameterWithItsDynamicFlag) {
    const auto json = nlohmann::json::parse(schema());
    for_each(node_section(), [&](const Section& section, const Parameter& parameter) {
        std::string pointer = "/properties/";
        if (section.key == "namespaces") pointer += "namespaces/items/properties/";
        if (section.key == "sets") pointer += "namespaces/items/properties/sets/items/properties/";
        for (const char letter : parameter.path) pointer += letter == '.' ? "/properties/" : std::string(1, letter);
        const auto& found = json.at(nlohmann::json::json_pointer(pointer));
        EXPECT_EQ(found.at("dynamic"), parameter.dynamic) << parameter.path;
        EXPECT_EQ(found.contains("planned"), parameter.planned) << parameter.path;
    });
}

// The container platform sets these for a service called `cairn`, and they are ignored.
TEST(Tables, NoParameterIsCalledLikeAServiceLink) {
    for_each(node_section(), [](const Section&, const Parameter& parameter) {
        EXPECT_NE(parameter.path, "service.host");
        EXPECT_FALSE(parameter.path.starts_with("service.port")) << parameter.path;
    });
}

}  // namespace
}  // namespace cairn::config
