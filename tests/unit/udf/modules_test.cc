#include "node/udf/modules.h"

#include <cstdlib>
#include <gtest/gtest.h>

#include "node/udf/runner.h"
#include "tests/unit/udf/script.h"

namespace cairn::udf {
namespace {

/// Files in memory; can be told to fail.
class MemoryDisk final : public runtime::Disk {
public:
    Result<std::string> read_file(const std::string& path) override {
        const auto found = files.find(path);
        if (found == files.end()) return fail(ResultCode::not_found, path);
        return found->second;
    }
    Result<void> write_file(const std::string& path, std::string_view content) override {
        if (full) return fail("no room");
        files[path] = content;
        return {};
    }
    void write_file_later(runtime::Loop&, std::string, std::string, runtime::Device::Done) override { std::abort(); }
    Result<void> remove_file(const std::string& path) override {
        files.erase(path);
        return {};
    }
    Result<std::unique_ptr<runtime::Device>> open_device(const std::string&, const runtime::DeviceOptions&) override {
        return fail("none");
    }

    std::map<std::string, std::string> files;
    bool full = false;
};

TEST(UdfModules, AreKept) {
    MemoryDisk disk;
    {
        Modules modules(disk, "udf");
        ASSERT_TRUE(modules.load());
        ASSERT_TRUE(modules.put("a.lua", "x = 1"));
        ASSERT_TRUE(modules.put("b.txt", std::string_view("\0y", 2)));
        ASSERT_TRUE(modules.put("a.lua", "x = 2"));
        ASSERT_TRUE(modules.put("c.lua", ""));
        ASSERT_TRUE(modules.remove("c.lua"));
        ASSERT_TRUE(modules.remove("unknown.lua"));
    }
    Modules modules(disk, "udf");
    ASSERT_TRUE(modules.load());
    const auto all = modules.all();
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ(all->at("a.lua")->source, "x = 2");
    EXPECT_EQ(all->at("b.txt")->source, std::string_view("\0y", 2));
}

TEST(UdfModules, AreReplacedAllAtOnce) {
    MemoryDisk disk;
    Modules modules(disk, "udf");
    ASSERT_TRUE(modules.put("a.lua", "x = 1"));
    ASSERT_TRUE(modules.put("b.lua", "x = 2"));
    const auto stays = modules.all()->at("a.lua");
    ASSERT_TRUE(modules.replace({{"a.lua", "x = 1"}, {"c.lua", "x = 3"}}));
    const auto all = modules.all();
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ(all->at("a.lua"), stays) << "the same module: nobody compiles it anew";
    EXPECT_EQ(all->at("c.lua")->source, "x = 3");
    disk.full = true;
    EXPECT_TRUE(modules.replace({{"a.lua", "x = 1"}, {"c.lua", "x = 3"}})) << "nothing to write";
    EXPECT_FALSE(modules.replace({}));
    EXPECT_EQ(modules.all()->size(), 2u);
}

TEST(UdfModules, ADamagedFileIsSaidToBe) {
    MemoryDisk disk;
    ASSERT_TRUE(Modules(disk, "udf").put("a.lua", "x = 1"));
    disk.files["udf"].back() ^= 1;
    EXPECT_FALSE(Modules(disk, "udf").load());
    disk.files["udf"] = "x";
    EXPECT_FALSE(Modules(disk, "udf").load());
}

TEST(UdfModules, WhatIsNotDurableHasNotHappened) {
    MemoryDisk disk;
    Modules modules(disk, "udf");
    disk.full = true;
    EXPECT_FALSE(modules.put("a.lua", "x = 1"));
    EXPECT_TRUE(modules.all()->empty());
}

TEST(UdfModules, NamesAreFileNames) {
    for (const char* name : {"a.lua", "x.txt", "a.b.lua"}) EXPECT_TRUE(valid_file_name(name)) << name;
    for (const char* name : {"", "a", ".lua", "a.", "../a.lua", "/etc/a.lua", "a\\b.lua", "a;b.lua"}) {
        EXPECT_FALSE(valid_file_name(name)) << name;
    }
    MemoryDisk disk;
    EXPECT_FALSE(Modules(disk, "").put("../a.lua", ""));
    EXPECT_FALSE(Modules(disk, "").put("a.lua", std::string(kModuleBytesMax + 1, ' ')));
}

TEST(UdfModules, CompilingTellsLineAndMessage) {
    SteppingClock clock;
    EXPECT_FALSE(compile("a.lua", "return 5", clock));
    const auto cut = compile("a.lua", "function f(", clock);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->line, 1);
    EXPECT_EQ(cut->message, "<name> or '...' expected near <eof>");
    const auto raised = compile("a.lua", "\nerror('at load')", clock);
    ASSERT_TRUE(raised);
    EXPECT_EQ(raised->line, 2);
    EXPECT_EQ(raised->message, "at load");
}

TEST(UdfRunner, RunsTheVersionThatIsRegistered) {
    MemoryDisk disk;
    Modules modules(disk, "");
    SteppingClock clock;
    Runner runner(modules, clock);
    record::Draft draft;
    Buffer scratch;
    record::Memory memory;
    const auto call = [&] {
        RecordCall record({}, draft, scratch);
        const Outcome outcome = runner.call("m", "f", as_bytes("\x90"), record, memory);
        return outcome.failed ? outcome.error : std::string(as_text(outcome.value.bytes));
    };
    EXPECT_EQ(call(), "UDF: Execution Error 1");
    ASSERT_TRUE(modules.put("m.lua", "function f() return 'one' end"));
    EXPECT_EQ(call(), "one");
    ASSERT_TRUE(modules.put("m.lua", "function f() return 'two' end"));
    EXPECT_EQ(call(), "two");
    ASSERT_TRUE(modules.remove("m.lua"));
    EXPECT_EQ(call(), "UDF: Execution Error 1");
}

}  // namespace
}  // namespace cairn::udf
