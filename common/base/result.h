#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// What a client is told: the code byte of the data protocol's replies.
/// Numbers are the protocol's (docs/protocol.md, "Result codes").
enum class ResultCode : uint8_t {
    ok = 0,
    server_error = 1,
    not_found = 2,
    generation = 3,
    parameter = 4,
    record_exists = 5,
    bin_exists = 6,
    cluster_key_mismatch = 7,
    out_of_space = 8,
    timeout = 9,
    always_forbidden = 10,
    unavailable = 11,
    incompatible_type = 12,
    record_too_big = 13,
    key_busy = 14,
    query_abort = 15,
    unsupported_feature = 16,
    bin_not_found = 17,
    device_overload = 18,
    key_mismatch = 19,
    namespace_not_found = 20,
    bin_name = 21,
    forbidden = 22,
    element_not_found = 23,
    element_exists = 24,
    enterprise_only = 25,
    op_not_applicable = 26,
    filtered_out = 27,
    lost_conflict = 28,
    security_not_supported = 51,
    security_not_enabled = 52,
    not_authenticated = 80,
    role_violation = 81,
    udf_execution = 100,
    batch_disabled = 150,
    batch_max_requests = 151,
    batch_queues_full = 152,
    geo_invalid_geojson = 160,
    sindex_found = 200,
    sindex_not_found = 201,
    sindex_oom = 202,
    sindex_not_readable = 203,
    sindex_max_count = 206,

    // Never sent: the command has met a record that is not in memory, changed nothing, and is to run again.
    waiting = 255,
};

/// A failure of the world (peer, disk, user, configuration) on a control path: a code and one sentence that names
/// the setting, field or address. The data path carries a bare ResultCode instead.
struct Error {
    ResultCode code = ResultCode::server_error;
    std::string detail;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail("port must be 1 to 65535, got '0'")` from any function returning Result.
inline std::unexpected<Error> fail(ResultCode code, std::string detail) {
    return std::unexpected(Error{code, std::move(detail)});
}
inline std::unexpected<Error> fail(std::string detail) { return fail(ResultCode::server_error, std::move(detail)); }

}  // namespace cairn
