#include "node/partition/namespace.h"

#include <algorithm>
#include <bit>

namespace cairn::partition {
namespace {

// Enough doors that workers seldom meet at one, few enough that half-filled blocks cost little.
size_t slices_for(size_t worker_count) { return std::clamp<size_t>(std::bit_ceil(worker_count * 8), 32, 512); }

// Address space only. Digests spread evenly, so four times the mean share is never honestly reached; the floor leaves
// room for large records in a small namespace.
uint64_t reserve_for(uint64_t data_size, size_t slices) {
    return std::max<uint64_t>(1ull << 30, data_size * 4 / slices);
}

}  // namespace

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
    auto found = loader.finish(*store, gone);
    if (!found) return found;
    store->begin(partitions);
    apply(settings);
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
        return machine_is_full.load(std::memory_order_relaxed) ? StopWrites::system_memory : StopWrites::none;
    }
    const Totals& totals = partitions.totals();
    if (used_pct != 0 && totals.used_bytes.load(std::memory_order_relaxed) > size / 100 * used_pct) {
        return StopWrites::used;
    }
    if (totals.held_bytes.load(std::memory_order_relaxed) > size / 100 * (100 - avail_pct)) {
        return StopWrites::available;
    }
    return machine_is_full.load(std::memory_order_relaxed) ? StopWrites::system_memory : StopWrites::none;
}

void Namespace::look_at_devices(const storage::StoreStats& now) {
    const uint64_t used_pct = stop_writes_used_pct.load(std::memory_order_relaxed);
    const uint64_t avail_pct = stop_writes_avail_pct.load(std::memory_order_relaxed);
    StopWrites stop = StopWrites::none;
    if (used_pct != 0 && now.used > now.size / 100 * used_pct) stop = StopWrites::used;
    else if (now.free_blocks * 100 < now.total_blocks * avail_pct) stop = StopWrites::available;
    devices_are_full.store(stop, std::memory_order_relaxed);
}

}  // namespace cairn::partition
