#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/storage/device_store.h"
#include "tests/sim/world.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage::test {

using record::Head;

constexpr uint64_t kRigFile = kBlocksOffset + (8 << 20);

/// A store on a simulated machine, and the index that it needs: places by the first byte of the digest.
class Rig final : public LoadSink, public Mover, public Graves {
public:
    Rig() {
        machine.sim_disk().shape() = {.sector = 512, .delay_max = 100us};
        options.namespace_name = "test";
        options.paths = {"/data/0"};
        options.file_bytes = kRigFile;
        options.write_block_bytes = 128 << 10;
        options.post_write_cache = 0;
    }
    ~Rig() override {
        if (store != nullptr) crash();
    }

    Result<void> start() {
        index.clear();
        auto opened = DeviceStore::open(machine, options, [](uint16_t) { return std::string_view("people"); });
        if (!opened) return std::unexpected(opened.error());
        store = std::move(*opened);
        if (auto loaded = store->load(*this, machine.loop(0).clock()); !loaded) {
            store.reset();
            return loaded;
        }
        for (const auto& [id, place] : index) store->keep(place);
        store->begin(*this);
        tasks = std::make_unique<runtime::TaskGroup>(machine.loop(0));
        store->start(*tasks);
        return {};
    }
    void crash() {
        machine.crash();
        tasks.reset();
        store.reset();
        machine.restart();
    }
    Result<void> close() {
        bool stopped = false;
        tasks->stop([&] { stopped = true; });
        EXPECT_TRUE(world.run_until([&] { return stopped; }));
        std::optional<Result<void>> closed;
        store->close(nullptr, [&](Result<void> result) { closed = std::move(result); });
        EXPECT_TRUE(world.run_until([&] { return closed.has_value(); }));
        tasks.reset();
        store.reset();
        return *closed;
    }
    std::expected<Place, ResultCode> put(const MadeRecord& record) {
        const auto place = store->append(0, record.head());
        if (!place) return place;
        Place& of = index[record.head().digest.bytes[0]];
        if (of) store->release(of);
        of = *place;
        return place;
    }
    bool durable() {
        std::optional<bool> answer;
        store->when_durable(loop, store->ticket(0), [&](bool ok) { answer = ok; });
        EXPECT_TRUE(world.run_until([&] { return answer.has_value(); }));
        return answer.value_or(false);
    }
    /// The value at a place; nothing when it cannot be read.
    std::optional<std::string> read(Place place) {
        Buffer into;
        std::optional<ResultCode> code;
        store->read(loop, place, into, [&](ResultCode result) { code = result; });
        EXPECT_TRUE(world.run_until([&] { return code.has_value(); }));
        if (code != ResultCode::ok) return std::nullopt;
        return value_of(*reinterpret_cast<const Head*>(into.data()));
    }
    Bytes medium(size_t device = 0) { return machine.sim_disk().medium(options.paths[device])->bytes(); }

    Result<void> set_name(uint16_t, std::string_view name) override {
        EXPECT_EQ(name, "people");
        return {};
    }
    void version(const Head& record, Place place) override { index[record.digest.bytes[0]] = place; }
    void progress(double, std::string_view) override {}
    bool move(const Head& record, Place from, Append& append) override {
        Place& at = index[record.digest.bytes[0]];
        if (at != from) return true;
        const auto to = append(record);
        if (!to) return false;
        at = *to;
        store->release(from);
        return true;
    }

    /// All tombstones, once.
    bool some(std::vector<Grave>& into) override {
        for (const uint8_t id : buried) into.push_back({MadeRecord(id, "").head().digest, index[id]});
        return false;
    }
    bool end(const Grave& grave) override {
        const uint8_t id = grave.digest.bytes[0];
        if (index[id] != grave.place) return false;
        store->release(std::exchange(index[id], {}));
        buried.erase(id);
        return true;
    }
    /// Buries a record: its own sequence is the number of its digest.
    void bury(uint8_t id) {
        MadeRecord grave(id, "", 0, record::Kind::tombstone);
        grave.head().set_sequence(uint64_t{id} + 1000);
        ASSERT_TRUE(put(grave));
        buried.insert(id);
    }
    RaidReport raid() {
        std::optional<RaidReport> report;
        const auto task = [](Rig& rig, std::optional<RaidReport>& into) -> runtime::Task<void> {
            into = co_await rig.store->raid(*rig.tasks, rig);
        };
        tasks->spawn(task(*this, report));
        EXPECT_TRUE(world.run_until([&] { return report.has_value(); }));
        return report.value_or(RaidReport{});
    }

    sim::World world{1};
    sim::SimMachine& machine = world.machine("machine", 1);
    runtime::Loop& loop = machine.loop(0);
    StoreOptions options;
    std::unique_ptr<runtime::TaskGroup> tasks;
    std::unique_ptr<DeviceStore> store;
    std::map<uint8_t, Place> index;
    std::set<uint8_t> buried;
};

}  // namespace cairn::storage::test
