#pragma once
#include <array>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/log/memory_sink.h"
#include "node/storage/device_store.h"
#include "tests/sim/violation.h"
#include "tests/sim/watched_disk.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// What goes wrong in a history, besides crashes.
enum class DiskTrouble : uint8_t {
    none,     // whatever is missing or damaged is the store's fault
    failing,  // reads, writes and syncs fail, and say so
    lying,    // bits flip, writes go astray: some versions may be lost, but a wrong value is never shown
};

/// One history of a DeviceStore on a simulated machine: versions of some keys are written, deleted, read and moved, the
/// power goes, the process is killed or ends in order, the store starts again. The model beside it knows what was
/// acknowledged, and what every version must look like; it plays the part of the index.
class StoreHistory final : storage::LoadSink, storage::IndexImage, storage::Mover, storage::Graves {
public:
    struct Plan {
        DiskTrouble trouble = DiskTrouble::none;
        storage::StoreMutants mutants = {};
        int lives = 5;
        int steps = 200;  // of each life, about
    };
    StoreHistory(uint64_t seed, const Plan& plan);
    ~StoreHistory();

    /// Runs it. @return  what must not have happened; nothing when all is well.
    std::optional<std::string> run();

    struct Totals {
        uint64_t appended = 0, acknowledged = 0, moved = 0, reads = 0, torn = 0, corrupt = 0, refused = 0, large = 0;
        uint64_t crashes = 0, failures = 0, lost = 0, freed_again = 0, ended = 0;
        uint64_t fast = 0, spoiled = 0, fell_back = 0;  // starts from a snapshot; snapshots damaged, and not taken
    };
    const Totals& totals() const { return totals_; }
    uint64_t trace_hash() { return world_.trace_hash(); }

private:
    using Key = uint32_t;
    struct Entry {
        storage::Place place;
        uint64_t sequence = 0;
        bool tombstone = false;
        bool operator==(const Entry&) const = default;
    };
    /// An entry in a snapshot.
    struct Kept {
        uint64_t place;
        uint64_t sequence;
        Key key;
        uint32_t tombstone;
    };
    struct Reading {
        Key key;
        Entry entry;
        Buffer into;
        bool done = false;
    };

    // The index's side of the store.
    Result<void> set_name(uint16_t set_id, std::string_view name) override;
    void version(const record::Head& record, storage::Place place) override;
    void progress(double, std::string_view) override {}
    uint16_t entry_bytes() const override { return sizeof(Kept); }
    void sequence(PartitionId partition, uint64_t last) override;
    Result<void> entries(PartitionId partition, Bytes entries,
                         const std::function<bool(storage::Place)>& known) override;
    Result<void> entries_end() override;
    void forget_entries() override;
    uint64_t entry_count(PartitionId partition) const override;
    void append_entries(PartitionId partition, Buffer& out) const override;
    uint64_t sequence(PartitionId partition) const override;
    void each_set(const std::function<void(uint16_t id, std::string_view name)>& tell) const override;
    bool move(const record::Head& record, storage::Place from, Append& append) override;
    bool some(std::vector<Grave>& into) override;
    bool end(const Grave& grave) override;

    void draw_shape();
    void draw_keys();
    bool start();
    void step();
    void end_of_life();
    void settle();
    bool close();
    void spoil_snapshot();
    void check_snapshot();
    void destroy();
    void write(runtime::Loop& loop, Key key, bool tombstone);
    void forget(Key key);
    runtime::Task<void> raid();
    void check_ended();
    void read(runtime::Loop& loop, Key key);
    void check_read(const Reading& reading, bool ok);
    void check_used();
    /// Empty when the record is what the version of its key and sequence must be.
    std::string wrong_in(const record::Head& record) const;
    const record::Head& make(Key key, uint64_t sequence, bool tombstone);
    bool is_tombstone(uint64_t sequence) const { return tombstones_.contains(sequence); }
    DiskFaults& faults() { return machine_.sim_disk().faults(); }

    World world_;
    const Plan plan_;
    SimMachine& machine_;
    log::MemorySink log_;
    log::Logger logger_{log::Format::text, log::Level::info, log_};
    DeviceWatch watch_;
    WatchedMachine watched_{machine_, watch_};
    storage::StoreOptions options_;
    Key keys_ = 0;
    uint32_t value_min_ = 1;
    uint32_t value_max_ = 0;
    bool forgets_ = false;  // deletes without a tombstone
    bool slow_ = false;  // some operations take long
    std::unique_ptr<runtime::TaskGroup> tasks_;
    std::unique_ptr<storage::DeviceStore> store_;
    bool ever_started_ = false;
    bool sync_failed_ = false;
    bool closing_ = false;
    bool raiding_ = false;

    std::map<Key, Entry> index_;
    std::map<Key, Entry> left_;  // the index at the last stop, if that was in order
    bool fast_ = false;  // this life began with a snapshot
    bool spoiled_ = false;  // a page that may be of the present snapshot is damaged
    std::map<Key, uint64_t> acknowledged_;  // the sequence that must not be lost
    std::map<Key, uint64_t> written_;  // the highest one that was given
    std::set<uint64_t> tombstones_;  // sequences
    std::map<Key, uint64_t> ended_;  // of the last tombstone that the raider ended: nothing older may come back
    std::map<Key, uint64_t> forgotten_;  // the sequence of the latest version that was
    uint64_t sequence_ = 0;
    std::set<uint16_t> named_;
    std::list<Reading> readings_;
    std::vector<uint64_t> memory_;
    size_t waiting_ = 0;  // for durability
    Violation violation_{world_, log_};
    Totals totals_;
};

}  // namespace cairn::sim
