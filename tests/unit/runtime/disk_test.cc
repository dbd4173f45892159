#include <gtest/gtest.h>

#include "tests/unit/runtime/machine_contract.h"

namespace cairn::runtime {
namespace {

using DiskContract = MachineContract;
CAIRN_ON_ALL_MACHINES(DiskContract);

TEST_P(DiskContract, ReadsWhatWasWrittenLast) {
    auto& disk = machine.disk();
    const auto path = rig->folder() + "/new/folders/file";
    const std::string content = "first\0half" + std::string(100'000, 'x');
    ASSERT_TRUE(disk.write_file(path, content));
    EXPECT_EQ(disk.read_file(path), content);

    ASSERT_TRUE(disk.write_file(path, "second"));
    EXPECT_EQ(disk.read_file(path), "second");
}

TEST_P(DiskContract, SaysNotFoundForAMissingFile) {
    const auto path = rig->folder() + "/missing";
    const auto read = machine.disk().read_file(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ResultCode::not_found);
    EXPECT_EQ(read.error().detail, "cannot open '" + path + "': No such file or directory");
}

TEST_P(DiskContract, WritesAFileWithoutWaiting) {
    auto& disk = machine.disk();
    const auto path = rig->folder() + "/file";
    Result<void> outcome = fail("not yet");
    bool calling = false;
    rig->run([&] {
        calling = true;
        disk.write_file_later(loop, path, "content", [&](Result<void> written) {
            EXPECT_FALSE(calling);
            outcome = std::move(written);
            rig->finish();
        });
        calling = false;
    });
    EXPECT_TRUE(outcome);
    EXPECT_EQ(disk.read_file(path), "content");
}

TEST(MachineDisk, LeavesNothingBesideTheFile) {
    RealRig rig(1);
    const auto folder = rig.folder();
    ASSERT_TRUE(rig.machine().disk().write_file(folder + "/file", "content"));
    size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++entries;
    EXPECT_EQ(entries, 1);
}

TEST(MachineDisk, NamesThePathItCannotWrite) {
    RealRig rig(1);
    const auto folder = rig.folder();
    ASSERT_TRUE(rig.machine().disk().write_file(folder + "/file", "content"));
    const auto below = rig.machine().disk().write_file(folder + "/file/below", "content");
    ASSERT_FALSE(below);
    EXPECT_NE(below.error().detail.find(folder + "/file/below"), std::string::npos);

    const auto directory = rig.machine().disk().read_file(folder);
    ASSERT_FALSE(directory);
    EXPECT_EQ(directory.error().detail, "cannot read '" + folder + "': Is a directory");
}

}  // namespace
}  // namespace cairn::runtime
