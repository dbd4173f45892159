// What the tools find on devices that a store has written, after an orderly stop and after the power went.
#include <gtest/gtest.h>

#include <map>

#include "common/log/memory_sink.h"
#include "node/storage/device_store.h"
#include "node/storage/tools/check.h"
#include "node/storage/tools/dump.h"
#include "node/tools/render.h"
#include "tests/sim/world.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using test::MadeRecord;

/// A store whose index is a map.
class Stored final : LoadSink, Mover {
public:
    explicit Stored(uint64_t seed) : world_(seed), machine_(world_.machine("node")) {
        machine_.sim_disk().shape().sector = 512;
        options_.namespace_name = "test";
        options_.node_id = 0xA1;
        options_.paths = {"/a", "/b"};
        options_.write_block_bytes = 4096;
        options_.file_bytes = kBlocksOffset + 24 * 4096;
        options_.commit_to_device = true;
        options_.compression = Compression::lz4;
    }
    ~Stored() { end(false); }

    void start() {
        auto opened = DeviceStore::open(machine_, options_, [](uint16_t) { return std::string_view("people"); });
        ASSERT_TRUE(opened) << opened.error().detail;
        store_ = std::move(*opened);
        places_.clear();
        ASSERT_TRUE(store_->load(*this, machine_.loop(0).clock()));
        for (const auto& [id, place] : places_) store_->keep(place);
        store_->begin(*this);
        tasks_ = std::make_unique<runtime::TaskGroup>(machine_.loop(0));
        store_->start(*tasks_);
    }
    /// Writes versions of 40 records and waits until they are durable.
    void write(int count) {
        for (int i = 0; i < count; ++i) {
            bool answered = false;
            machine_.loop(0).post([&, i] {
                const auto id = uint8_t(world_.dice().below(40));
                MadeRecord made(id, std::string(world_.dice().between(1, 700), char('a' + i % 26)), 5);
                made.head().set_sequence(++sequence_);
                const auto place = store_->append(0, made.head());
                if (!place) {
                    answered = true;  // refused: no room at the moment
                    return;
                }
                if (const auto old = places_.find(id); old != places_.end()) store_->release(old->second);
                places_[id] = *place;
                store_->when_durable(machine_.loop(0), store_->ticket(0), [&, id, sequence = sequence_](bool durable) {
                    EXPECT_TRUE(durable);
                    newest_[id] = sequence;
                    answered = true;
                });
            });
            ASSERT_TRUE(world_.run_until([&] { return answered; }, 10s));
            world_.run_for(1ms);
        }
    }
    void stop() {
        bool stopped = false;
        machine_.loop(0).post([&] { tasks_->stop([&] { stopped = true; }); });
        EXPECT_TRUE(world_.run_until([&] { return stopped; }));
        std::optional<Result<void>> closed;
        machine_.loop(0).post(
            [&] { store_->close(nullptr, [&](Result<void> result) { closed = std::move(result); }); });
        EXPECT_TRUE(world_.run_until([&] { return closed.has_value(); }) && *closed);
        world_.run_for(1ms);
        end(false);
    }
    void lose_power() { end(true); }

    struct Seen {
        bool whole;
        std::string text;
        std::map<uint8_t, uint64_t> newest;  // sequence by record
    };
    Seen look() {
        Seen seen;
        const auto warn = [&](const std::string& sentence) { seen.text += sentence; };
        seen.whole = check(
            machine_.disk(), {.paths = options_.paths}, [&](const std::string& text) { seen.text += text; }, warn);
        const auto keep = [&](const std::string& line) {
            const auto json = ctl::Json::parse(line);
            const std::string digest = json["digest"];
            seen.newest[uint8_t(std::stoi(digest.substr(0, 2), nullptr, 16))] = json["sequence"];
            EXPECT_EQ(json["set"], "people");
            return true;
        };
        seen.whole = dump(machine_.disk(), {.paths = options_.paths}, keep, warn) && seen.whole;
        return seen;
    }
    const std::map<uint8_t, uint64_t>& newest() const { return newest_; }

private:
    void end(bool power_lost) {
        if (store_ == nullptr) return;
        if (power_lost) machine_.crash();
        else machine_.kill();
        tasks_.reset();
        store_.reset();
        machine_.restart();
    }
    Result<void> set_name(uint16_t, std::string_view) override { return {}; }
    void version(const record::Head& record, Place place) override {
        const uint8_t id = record.digest.bytes[0];
        const uint64_t sequence = record.sequence_number();
        if (const auto known = loaded_.find(id); places_.contains(id) && known->second > sequence) return;
        places_[id] = place;
        loaded_[id] = sequence;
    }
    void progress(double, std::string_view) override {}
    bool move(const record::Head& record, Place from, Append& append) override {
        const auto found = places_.find(record.digest.bytes[0]);
        if (found == places_.end() || found->second != from) return true;
        const auto to = append(record);
        if (!to) return false;
        found->second = *to;
        return true;
    }

    sim::World world_;
    sim::SimMachine& machine_;
    StoreOptions options_;
    std::unique_ptr<runtime::TaskGroup> tasks_;
    std::unique_ptr<DeviceStore> store_;
    std::map<uint8_t, Place> places_;
    std::map<uint8_t, uint64_t> loaded_;
    std::map<uint8_t, uint64_t> newest_;
    uint64_t sequence_ = 0;
};

class Written : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Written, testing::Range<uint64_t>(1, 31));

// Goal: the tools read what the store writes, and see no damage where there is none.
// Method: histories of writes and defragmentation, ended in order or by a power cut, and gone on with.
TEST_P(Written, IsWholeAndShowsTheNewestVersions) {
    Stored stored(GetParam());
    for (int life = 0; life < 3; ++life) {
        ASSERT_NO_FATAL_FAILURE(stored.start());
        ASSERT_NO_FATAL_FAILURE(stored.write(120));
        if (GetParam() % 2 == 0) stored.stop();
        else stored.lose_power();
        const auto seen = stored.look();
        EXPECT_TRUE(seen.whole) << seen.text;
        EXPECT_EQ(seen.newest, stored.newest());
        EXPECT_NE(seen.text.find(GetParam() % 2 == 0 ? "in order\n" : "not in order"), std::string::npos) << seen.text;
    }
}

}  // namespace
}  // namespace cairn::storage
