#pragma once
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/log/memory_sink.h"
#include "node/partition/namespace.h"
#include "node/storage/device_store.h"
#include "tests/sim/violation.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// One history of a namespace on devices, the production index and store together, on a simulated machine: records are
/// written, deleted (durably or not), read and moved, the power goes, the process is killed or ends in order, the
/// namespace is loaded again. The model beside it knows of each key which versions were tried and which acknowledged.
class NamespaceHistory {
public:
    struct Plan {
        storage::StoreMutants mutants = {};
        bool oldest_wins = false;  // the planted fault: start-up takes the oldest version it finds of each record
        int lives = 4;
        int steps = 150;  // of each life, about
    };
    NamespaceHistory(uint64_t seed, const Plan& plan);
    ~NamespaceHistory();

    /// Runs it. @return  what must not have happened; nothing when all is well.
    std::optional<std::string> run();

    struct Totals {
        uint64_t written = 0, acknowledged = 0, deleted = 0, erased = 0, cold_reads = 0, refused = 0, crashes = 0;
        uint64_t defragged = 0;
    };
    const Totals& totals() const { return totals_; }

private:
    /// Versions are numbered from 1; 0: none. A durable delete is a version, too.
    struct Key {
        uint32_t tried = 0;
        uint32_t sure = 0;     // acknowledged: nothing older may come back
        uint32_t current = 0;  // what a reader must find; 0: nothing
        uint32_t newest = 0;   // in the index, durable deletes too
        uint32_t erased = 0;  // versions up to this one were deleted without a promise, and may be back after a start
        std::vector<bool> deletes{false};  // by version: whether it is a durable delete
    };
    struct Reading {
        uint32_t key;
        partition::Reads reads;
    };

    void draw_shape();
    bool start();
    void check_loaded(uint32_t number, uint32_t found);
    void step();
    void end_of_life();
    bool close();
    void destroy();
    void write(runtime::Loop& loop, uint32_t number);
    void bury(runtime::Loop& loop, uint32_t number);
    void erase(uint32_t number);
    ResultCode publish(runtime::Loop& loop, uint32_t number, bool bury);
    void read(runtime::Loop& loop, uint32_t number);
    void go_on(runtime::Loop& loop, std::list<Reading>::iterator reading);
    /// The version in a record's body; 0 when it is not what the key's version must be.
    uint32_t version_in(const record::Head& head, uint32_t number) const;

    World world_;
    const Plan plan_;
    SimMachine& machine_;
    log::MemorySink log_;
    log::Logger logger_{log::Format::text, log::Level::info, log_};
    storage::StoreOptions options_;
    uint32_t value_max_ = 0;
    std::unique_ptr<runtime::TaskGroup> tasks_;
    std::unique_ptr<partition::Namespace> ns_;
    bool closing_ = false;
    std::vector<Key> keys_;
    std::list<Reading> readings_;
    Violation violation_{world_, log_};
    Totals totals_;
};

}  // namespace cairn::sim
