#include "node/storage/tools/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::storage {
namespace {

template <class Parse>
auto parse(Parse parse_line, std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    auto parsed = parse_line(int(argv.size()), argv.data(),
                             [](const std::string& name) { return name == "KEY" ? "secret" : ""; });
    testing::internal::GetCapturedStderr();
    testing::internal::GetCapturedStdout();
    return parsed;
}

auto check_line(std::vector<std::string> words) {
    words.insert(words.begin(), "cairn-check");
    return parse(parse_check_line, std::move(words));
}
auto dump_line_of(std::vector<std::string> words) {
    words.insert(words.begin(), "cairn-dump");
    return parse(parse_dump_line, std::move(words));
}

TEST(CommandLine, NamesDevicesAndTheKey) {
    const auto parsed = check_line({"--json", "/dev/a", "/dev/b", "--key-file", "/k"});
    const auto& settings = std::get<CheckSettings>(parsed);
    EXPECT_EQ(settings.paths, (std::vector<std::string>{"/dev/a", "/dev/b"}));
    EXPECT_TRUE(settings.json);
    EXPECT_EQ(settings.key.file, "/k");
}

TEST(CommandLine, TakesTheKeyFromTheEnvironment) {
    EXPECT_EQ(std::get<CheckSettings>(check_line({"/dev/a", "--key-env", "KEY"})).key.text, "secret");
    EXPECT_EQ(std::get<int>(check_line({"/dev/a", "--key-env", "OTHER"})), kUsageError);
    EXPECT_EQ(std::get<int>(check_line({"/dev/a", "--key-env", "KEY", "--key-file", "/k"})), kUsageError);
}

TEST(CommandLine, WithoutADeviceOrWithAnUnknownOptionIsWrong) {
    EXPECT_EQ(std::get<int>(check_line({})), kUsageError);
    EXPECT_EQ(std::get<int>(dump_line_of({})), kUsageError);
    EXPECT_EQ(std::get<int>(check_line({"/dev/a", "--repair"})), kUsageError);
    EXPECT_EQ(std::get<int>(dump_line_of({"/dev/a", "--limit", "many"})), kUsageError);
}

TEST(CommandLine, HelpAndVersionEndWell) {
    EXPECT_EQ(std::get<int>(check_line({"--help"})), 0);
    EXPECT_EQ(std::get<int>(dump_line_of({"--version"})), 0);
}

TEST(CommandLine, OfADumpSaysWhatToShow) {
    const auto parsed = dump_line_of({"/dev/a", "--all", "--set", "people", "--limit", "5", "--no-bins"});
    const auto& settings = std::get<DumpSettings>(parsed);
    EXPECT_TRUE(settings.all);
    EXPECT_TRUE(settings.no_bins);
    EXPECT_EQ(settings.set, "people");
    EXPECT_EQ(settings.limit, 5u);
    EXPECT_EQ(std::get<DumpSettings>(dump_line_of({"/dev/a"})).limit, UINT64_MAX);
}

}  // namespace
}  // namespace cairn::storage
