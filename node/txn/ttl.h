#pragma once
#include <cstdint>
#include <expected>

#include "common/base/result.h"
#include "node/partition/namespace.h"

namespace cairn::txn {

/// Special values of the record-ttl in a write's header.
constexpr uint32_t kTtlDefault = 0;
constexpr uint32_t kTtlNever = 0xFFFF'FFFF;
constexpr uint32_t kTtlKeep = 0xFFFF'FFFE;
constexpr uint32_t kTtlMax = 315'360'000;  // ten years of seconds

/// The void-time (seconds since 2010; 0: never) a write gives its record.
/// @param requested_ttl  seconds, or one of the special values.
/// @param old_void_time  of the version being replaced; nothing when the record is created.
/// @error parameter  the ttl is out of range.
/// @error forbidden  records may not expire here: nsup-period is 0 and allow-ttl-without-nsup is false.
std::expected<uint32_t, ResultCode> void_time_for(const partition::Namespace& ns, partition::SetId set,
                                                  uint32_t requested_ttl, std::optional<uint32_t> old_void_time,
                                                  uint32_t now_s);

/// The void-time a read gives its record, when it is due to be touched.
/// @param requested_pct  of the read's header: -1 never, 0 the set's or namespace's default, 1 to 100 percent.
/// @return  nothing when it stays; @error parameter when requested_pct is out of range.
std::expected<std::optional<uint32_t>, ResultCode> read_touch(const partition::Namespace& ns,
                                                              const record::Head& record, int32_t requested_pct,
                                                              uint32_t now_s);

}  // namespace cairn::txn
