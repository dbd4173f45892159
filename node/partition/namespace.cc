#include "node/partition/namespace.h"

#include <algorithm>
#include <bit>

#include "common/base/percent.h"

namespace cairn::partition {
namespace {

// Enough doors that workers seldom meet at one, few enough that half-filled blocks cost little.
size_t slices_for(size_t worker_count) { return std::clamp<size_t>(std::bit_ceil(worker_count * 8), 32, 512); }

// Address space only. Digests spread evenly, so four times the mean share is never honestly reached; the floor leaves
// room for large records in a small namespace.
uint64_t reserve_for(uint64_t data_size, size_t slices) {
    return std::max<uint64_t>(1ull << 30, data_size * 4 / slices);
}

/// Whether it is more than so many percent; never at 0, which is no limit.
bool is_above(uint64_t part, uint64_t whole, uint64_t limit_pct) {
    return limit_pct != 0 && part > whole / 100 * limit_pct;
}

}  // namespace

storage::StoreTuning tuning_of(const StorageEngineConfig& settings) {
    return {
        .flush_max = std::chrono::milliseconds(settings.flush_max_ms),
        .max_write_cache = settings.max_write_cache_bytes,
        .post_write_cache = static_cast<uint32_t>(settings.post_write_cache_bytes / settings.write_block_size_bytes),
        .defrag_lwm_pct = settings.defrag_lwm_pct,
        .defrag_queue_min = settings.defrag_queue_min,
        .defrag_sleep = std::chrono::microseconds(settings.defrag_sleep_us),
        .tomb_raider_sleep = std::chrono::microseconds(settings.tomb_raider_sleep_us)};
}

Namespace::Namespace(size_t place, const NamespaceConfig& settings, size_t worker_count,
                     std::unique_ptr<storage::Store> records_in)
    : name(settings.name),
      index(place),
      store(std::move(records_in)),
      partitions(sets, slices_for(worker_count),
                 reserve_for(settings.storage_engine.data_size_bytes, slices_for(worker_count)), store.get()) {
    if (!store) apply(settings);  // else after load(): stored records have numbers for their sets already
}

Result<Loaded> Namespace::load(const NamespaceConfig& settings, runtime::Clock& clock, Loader::Progress progress,
                               const std::function<Result<void>()>& named,
                               const std::function<bool(const record::Head&)>& gone) {
    Loader loader(partitions, sets, std::move(progress));
    if (auto loaded = store->load(loader, clock); !loaded) return std::unexpected(loaded.error());
    if (auto ready = named(); !ready) return std::unexpected(ready.error());
    apply(settings);  // what is gone depends on it
    auto found = loader.finish(*store, gone);
    if (!found) return found;
    store->begin(partitions);
    return found;
}

void Namespace::apply(const NamespaceConfig& settings) {
    const auto put = [](auto& to, auto value) { to.store(value, std::memory_order_relaxed); };
    put(default_ttl_s, settings.default_ttl_s);
    put(nsup_period_s, settings.nsup_period_s);
    put(allow_ttl_without_nsup, settings.allow_ttl_without_nsup);
    put(apply_ttl_reductions, settings.apply_ttl_reductions);
    put(disallow_null_setname, settings.disallow_null_setname);
    put(reject_xdr_writes, settings.reject_xdr_writes);
    put(reject_non_xdr_writes, settings.reject_non_xdr_writes);
    put(default_read_touch_ttl_pct, static_cast<int>(settings.default_read_touch_ttl_pct));
    put(max_record_size_bytes, static_cast<uint32_t>(settings.max_record_size_bytes));
    put(data_size_bytes, settings.storage_engine.data_size_bytes);
    put(stop_writes_used_pct, settings.storage_engine.stop_writes_used_pct);
    put(stop_writes_avail_pct, settings.storage_engine.stop_writes_avail_pct);
    put(disallow_expunge, settings.disallow_expunge);
    put(evict_hist_buckets, settings.evict_hist_buckets);
    put(evict_tenths_pct, settings.evict_tenths_pct);
    put(evict_used_pct, settings.storage_engine.evict_used_pct);
    put(evict_indexes_memory_pct, settings.evict_indexes_memory_pct);
    put(indexes_memory_budget_bytes, settings.indexes_memory_budget_bytes);
    put(tomb_raider_eligible_age_s, settings.tomb_raider_eligible_age_s);
    put(tomb_raider_period_s, settings.tomb_raider_period_s);
    if (store) store->tune(tuning_of(settings.storage_engine));
    for (const auto& of_set : settings.sets) {
        const SetId id = sets.find_or_add(of_set.name);
        if (id == kNoSet) continue;
        Set& set = sets[id];
        put(set.default_ttl_s, of_set.default_ttl_s);
        put(set.disable_eviction, of_set.disable_eviction);
        put(set.enable_index, of_set.enable_index);
        put(set.default_read_touch_ttl_pct, of_set.default_read_touch_ttl_pct);
        put(set.stop_writes_count, of_set.stop_writes_count);
        put(set.stop_writes_size, of_set.stop_writes_size_bytes);
    }
}

StopWrites Namespace::stopped_by() const {
    const uint64_t size = data_size_bytes.load(std::memory_order_relaxed);
    const uint64_t used_pct = stop_writes_used_pct.load(std::memory_order_relaxed);
    const uint64_t avail_pct = stop_writes_avail_pct.load(std::memory_order_relaxed);
    if (store) {
        const StopWrites on_device = devices_are_full.load(std::memory_order_relaxed);
        if (on_device != StopWrites::none) return on_device;
    } else {
        const Totals& totals = partitions.totals();
        if (is_above(totals.used_bytes.load(std::memory_order_relaxed), size, used_pct)) return StopWrites::used;
        if (totals.held_bytes.load(std::memory_order_relaxed) > size / 100 * (100 - avail_pct)) {
            return StopWrites::available;
        }
    }
    if (index_is_full.load(std::memory_order_relaxed)) return StopWrites::indexes_memory;
    return machine_is_full.load(std::memory_order_relaxed) ? StopWrites::system_memory : StopWrites::none;
}

Namespace::Use Namespace::use() const {
    const auto get = [](const auto& value) { return value.load(std::memory_order_relaxed); };
    Use now;
    if (store) {
        const storage::StoreStats devices = store->stats();
        now.data_size = devices.size;
        now.data_used = devices.used;
        now.data_available_pct = devices.available_pct();
    } else {
        now.data_size = get(data_size_bytes);
        now.data_used = get(partitions.totals().used_bytes);
        now.data_available_pct =
            percent(now.data_size - std::min(now.data_size, get(partitions.totals().held_bytes)), now.data_size);
    }
    now.index_budget = get(indexes_memory_budget_bytes);
    if (indexes_memory_budget_bytes.load(std::memory_order_relaxed) != 0) {
        const MemoryUse memory = partitions.memory_use();
        now.index_bytes = memory.index_used + memory.sindex_used;
    }
    return now;
}

void Namespace::look(const Use& now) {
    const auto get = [](const auto& value) { return uint64_t{value.load(std::memory_order_relaxed)}; };
    StopWrites stop = StopWrites::none;
    if (store) {
        if (is_above(now.data_used, now.data_size, get(stop_writes_used_pct))) stop = StopWrites::used;
        else if (now.data_available_pct < get(stop_writes_avail_pct)) stop = StopWrites::available;
    }
    devices_are_full.store(stop, std::memory_order_relaxed);

    index_is_full.store(now.index_budget != 0 && now.index_bytes > now.index_budget, std::memory_order_relaxed);

    EvictMark mark = EvictMark::none;
    if (is_above(now.data_used, now.data_size, get(evict_used_pct))) mark = EvictMark::used;
    else if (is_above(now.index_bytes, now.index_budget, get(evict_indexes_memory_pct))) {
        mark = EvictMark::indexes_memory;
    }
    evict_mark.store(mark, std::memory_order_relaxed);
}

}  // namespace cairn::partition
