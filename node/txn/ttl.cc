#include "node/txn/ttl.h"

#include <optional>

namespace cairn::txn {
namespace {

uint32_t default_ttl(const partition::Namespace& ns, partition::SetId id) {
    if (id != partition::kNoSet) {
        if (const uint32_t ttl = ns.sets[id].default_ttl_s.load(std::memory_order_relaxed); ttl != 0) return ttl;
    }
    return ns.default_ttl_s.load(std::memory_order_relaxed);
}

}  // namespace

std::expected<uint32_t, ResultCode> void_time_for(const partition::Namespace& ns, partition::SetId set,
                                                  uint32_t requested_ttl, std::optional<uint32_t> old_void_time,
                                                  uint32_t now_s) {
    if (requested_ttl == kTtlNever) return 0;
    if (requested_ttl == kTtlKeep && old_void_time) return *old_void_time;
    uint32_t ttl = requested_ttl;
    if (ttl == kTtlDefault || ttl == kTtlKeep) {
        ttl = default_ttl(ns, set);
        if (ttl == kTtlNever) ttl = 0;
        if (ttl == 0) return 0;
    }
    if (ttl > kTtlMax) return std::unexpected(ResultCode::parameter);
    if (ns.nsup_period_s.load(std::memory_order_relaxed) == 0 &&
        !ns.allow_ttl_without_nsup.load(std::memory_order_relaxed)) {
        return std::unexpected(ResultCode::forbidden);
    }
    return now_s + ttl;
}

std::expected<std::optional<uint32_t>, ResultCode> read_touch(const partition::Namespace& ns,
                                                              const record::Head& record, int32_t requested_pct,
                                                              uint32_t now_s) {
    if (record.void_time == 0) return std::nullopt;
    int percent = requested_pct;
    if (percent > 100 || percent < -1) return std::unexpected(ResultCode::parameter);
    if (percent == 0) {
        percent = ns.default_read_touch_ttl_pct.load(std::memory_order_relaxed);
        if (record.set_id != partition::kNoSet) {
            const int of_set = ns.sets[record.set_id].default_read_touch_ttl_pct.load(std::memory_order_relaxed);
            if (of_set != 0) percent = of_set;
        }
    }
    if (percent <= 0) return std::nullopt;
    const auto written_s = static_cast<uint32_t>(record.last_update_ms() / 1000);
    const uint32_t ttl = record.void_time > written_s ? record.void_time - written_s : 0;
    const uint32_t left = record.void_time > now_s ? record.void_time - now_s : 0;
    if (uint64_t{left} * 100 >= uint64_t{ttl} * static_cast<uint32_t>(percent)) return std::nullopt;
    return now_s + ttl;
}

}  // namespace cairn::txn
