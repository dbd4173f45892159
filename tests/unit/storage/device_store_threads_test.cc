// The store on a real machine with two workers: what the simulation, which has one thread, cannot see. For TSan.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "node/storage/device_store.h"
#include "tests/unit/runtime/rig.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using record::Head;

constexpr size_t kWorkers = 2;
constexpr uint32_t kKeys = 200;  // of both workers; digests 0 to 199
constexpr uint32_t kWrites = 3000;  // of each worker
constexpr uint32_t kAtOnce = 16;

/// An index with one door, and workers that write, wait for durability and read.
class Users final : public LoadSink, public Mover {
public:
    Users(runtime::RealRig& rig, StoreOptions options) : rig_(rig) {
        auto opened = DeviceStore::open(rig.machine(), std::move(options), [](uint16_t) { return "people"; });
        EXPECT_TRUE(opened) << opened.error().detail;
        store = std::move(*opened);
        EXPECT_TRUE(store->load(*this, rig_.machine().loop(0).clock()));
        for (const Entry& entry : index) {
            if (entry.place) store->keep(entry.place);
        }
        store->begin(*this);
    }
    void start() {
        tasks = std::make_unique<runtime::TaskGroup>(rig_.machine().loop(0));
        store->start(*tasks);
        for (size_t worker = 0; worker < kWorkers; ++worker) {
            rig_.machine().loop(worker).post([this, worker] {
                for (uint32_t i = 0; i < kAtOnce; ++i) write(worker);
            });
        }
    }

    Result<void> set_name(uint16_t, std::string_view) override { return {}; }
    void version(const Head& record, Place place) override {
        const std::lock_guard lock(door_);
        Entry& entry = index[record.digest.bytes[0]];
        if (record.sequence_number() > entry.sequence) entry = {place, record.sequence_number()};
    }
    void progress(double, std::string_view) override {}
    bool move(const Head& record, Place from, Append& append) override {
        const std::lock_guard lock(door_);
        Entry& entry = index[record.digest.bytes[0]];
        if (entry.place != from) return true;
        const auto to = append(record);
        if (!to) return false;
        entry.place = *to;
        store->release(from);
        return true;
    }

    struct Entry {
        Place place;
        uint64_t sequence = 0;
    };
    std::array<Entry, 256> index;
    std::array<uint64_t, 256> durable{};
    std::unique_ptr<DeviceStore> store;
    std::unique_ptr<runtime::TaskGroup> tasks;
    std::atomic<uint32_t> failures{0};

private:
    void write(size_t worker) {
        const uint32_t number = begun_[worker]++;
        if (number >= kWrites) {
            if (number + 1 == kWrites + kAtOnce && ++ended_ == kWorkers) end();
            return;
        }
        runtime::Loop& loop = rig_.machine().loop(worker);
        const uint8_t id = uint8_t(number * 7 % kKeys);
        test::MadeRecord record(id, std::string(100 + number % 5000, 'v'), uint16_t(id % 3));
        uint64_t sequence = 0;
        Ticket ticket;
        {
            const std::lock_guard lock(door_);
            Entry& entry = index[id];
            sequence = entry.sequence + 1;
            record.head().set_sequence(sequence);
            const auto place = store->append(worker, record.head());
            if (!place) {
                EXPECT_EQ(place.error(), ResultCode::device_overload);
                loop.post([this, worker] { again(worker); });
                return;
            }
            if (entry.place) store->release(entry.place);
            entry = {*place, sequence};
            ticket = store->ticket(worker);
        }
        store->when_durable(loop, ticket, [this, worker, id, sequence](bool ok) {
            failures += !ok;
            {
                const std::lock_guard lock(door_);
                durable[id] = std::max(durable[id], sequence);
            }
            read(worker, id);
        });
    }
    void again(size_t worker) {
        --begun_[worker];
        write(worker);
    }
    void read(size_t worker, uint8_t id) {
        auto into = std::make_shared<Buffer>();
        Place place;
        {
            const std::lock_guard lock(door_);
            place = index[id].place;
            if (store->copy_resident(place, *into)) place = {};
        }
        if (!place) return write(worker);
        store->read(rig_.machine().loop(worker), place, *into, [this, worker, id, place, into](ResultCode code) {
            const std::lock_guard lock(door_);
            failures += code != ResultCode::ok && index[id].place == place;
            rig_.machine().loop(worker).post([this, worker] { write(worker); });
        });
    }
    void end() {
        rig_.machine().loop(0).post([this] {
            tasks->stop([this] {
                store->close(nullptr, [this](const Result<void>& closed) {
                    failures += !closed;
                    rig_.finish();
                });
            });
        });
    }

    runtime::RealRig& rig_;
    ShortLock door_;  // guards the index
    std::array<uint32_t, kWorkers> begun_{};
    std::atomic<size_t> ended_{0};
};

class EachKind : public testing::TestWithParam<bool> {};

TEST_P(EachKind, TwoWorkersWriteReadAndLoseNothing) {
    std::string folder;
    const auto options = [&] {
        StoreOptions made;
        made.namespace_name = "test";
        made.paths = {folder + "/a", folder + "/b"};
        made.file_bytes = kBlocksOffset + (4 << 20);
        made.write_block_bytes = 128 << 10;
        made.streams = kWorkers;
        made.flush_max = 5ms;
        made.commit_to_device = GetParam();
        made.post_write_cache = 4;
        made.defrag_sleep = 100us;
        return made;
    };
    runtime::RealRig rig(kWorkers);
    folder = rig.folder();
    uint64_t moved = 0;
    std::array<Users::Entry, 256> left;
    {
        Users users(rig, options());
        rig.run([&] { users.start(); });
        EXPECT_EQ(users.failures, 0u);
        uint64_t used = 0;
        for (const auto& entry : users.index) used += uint64_t{entry.place.units()} * record::kUnit;
        EXPECT_EQ(users.store->stats().used, used);
        moved = users.store->stats().blocks_defragged;
        left = users.index;
    }
    EXPECT_GT(moved, 0u);
    runtime::RealRig later(kWorkers);
    Users users(later, options());
    for (size_t id = 0; id < kKeys; ++id) EXPECT_EQ(users.index[id].sequence, left[id].sequence);
    EXPECT_EQ(users.store->stats().corrupt, 0u);
    EXPECT_EQ(users.store->stats().torn, 0u);
}

INSTANTIATE_TEST_SUITE_P(Modes, EachKind, testing::Bool(),
                         [](const auto& info) { return info.param ? "Commit" : "Flush"; });

}  // namespace
}  // namespace cairn::storage
