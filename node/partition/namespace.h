#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "node/config/node_config.h"
#include "node/partition/evictions.h"
#include "node/partition/index_image.h"
#include "node/partition/loader.h"
#include "node/partition/partitions.h"
#include "node/partition/replicator.h"
#include "node/partition/secondary_indexes.h"
#include "node/partition/sets.h"

namespace cairn::partition {

/// The limit that refuses writes now: `stop-writes-used-pct`, `-avail-pct`, `-sys-memory-pct`, `indexes-memory-budget`.
enum class StopWrites : uint8_t { none, used, available, system_memory, indexes_memory };
/// The mark above which records are evicted: `evict-used-pct`, `evict-indexes-memory-pct`.
enum class EvictMark : uint8_t { none, used, indexes_memory };

/// What of a storage engine may change while it runs.
storage::StoreTuning tuning_of(const StorageEngineConfig& settings);

/// One namespace on this node: its records, sets, and the numbers a command needs from its configuration.
/// Shared by all workers: records behind their doors, all else atomic.
class Namespace {
public:
    /// @param index  its place in the configuration, from 0.
    /// @param store  where records live; nothing: in memory.
    Namespace(size_t index, const NamespaceConfig& settings, size_t worker_count,
              std::unique_ptr<storage::Store> store = nullptr);

    const std::string name;
    const size_t index;
    Sets sets;
    const std::unique_ptr<storage::Store> store;
    Partitions partitions;
    SecondaryIndexes indexes{partitions};
    /// Who keeps the other copies; null: this node is alone.
    std::atomic<Replicator*> replicator{nullptr};

    /// Fills the index of a namespace with a store, and only then numbers the sets of the configuration. Blocks: before
    /// anything is served.
    /// @param named  runs when the sets of stored records have their numbers.
    /// @param gone   whether a record is not to come back: expired, truncated.
    /// @param clock  of the calling thread.
    Result<Loaded> load(const NamespaceConfig& settings, runtime::Clock& clock, Loader::Progress progress,
                        const std::function<Result<void>()>& named,
                        const std::function<bool(const record::Head&)>& gone);

    /// Leaves all in order on the devices, the index too where there is room. Nobody enters a door any more.
    void close(std::move_only_function<void(Result<void>)> done) { store->close(&image_, std::move(done)); }

    /// Takes over what may change at run time. Callable from any thread.
    void apply(const NamespaceConfig& settings);

    // Copies of dynamic configuration; relaxed loads on the data path, each used by itself.
    std::atomic<uint32_t> default_ttl_s{0};
    std::atomic<uint32_t> nsup_period_s{0};
    std::atomic<bool> allow_ttl_without_nsup{false};
    std::atomic<bool> apply_ttl_reductions{true};
    std::atomic<bool> disallow_null_setname{false};
    std::atomic<bool> reject_xdr_writes{false};
    std::atomic<bool> reject_non_xdr_writes{false};
    std::atomic<int> default_read_touch_ttl_pct{0};
    std::atomic<uint32_t> max_record_size_bytes{1 << 20};
    std::atomic<uint64_t> data_size_bytes{0};
    std::atomic<uint32_t> stop_writes_used_pct{0};
    std::atomic<uint32_t> stop_writes_avail_pct{0};
    std::atomic<bool> disallow_expunge{false};
    std::atomic<uint32_t> evict_hist_buckets{0};
    std::atomic<uint32_t> evict_tenths_pct{0};
    std::atomic<uint32_t> evict_used_pct{0};
    std::atomic<uint32_t> evict_indexes_memory_pct{0};
    std::atomic<uint64_t> indexes_memory_budget_bytes{0};
    std::atomic<uint32_t> tomb_raider_eligible_age_s{0};
    std::atomic<uint32_t> tomb_raider_period_s{0};

    /// What is used now, of all that limits are set for. Enters every door once when the index has a budget.
    struct Use {
        uint64_t data_size = 0;  // bytes that records have room in: of the devices, or data-size
        uint64_t data_used = 0;  // of them, by live records
        uint64_t data_available_pct = 0;  // percent of them that is, or can be made, free
        uint64_t index_budget = 0;  // indexes-memory-budget, bytes; 0: none
        uint64_t index_bytes = 0;  // by the index of a namespace with a budget
    };
    Use use() const;
    /// Once a second: whether that is too much for clients' writes, and whether records are to be evicted.
    void look(const Use& now);
    std::atomic<StopWrites> devices_are_full{StopWrites::none};
    std::atomic<bool> index_is_full{false};
    std::atomic<EvictMark> evict_mark{EvictMark::none};

    /// Set once a second: the machine uses more of its memory than `stop-writes-sys-memory-pct` allows.
    std::atomic<bool> machine_is_full{false};

    /// Records last updated before this (ms since 2010) are gone; 0: none.
    std::atomic<uint64_t> truncate_lut{0};
    /// Counts truncations, of sets too: each asks the sweepers for one round.
    std::atomic<uint32_t> truncations{0};
    /// Workers that still have records of a truncation to remove.
    std::atomic<uint32_t> sweeps_running{0};

    /// Whether records of this kind may be evicted: they expire, and their set allows it.
    bool evictable(const record::Head& record) const {
        return record.void_time != 0 &&
               (record.set_id == kNoSet || !sets[record.set_id].disable_eviction.load(std::memory_order_relaxed));
    }
    Evictions evictions;
    std::atomic<uint32_t> evict_ttl_s{0};  // how near to their end records were that the last round took

    /// The last round of the first worker's sweeper: how long it took, and what share of its records it removed.
    std::atomic<uint32_t> nsup_cycle_s{0};
    std::atomic<uint32_t> nsup_cycle_deleted_hundredths_pct{0};

    /// Why client writes are refused now, if they are. Two shares of data-size are kept: of live records, and of memory
    /// held for records and index, which never takes more than all of it.
    StopWrites stopped_by() const;
    bool stop_writes() const { return stopped_by() != StopWrites::none; }

private:
    const IndexImage image_{partitions, sets};
};

}  // namespace cairn::partition
