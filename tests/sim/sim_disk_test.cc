// What the simulated disk promises, and that the faults it plays can be seen: a storage engine is only as well tested as
// the disk under it is nasty.

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <optional>
#include <set>

#include "common/base/aligned_buffer.h"
#include "common/base/hash.h"
#include "tests/sim/world.h"

namespace cairn::sim {
namespace {

constexpr uint64_t kBlock = 16384;  // some sectors of every size that is drawn
constexpr uint64_t kBlocks = 8;

class Disk {
public:
    explicit Disk(uint64_t seed) : world(seed) { open(); }

    void open() {
        auto opened = machine.disk().open_device("/data", {.create_bytes = kBlocks * kBlock});
        ASSERT_TRUE(opened) << opened.error().detail;
        device = std::move(*opened);
    }
    /// Power off, and on again.
    void crash() {
        machine.crash();
        device.reset();
        machine.restart();
        open();
    }
    void kill() {
        machine.kill();
        device.reset();
        machine.restart();
        open();
    }
    Result<void> write(uint64_t block, uint8_t with) {
        auto& buffer = buffers.emplace_back(kBlock);
        std::ranges::fill(buffer.span(), with);
        return wait([&](auto done) { device->write(loop, block * kBlock, buffer.bytes(), std::move(done)); });
    }
    /// Writes on its own; whether it is answered is nobody's business.
    void begin_write(uint64_t block, uint8_t with) {
        auto& buffer = buffers.emplace_back(kBlock);
        std::ranges::fill(buffer.span(), with);
        device->write(loop, block * kBlock, buffer.bytes(), [](const Result<void>&) {});
    }
    Result<void> sync() {
        return wait([&](auto done) { device->sync(loop, std::move(done)); });
    }
    Result<void> read(uint64_t block, MutableBytes into) {
        return wait([&](auto done) { device->read(loop, block * kBlock, into, std::move(done)); });
    }
    /// The different bytes in a block.
    std::set<uint8_t> content(uint64_t block) {
        AlignedBuffer buffer(kBlock);
        EXPECT_TRUE(device->read_now(block * kBlock, buffer.span()));
        return {buffer.bytes().begin(), buffer.bytes().end()};
    }
    template <class Begin>
    Result<void> wait(Begin begin) {
        std::optional<Result<void>> result;
        begin([&](Result<void> done) { result = std::move(done); });
        EXPECT_TRUE(world.run_until([&] { return result.has_value(); }));
        return *result;
    }
    DiskFaults& faults() { return machine.sim_disk().faults(); }

    World world;
    std::list<AlignedBuffer> buffers;
    SimMachine& machine = world.machine("machine", 1);
    runtime::Loop& loop = machine.loop(0);
    std::unique_ptr<runtime::Device> device;
};

using Bytes1 = std::set<uint8_t>;

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(1, 201), testing::PrintToStringParamName());

TEST_P(EachSeed, WhatWasSyncedSurvivesEveryCrash) {
    Disk disk(GetParam());
    auto& dice = disk.world.dice();
    std::vector<uint8_t> durable(kBlocks);
    for (int crash = 0; crash < 3; ++crash) {
        std::vector<uint8_t> newest = durable;
        for (uint64_t left = dice.between(1, 20); left > 0; --left) {
            const uint64_t block = dice.below(kBlocks);
            const auto value = static_cast<uint8_t>(dice.next());
            if (newest[block] != durable[block]) continue;  // one unsynced write a block: the others stay as they are
            ASSERT_TRUE(disk.write(block, value));
            newest[block] = value;
            if (!dice.once_in(3)) continue;
            ASSERT_TRUE(disk.sync());
            durable = newest;
        }
        disk.crash();
        for (uint64_t block = 0; block < kBlocks; ++block) {
            if (newest[block] == durable[block]) {
                EXPECT_EQ(disk.content(block), Bytes1{durable[block]});
                continue;
            }
            for (const uint8_t byte : disk.content(block))
                EXPECT_TRUE(byte == durable[block] || byte == newest[block]) << int(byte);
            ASSERT_TRUE(disk.write(block, durable[block]));
        }
        ASSERT_TRUE(disk.sync());
    }
}

TEST_P(EachSeed, ACrashTearsOnlyBetweenSectors) {
    Disk disk(GetParam());
    ASSERT_TRUE(disk.write(0, 1));
    disk.begin_write(1, 2);
    disk.world.run_for(disk.world.dice().up_to(1ms));
    disk.crash();
    AlignedBuffer buffer(2 * kBlock);
    ASSERT_TRUE(disk.device->read_now(0, buffer.span()));
    const size_t sector = disk.device->sector();
    for (size_t at = 0; at < buffer.size(); at += sector) {
        const Bytes one = buffer.bytes().subspan(at, sector);
        EXPECT_EQ(Bytes1(one.begin(), one.end()).size(), 1);
    }
}

TEST_P(EachSeed, AKilledProcessLosesNothingThatWasAnswered) {
    Disk disk(GetParam());
    ASSERT_TRUE(disk.write(0, 1));
    disk.begin_write(1, 2);
    disk.kill();
    EXPECT_EQ(disk.content(0), Bytes1{1});
    for (const uint8_t byte : disk.content(1)) EXPECT_TRUE(byte == 0 || byte == 2);
}

TEST_P(EachSeed, IsOneHistory) {
    const auto run = [](uint64_t seed) {
        Disk disk(seed);
        disk.faults() = {.read_error = 5,
                         .write_error = 5,
                         .sync_error = 5,
                         .lost_sync = 5,
                         .lost_write = 5,
                         .misplaced_write = 5,
                         .flipped_bit = 5,
                         .slow = 5,
                         .slow_max = 1s};
        AlignedBuffer buffer(kBlock);
        for (uint64_t i = 0; i < 20; ++i) {
            (void)disk.write(i % kBlocks, static_cast<uint8_t>(i));
            if (i % 3 == 0) (void)disk.sync();
            if (i % 4 == 0) (void)disk.read(i % kBlocks, buffer.span());
            if (i % 7 == 0) disk.crash();
        }
        return std::pair(disk.world.trace_hash(), hash64(disk.machine.sim_disk().medium("/data")->bytes()));
    };
    EXPECT_EQ(run(GetParam()), run(GetParam()));
}

/// In how many of 200 seeds `seen` is true.
template <class Seen>
int seeds_of_200(Seen seen) {
    int count = 0;
    for (uint64_t seed = 1; seed <= 200; ++seed) count += seen(seed);
    return count;
}

TEST(SimDisk, AnUnsyncedWriteStaysGoesOrTears) {
    int all = 0;
    int none = 0;
    int torn = 0;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        Disk disk(seed);
        ASSERT_TRUE(disk.write(0, 1));
        disk.crash();
        const auto left = disk.content(0);
        ++(left.size() > 1 ? torn : left.contains(1) ? all : none);
    }
    EXPECT_GT(all, 20);
    EXPECT_GT(none, 20);
    EXPECT_GT(torn, 20);
}

TEST(SimDisk, AnswersInAnyOrder) {
    const auto reordered = [](uint64_t seed) {
        Disk disk(seed);
        std::string order;
        AlignedBuffer buffer(kBlock);
        AlignedBuffer another(kBlock);
        disk.device->read(disk.loop, 0, buffer.span(), [&](const Result<void>&) { order += 'a'; });
        disk.device->read(disk.loop, 0, another.span(), [&](const Result<void>&) { order += 'b'; });
        EXPECT_TRUE(disk.world.run_until([&] { return order.size() == 2; }));
        return order == "ba";
    };
    const int count = seeds_of_200(reordered);
    EXPECT_GT(count, 40);
    EXPECT_LT(count, 160);
}

TEST(SimDisk, ALostSyncShowsAfterACrash) {
    EXPECT_GT(seeds_of_200([](uint64_t seed) {
                  Disk disk(seed);
                  disk.faults().lost_sync = 1;
                  EXPECT_TRUE(disk.write(0, 1));
                  EXPECT_TRUE(disk.sync());
                  disk.crash();
                  return disk.content(0) != Bytes1{1};
              }),
              40);
}

TEST(SimDisk, ASyncAfterAFailedOneProvesNothing) {
    EXPECT_GT(seeds_of_200([](uint64_t seed) {
                  Disk disk(seed);
                  disk.faults().sync_error = 1;
                  EXPECT_TRUE(disk.write(0, 1));
                  EXPECT_FALSE(disk.sync());
                  disk.faults().sync_error = 0;
                  EXPECT_TRUE(disk.sync());
                  EXPECT_EQ(disk.content(0), Bytes1{1});
                  disk.crash();
                  return disk.content(0) != Bytes1{1};
              }),
              40);
}

TEST(SimDisk, ASyncCoversNoWriteThatEndsAfterItsBeginning) {
    EXPECT_GT(seeds_of_200([](uint64_t seed) {
                  Disk disk(seed);
                  const AlignedBuffer ones = [] {
                      AlignedBuffer buffer(kBlock);
                      std::ranges::fill(buffer.span(), uint8_t{1});
                      return buffer;
                  }();
                  bool wrote = false;
                  disk.device->write(disk.loop, 0, ones.bytes(), [&](const Result<void>&) { wrote = true; });
                  EXPECT_TRUE(disk.sync());
                  const bool wrote_first = wrote;
                  disk.crash();
                  return wrote_first && disk.content(0) != Bytes1{1};
              }),
              30);
}

TEST(SimDisk, PlaysWritesThatGoWrongInSilence) {
    Disk disk(1);
    disk.faults().lost_write = 1;
    ASSERT_TRUE(disk.write(0, 1));
    EXPECT_EQ(disk.content(0), Bytes1{0});

    disk.faults() = {.flipped_bit = 1};
    ASSERT_TRUE(disk.write(0, 1));
    EXPECT_EQ(disk.content(0).size(), 2);

    disk.faults() = {.misplaced_write = 1};
    ASSERT_TRUE(disk.write(1, 2));
    EXPECT_NE(disk.content(1), Bytes1{2});
    EXPECT_EQ(std::ranges::count(disk.machine.sim_disk().medium("/data")->bytes(), 2), kBlock);
    EXPECT_EQ(disk.machine.sim_disk().struck().misplaced_write, 1);
}

TEST(SimDisk, SaysWhichReadOrWriteFailed) {
    Disk disk(1);
    disk.faults() = {.read_error = 1, .write_error = 1, .sync_error = 1};
    AlignedBuffer buffer(kBlock);
    EXPECT_EQ(disk.read(2, buffer.span()).error().detail,
              "cannot read 16384 bytes at offset 32768 of '/data': Input/output error");
    EXPECT_EQ(disk.write(2, 1).error().detail.find("cannot write 16384 bytes at offset 32768 of '/data': "), 0);
    EXPECT_EQ(disk.sync().error().detail, "cannot make durable '/data': Input/output error");
}

TEST(SimDisk, IsSlowWhenAsked) {
    Duration longest{};
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        Disk disk(seed);
        disk.faults() = {.slow = 1, .slow_max = 30s};
        const Instant began = disk.world.now();
        ASSERT_TRUE(disk.write(0, 1));
        longest = std::max(longest, disk.world.now() - began);
    }
    EXPECT_GT(longest, 10s);
}

TEST(SimDisk, HasNoMoreRoomThanItsCapacity) {
    Disk disk(1);
    auto& files = disk.machine.sim_disk();
    files.set_capacity(files.used_bytes() + kBlock);
    const auto more = files.open_device("/more", {.create_bytes = 2 * kBlock});
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ResultCode::out_of_space);
    EXPECT_EQ(more.error().detail, "cannot reserve 32768 bytes for '/more': No space left on device");
    EXPECT_TRUE(files.write_file("/file", std::string(kBlock, 'x')));
    EXPECT_FALSE(files.write_file("/file", std::string(kBlock + 1, 'x')));
}

TEST(SimDisk, KeepsFilesOverACrash) {
    Disk disk(1);
    ASSERT_TRUE(disk.machine.disk().write_file("/node-id", "A1"));
    disk.crash();
    EXPECT_EQ(disk.machine.disk().read_file("/node-id"), "A1");
}

TEST(SimDisk, NoticesABufferThatChangesWhileItIsWritten) {
    Disk disk(1);
    disk.begin_write(0, 1);
    disk.buffers.back().data()[7] = 2;
    EXPECT_DEATH(disk.world.run_for(1s), "hash");
}

TEST(SimDisk, NoticesADeviceDestroyedBeforeItsAnswers) {
    Disk disk(1);
    disk.loop.post([&] {
        disk.begin_write(0, 1);
        disk.device.reset();
    });
    EXPECT_DEATH(disk.world.run_for(1s), "current");
}

}  // namespace
}  // namespace cairn::sim
