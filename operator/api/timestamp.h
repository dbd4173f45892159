#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::api {

/// A time as objects of Kubernetes have it (RFC 3339, UTC, whole seconds).
/// @param unix_seconds  since 1970; years 0 to 9999.
std::string to_timestamp(int64_t unix_seconds);

/// The same with microseconds, as a Lease has it.
std::string to_micro_timestamp(int64_t unix_microseconds);

/// @return  Unix seconds; 0 when it is no such time. A fraction of a second is dropped; the zone is UTC ("Z") alone, as
///          the API server writes it.
int64_t from_timestamp(std::string_view text);

}  // namespace cairn::api
