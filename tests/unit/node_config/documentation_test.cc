#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "node/config/load.h"

namespace cairn::config {
namespace {

// To bring the page up to date: cairnd --print-config-docs > docs/configuration.md
TEST(Documentation, IsThePageInDocs) {
    std::ifstream file(CAIRN_DOCS_DIR "/configuration.md");
    std::stringstream page;
    page << file.rdbuf();
    EXPECT_EQ(page.str(), documentation());
}

TEST(Documentation, ItsExampleIsAccepted) {
    const std::string page = documentation();
    const size_t from = page.find("```yaml\n") + 8;
    const auto config = load(page.substr(from, page.find("```", from) - from), "configuration.md", {});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->namespaces[0].sets[0].name, "sessions");
}

}  // namespace
}  // namespace cairn::config
