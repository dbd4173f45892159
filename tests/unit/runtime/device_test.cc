#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/runtime/asio/descriptor.h"
#include "tests/unit/runtime/machine_contract.h"

namespace cairn::runtime {
namespace {

constexpr uint64_t kPage = AlignedBuffer::kAlignment;  // a multiple of every machine's sector

AlignedBuffer filled(size_t size, uint8_t with) {
    AlignedBuffer buffer(size);
    std::ranges::fill(buffer.span(), with);
    return buffer;
}

class DeviceContract : public MachineContract {
protected:
    std::unique_ptr<Device> open(DeviceOptions options) {
        auto opened = machine.disk().open_device(path, options);
        EXPECT_TRUE(opened) << opened.error().detail;
        return std::move(*opened);
    }
    std::string sentence_of_refusal(DeviceOptions options) {
        const auto opened = machine.disk().open_device(path, options);
        EXPECT_FALSE(opened);
        return opened ? "" : opened.error().detail;
    }
    const std::string path = rig->folder() + "/new/folders/device";
};
CAIRN_ON_ALL_MACHINES(DeviceContract);

TEST_P(DeviceContract, CreatesAFileOfZerosOfTheSizeAskedFor) {
    const auto device = open({.create_bytes = 4 * kPage});
    EXPECT_EQ(device->size(), 4 * kPage);
    EXPECT_EQ(device->path(), path);
    EXPECT_EQ(kPage % device->sector(), 0);
    auto buffer = filled(4 * kPage, 1);
    ASSERT_TRUE(device->read_now(0, buffer.span()));
    EXPECT_TRUE(std::ranges::all_of(buffer.bytes(), [](uint8_t byte) { return byte == 0; }));
}

TEST_P(DeviceContract, KeepsItsBytesWhenItIsOpenedAgain) {
    {
        const auto device = open({.create_bytes = 4 * kPage});
        ASSERT_TRUE(device->write_now(kPage, filled(kPage, 7).bytes()));
        ASSERT_TRUE(device->sync_now());
    }
    const auto device = open({});
    AlignedBuffer buffer(2 * kPage);
    ASSERT_TRUE(device->read_now(0, buffer.span()));
    EXPECT_EQ(buffer.bytes()[kPage - 1], 0);
    EXPECT_EQ(buffer.bytes()[kPage], 7);
}

TEST_P(DeviceContract, GrowsAShorterFileAndKeepsALongerOne) {
    EXPECT_EQ(open({.create_bytes = 2 * kPage})->size(), 2 * kPage);
    EXPECT_EQ(open({.create_bytes = 4 * kPage})->size(), 4 * kPage);
    EXPECT_EQ(open({.create_bytes = kPage})->size(), 4 * kPage);
    EXPECT_EQ(open({})->size(), 4 * kPage);
}

TEST_P(DeviceContract, SaysNotFoundForAMissingFileWithoutASize) {
    const auto opened = machine.disk().open_device(path, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ResultCode::not_found);
    EXPECT_EQ(opened.error().detail, "cannot open '" + path + "': No such file or directory");
}

TEST_P(DeviceContract, IsOpenOnceUnlessShared) {
    auto device = open({.create_bytes = kPage});
    EXPECT_EQ(sentence_of_refusal({}), "cannot open '" + path + "': it is in use by another process");
    EXPECT_EQ(sentence_of_refusal({.read_only = true}), "cannot open '" + path + "': it is in use by another process");
    EXPECT_TRUE(open({.exclusive = false, .read_only = true}));

    device.reset();
    const auto reader = open({.read_only = true});
    EXPECT_TRUE(open({.read_only = true}));
    EXPECT_EQ(sentence_of_refusal({}), "cannot open '" + path + "': it is in use by another process");
}

TEST_P(DeviceContract, IsGoneWhenItsFileIsRemoved) {
    open({.create_bytes = kPage});
    ASSERT_TRUE(machine.disk().remove_file(path));
    EXPECT_FALSE(machine.disk().open_device(path, {}));
    const auto again = machine.disk().remove_file(path);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ResultCode::not_found);
}

TEST_P(DeviceContract, ReadsWhatWasWritten) {
    const auto device = open({.create_bytes = 4 * kPage});
    const auto written = filled(2 * kPage, 9);
    AlignedBuffer read(2 * kPage);
    rig->run([&] {
        device->write(loop, kPage, written.bytes(), [&](Result<void> wrote) {
            EXPECT_TRUE(wrote);
            device->read(loop, 0, read.span(), [&](Result<void> done) {
                EXPECT_TRUE(done);
                rig->finish();
            });
        });
    });
    EXPECT_EQ(read.bytes()[kPage - 1], 0);
    EXPECT_EQ(read.bytes()[kPage], 9);
}

TEST_P(DeviceContract, NeverAnswersInsideTheCall) {
    const auto device = open({.create_bytes = kPage});
    const auto written = filled(kPage, 9);
    AlignedBuffer read(kPage);
    bool inside = false;
    int due = 4;
    const auto done = [&](const Result<void>& result) {
        EXPECT_TRUE(result);
        EXPECT_FALSE(inside);
        if (--due == 0) rig->finish();
    };
    rig->run([&] {
        inside = true;
        device->write(loop, 0, written.bytes(), done);
        device->read(loop, 0, read.span(), done);
        device->sync(loop, done);
        device->discard(loop, 0, kPage, done);
        inside = false;
    });
    EXPECT_EQ(due, 0);
}

TEST_P(DeviceContract, DiscardedBytesAreOldOrZero) {
    const auto device = open({.create_bytes = 3 * kPage});
    ASSERT_TRUE(device->write_now(0, filled(3 * kPage, 9).bytes()));
    rig->run([&] { device->discard(loop, kPage, kPage, [&](const Result<void>&) { rig->finish(); }); });
    AlignedBuffer read(3 * kPage);
    ASSERT_TRUE(device->read_now(0, read.span()));
    const auto nine = [](uint8_t byte) { return byte == 9; };
    EXPECT_TRUE(std::ranges::all_of(read.bytes().first(kPage), nine));
    EXPECT_TRUE(std::ranges::all_of(read.bytes().last(kPage), nine));
    EXPECT_TRUE(std::ranges::all_of(read.bytes().subspan(kPage, kPage), [](uint8_t b) { return b == 9 || b == 0; }));
}

/// Writes, syncs and reads back pages of its own, each step when the one before was answered on the loop.
class PageWorker {
public:
    static constexpr size_t kRounds = 20;
    PageWorker(Device& device, Loop& loop, uint64_t page, std::function<void()> ended)
        : device_(device), loop_(loop), page_(page), ended_(std::move(ended)) {}

    void write() {
        ++round_;
        std::ranges::fill(out_.span(), static_cast<uint8_t>(page_ + round_));
        device_.write(loop_, page_ * kPage, out_.bytes(), [this](const Result<void>& wrote) {
            EXPECT_TRUE(wrote);
            loop_.clock().now();  // aborts in simulation when it is not this loop's turn
            device_.sync(loop_, [this](const Result<void>& synced) {
                EXPECT_TRUE(synced);
                read();
            });
        });
    }

private:
    void read() {
        device_.read(loop_, page_ * kPage, in_.span(), [this](const Result<void>& done) {
            EXPECT_TRUE(done);
            EXPECT_TRUE(std::ranges::equal(in_.bytes(), out_.bytes()));
            round_ < kRounds ? write() : ended_();
        });
    }

    Device& device_;
    Loop& loop_;
    const uint64_t page_;
    std::function<void()> ended_;
    AlignedBuffer in_{kPage};
    AlignedBuffer out_{kPage};
    size_t round_ = 0;
};

TEST_P(DeviceContract, ServesAllLoopsAtOnce) {
    constexpr uint64_t kWorkers = 16;
    const auto device = open({.create_bytes = kWorkers * kPage});
    size_t ended = 0;  // on loop 0
    std::vector<std::unique_ptr<PageWorker>> workers;
    for (uint64_t page = 0; page < kWorkers; ++page) {
        workers.push_back(std::make_unique<PageWorker>(*device, machine.loop(page % machine.loop_count()), page, [&] {
            loop.post([&] {
                if (++ended == kWorkers) rig->finish();
            });
        }));
    }
    rig->run([&] {
        for (uint64_t page = 0; page < kWorkers; ++page)
            machine.loop(page % machine.loop_count()).post([&, page] { workers[page]->write(); });
    });
    EXPECT_EQ(ended, kWorkers);
}

TEST_P(DeviceContract, AnswersMoreReadsThanAnyQueueHolds) {
    constexpr uint64_t kReads = 1000;
    constexpr uint64_t kPages = 8;
    const auto device = open({.create_bytes = kPages * kPage});
    for (uint64_t page = 0; page < kPages; ++page) {
        ASSERT_TRUE(device->write_now(page * kPage, filled(kPage, static_cast<uint8_t>(page + 1)).bytes()));
    }
    AlignedBuffer into(kReads * kPage);
    size_t right = 0;
    size_t answered = 0;
    rig->run([&] {
        for (uint64_t read = 0; read < kReads; ++read) {
            const auto part = into.span().subspan(read * kPage, kPage);
            device->read(loop, read % kPages * kPage, part, [&, part, read](const Result<void>& done) {
                right += done && part.front() == read % kPages + 1 && part.back() == part.front();
                if (++answered == kReads) rig->finish();
            });
        }
    });
    EXPECT_EQ(right, kReads);
}

TEST_P(DeviceContract, DropsTheAnswersDueWhenItIsDestroyedAfterTheLoops) {
    auto device = open({.create_bytes = 64 * kPage});
    const auto written = filled(kPage, 9);
    auto read = std::make_unique<AlignedBuffer>(64 * kPage);
    size_t answered = 0;
    rig->run([&] {
        for (uint64_t page = 0; page < 64; ++page) {
            device->write(loop, page * kPage, written.bytes(), [&](const Result<void>&) { ++answered; });
            device->read(loop, page * kPage, read->span().subspan(page * kPage, kPage),
                         [&](const Result<void>&) { ++answered; });
        }
        loop.post([&] { rig->finish(); });
    });
    const size_t before = answered;
    device.reset();
    read.reset();  // nobody reads into it any more
    EXPECT_EQ(answered, before);
}

TEST_P(DeviceContract, RefusesWhatIsNotWholeSectors) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto device = open({.create_bytes = 4 * kPage});
    AlignedBuffer buffer(2 * kPage);
    EXPECT_DEATH((void)device->read_now(1, buffer.span()), "offset");
    EXPECT_DEATH((void)device->read_now(0, buffer.span().first(kPage - 1)), "bytes");
    EXPECT_DEATH((void)device->read_now(0, buffer.span().subspan(1, kPage)), "address");
    EXPECT_DEATH((void)device->read_now(3 * kPage, buffer.span()), "size");
}

TEST(MachineDevice, NamesOffsetAndPathOfARead) {
    RealRig rig(1);
    const auto path = rig.folder() + "/device";
    const auto device = rig.machine().disk().open_device(path, {.create_bytes = 4 * kPage});
    ASSERT_TRUE(device);
    std::filesystem::resize_file(path, kPage);
    AlignedBuffer buffer(kPage);
    const auto read = (*device)->read_now(2 * kPage, buffer.span());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().detail, "cannot read 4096 bytes at offset 8192 of '" + path + "': it has become shorter");
}

TEST(MachineDevice, LeavesNoFileWhereThereIsNoRoom) {
    RealRig rig(1);
    const auto path = rig.folder() + "/device";
    const auto opened = rig.machine().disk().open_device(path, {.create_bytes = 1ull << 43});  // 8 TiB
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().detail.find("cannot reserve 8796093022208 bytes for '" + path + "': "), 0)
        << opened.error().detail;
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(MachineDevice, ReservesTheHolesOfAFileThatIsThere) {
    RealRig rig(1);
    const auto path = rig.folder() + "/device";
    std::ofstream(path) << "begin";
    std::filesystem::resize_file(path, 64 * kPage);
    const auto reserved = [&] {
        struct stat found{};
        return ::stat(path.c_str(), &found) == 0 ? uint64_t(found.st_blocks) * 512 : 0;
    };
    ASSERT_LT(reserved(), 64 * kPage);
    ASSERT_TRUE(rig.machine().disk().open_device(path, {.read_only = true}));
    EXPECT_LT(reserved(), 64 * kPage);
    const auto device = rig.machine().disk().open_device(path, {.create_bytes = 64 * kPage});
    ASSERT_TRUE(device);
    EXPECT_GE(reserved(), 64 * kPage);
    AlignedBuffer buffer(kPage);
    ASSERT_TRUE((*device)->read_now(0, buffer.span()));
    EXPECT_EQ(as_text(buffer.bytes().first(5)), "begin");
}

TEST(MachineDevice, RefusesWhatIsNeitherFileNorBlockDevice) {
    RealRig rig(1);
    const auto path = rig.folder();
    const auto opened = rig.machine().disk().open_device(path, {});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().detail, "cannot open '" + path + "': it is neither a file nor a block device");
}

TEST(MachineDevice, PassesTheCacheByWhereAskedAndPossible) {
    RealRig rig(1);
    const auto path = rig.folder() + "/device";
    EXPECT_FALSE((*rig.machine().disk().open_device(path, {.create_bytes = kPage, .direct = false}))->direct());
    if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no tmpfs here";
    const std::string in_memory = "/dev/shm/cairn-test-" + std::to_string(getpid());
    const auto device = rig.machine().disk().open_device(in_memory, {.create_bytes = kPage});
    ASSERT_TRUE(device);
    std::filesystem::remove(in_memory);
    EXPECT_FALSE((*device)->direct());
    AlignedBuffer buffer = filled(kPage, 1);
    EXPECT_TRUE((*device)->write_now(0, buffer.bytes()));
}

/// Whether the page at the front of a file is in the page cache; nothing where the file system does not tell.
std::optional<bool> is_cached(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY));
    AlignedBuffer buffer(kPage);
    const iovec into{buffer.data(), kPage};
    if (::preadv2(file.get(), &into, 1, 0, RWF_NOWAIT) == ssize_t(kPage)) return true;
    return errno == EAGAIN ? std::optional(false) : std::nullopt;
}

TEST(MachineDevice, CachedReadsSeeWhatDirectWritesWrote) {
    for (const bool cached : {false, true}) {
        RealRig rig(1);
        const auto path = rig.folder() + "/device";
        const auto opened = rig.machine().disk().open_device(path, {.create_bytes = 4 * kPage, .cached_reads = cached});
        ASSERT_TRUE(opened);
        Device& device = **opened;
        if (!device.direct()) GTEST_SKIP() << "no direct writes here";
        AlignedBuffer buffer(kPage);
        std::vector<uint8_t> seen;
        std::function<void(uint8_t)> write_and_read = [&](uint8_t with) {
            ASSERT_TRUE(device.write_now(0, filled(kPage, with).bytes()));
            device.read(rig.machine().loop(0), 0, buffer.span(), [&, with](const Result<void>& read) {
                EXPECT_TRUE(read);
                seen.push_back(buffer.bytes()[0]);
                if (with == 2) return rig.finish();
                write_and_read(2);
            });
        };
        rig.run([&] { write_and_read(1); });
        EXPECT_EQ(seen, (std::vector<uint8_t>{1, 2}));
        if (const auto kept = is_cached(path)) {
            EXPECT_EQ(*kept, cached);
        }
    }
}

}  // namespace
}  // namespace cairn::runtime
