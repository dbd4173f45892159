// Commands about registered scripts; what the store of scripts keeps is in tests/unit/udf.
#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

class OneFile final : public runtime::Disk {
public:
    Result<std::string> read_file(const std::string&) override {
        if (content.empty()) return fail(ResultCode::not_found, "none");
        return content;
    }
    Result<void> write_file(const std::string&, std::string_view written) override {
        if (full) return fail("no room");
        content = written;
        return {};
    }
    void write_file_later(runtime::Loop&, std::string, std::string, runtime::Device::Done) override {}
    Result<void> remove_file(const std::string&) override { return fail("never"); }
    Result<std::unique_ptr<runtime::Device>> open_device(const std::string&, const runtime::DeviceOptions&) override {
        return fail("none");
    }

    std::string content;
    bool full = false;
};

/// "function f() return 1 end"
constexpr std::string_view kPut =
    "udf-put:filename=m.lua;content=ZnVuY3Rpb24gZigpIHJldHVybiAxIGVuZA==;content-len=36;udf-type=LUA;";
constexpr std::string_view kContent = "type=LUA;content=ZnVuY3Rpb24gZigpIHJldHVybiAxIGVuZA==;";

struct ModulesTest : InfoTest {
    ModulesTest() { state.modules = std::make_unique<udf::Modules>(file, "functions"); }
    OneFile file;
};

TEST_F(ModulesTest, AreListedGivenBackAndRemoved) {
    EXPECT_EQ(ask("udf-list"), "");
    EXPECT_EQ(ask(kPut), "ok");
    EXPECT_EQ(ask("udf-list"), "filename=m.lua,hash=56f50b9dfcd0393b2e76e8e390381539ef5a1aff,type=LUA;");
    EXPECT_EQ(ask("udf-get:filename=m.lua;"), kContent);
    EXPECT_EQ(ask("udf-remove:filename=m.lua;"), "ok");
    EXPECT_EQ(ask("udf-remove:filename=m.lua;"), "ok");
    EXPECT_EQ(ask("udf-get:filename=m.lua;"), "error=not_found");
    EXPECT_EQ(ask("udf-list"), "");
}

TEST_F(ModulesTest, SurviveARestart) {
    EXPECT_EQ(ask(kPut), "ok");
    state.modules = std::make_unique<udf::Modules>(file, "functions");
    ASSERT_TRUE(state.modules->load());
    EXPECT_EQ(ask("udf-get:filename=m.lua;"), kContent);
}

TEST_F(ModulesTest, WhatCannotBeKeptIsNotRegistered) {
    file.full = true;
    EXPECT_EQ(ask(kPut), "ERROR::no room");
    EXPECT_EQ(ask("udf-list"), "");
}

}  // namespace
}  // namespace cairn::server::test
