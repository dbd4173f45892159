#pragma once
#include <deque>
#include <map>
#include <vector>

#include "node/storage/store.h"

namespace cairn::storage {

/// A store without devices: versions in memory, of which none is resident unless the test says so, so that every
/// command that needs a body has to wait for it.
class FakeStore final : public Store {
public:
    std::expected<Place, ResultCode> append(size_t, const record::Head& record) override {
        if (refuse != ResultCode::ok) return std::unexpected(refuse);
        const Place place(0, next_, record.units);
        next_ += record.units;
        const auto* bytes = reinterpret_cast<const uint8_t*>(&record);
        versions[place.word()].assign(bytes, bytes + uint64_t{record.units} * record::kUnit);
        ++appended;
        return place;
    }
    void release(Place place) override { versions.erase(place.word()); }
    bool copy_resident(Place place, Buffer& into) override {
        const auto found = versions.find(place.word());
        if (!resident || found == versions.end()) return false;
        copy(found->second, into);
        return true;
    }
    Ticket ticket(size_t stream) const override { return {static_cast<uint32_t>(stream), appended}; }
    size_t streams() const override { return 2; }
    bool commits() const override { return commit; }
    bool failed() const override { return has_failed; }

    void read(runtime::Loop& home, Place place, Buffer& into, std::move_only_function<void(ResultCode)> done) override {
        ++reads;
        const auto found = versions.find(place.word());
        const ResultCode code = found == versions.end() || damaged ? ResultCode::server_error : ResultCode::ok;
        if (code == ResultCode::ok) copy(found->second, into);
        home.post([code, done = std::move(done)]() mutable { done(code); });
    }
    void when_durable(runtime::Loop& home, Ticket, std::move_only_function<void(bool)> done) override {
        if (!hold) return home.post([done = std::move(done)]() mutable { done(true); });
        waiting.push_back(std::move(done));
    }

    Result<void> load(LoadSink&, runtime::Clock&) override { return {}; }
    void keep(Place place) override { kept.push_back(place); }
    void begin(Mover&) override {}
    void start(runtime::TaskGroup&) override {}
    void tune(const StoreTuning& tuning) override { tuned = tuning; }
    runtime::Task<RaidReport> raid(runtime::TaskGroup&, Graves&) override { co_return RaidReport{}; }
    void close(const IndexImage*, std::move_only_function<void(Result<void>)> done) override { done({}); }
    StoreStats stats() const override { return {}; }

    std::map<uint64_t, std::vector<uint8_t>> versions;  // by place
    StoreTuning tuned;
    std::vector<Place> kept;
    std::deque<std::move_only_function<void(bool)>> waiting;  // for durability, while `hold`
    ResultCode refuse = ResultCode::ok;
    bool resident = false;
    bool damaged = false;
    bool commit = false;
    bool has_failed = false;
    bool hold = false;
    uint64_t appended = 0;
    uint64_t reads = 0;

private:
    static void copy(const std::vector<uint8_t>& from, Buffer& into) {
        into.clear();
        into.append(Bytes(from.data(), from.size()));
    }
    uint64_t next_ = 1;
};

}  // namespace cairn::storage
