#pragma once
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "node/storage/store.h"

namespace cairn::sim {

/// A planted fault: a store like another one, of which start-up learns the oldest version of each record only.
class OldestWins final : public storage::Store {
public:
    explicit OldestWins(std::unique_ptr<storage::Store> store) : store_(std::move(store)) {}

    std::expected<storage::Place, ResultCode> append(size_t stream, const record::Head& record) override {
        return store_->append(stream, record);
    }
    void release(storage::Place place) override { store_->release(place); }
    bool copy_resident(storage::Place place, Buffer& into) override { return store_->copy_resident(place, into); }
    storage::Ticket ticket(size_t stream) const override { return store_->ticket(stream); }
    size_t streams() const override { return store_->streams(); }
    bool commits() const override { return store_->commits(); }
    bool failed() const override { return store_->failed(); }
    void read(runtime::Loop& home, storage::Place place, Buffer& into,
              std::move_only_function<void(ResultCode)> done) override {
        store_->read(home, place, into, std::move(done));
    }
    void when_durable(runtime::Loop& home, storage::Ticket ticket, std::move_only_function<void(bool)> done) override {
        store_->when_durable(home, ticket, std::move(done));
    }
    Result<void> load(storage::LoadSink& sink, runtime::Clock& clock) override {
        Oldest oldest(sink);
        if (auto loaded = store_->load(oldest, clock); !loaded) return loaded;
        for (const auto& [digest, found] : oldest.found) {
            sink.version(*reinterpret_cast<const record::Head*>(found.bytes.data()), found.place);
        }
        return {};
    }
    void keep(storage::Place place) override { store_->keep(place); }
    void begin(storage::Mover& mover) override { store_->begin(mover); }
    void start(runtime::TaskGroup& tasks) override { store_->start(tasks); }
    void close(const storage::IndexImage* index, std::move_only_function<void(Result<void>)> done) override {
        store_->close(index, std::move(done));
    }
    void tune(const storage::StoreTuning& tuning) override { store_->tune(tuning); }
    runtime::Task<storage::RaidReport> raid(runtime::TaskGroup& tasks, storage::Graves& graves) override {
        return store_->raid(tasks, graves);
    }
    storage::StoreStats stats() const override { return store_->stats(); }

private:
    struct Found {
        uint64_t sequence;
        storage::Place place;
        std::vector<uint64_t> bytes;
    };
    struct Oldest final : storage::LoadSink {
        explicit Oldest(storage::LoadSink& to) : sink(to) {}
        Result<void> set_name(uint16_t set_id, std::string_view name) override { return sink.set_name(set_id, name); }
        void version(const record::Head& record, storage::Place place) override {
            const auto known = found.find(record.digest.bytes);
            if (known != found.end() && known->second.sequence <= record.sequence_number()) return;
            Found one{record.sequence_number(), place, std::vector<uint64_t>(size_t{record.units} * 2)};
            std::memcpy(one.bytes.data(), &record, size_t{record.units} * record::kUnit);
            found[record.digest.bytes] = std::move(one);
        }
        void progress(double done, std::string_view what) override { sink.progress(done, what); }

        storage::LoadSink& sink;
        std::map<std::array<uint8_t, Digest::kSize>, Found> found;
    };

    const std::unique_ptr<storage::Store> store_;
};

}  // namespace cairn::sim
