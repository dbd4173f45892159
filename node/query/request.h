#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/wire/message.h"
#include "node/expr/program.h"

namespace cairn::query {

/// Where to begin in one partition.
struct Start {
    PartitionId partition;
    std::optional<Digest> after;  // nothing: from the top
    int64_t value = 0;            // of an index query: the indexed value at which `after` was sent
};

/// A foreground query as its client asked for it. Views into the frame.
struct Request {
    std::vector<Start> starts;
    uint64_t records_max = 0;         // 0: all
    uint32_t records_per_second = 0;  // 0: no limit
    uint32_t socket_timeout_ms = kSocketTimeoutDefaultMs;  // 0: none
    uint32_t timeout_ms = 0;          // of a short query as a whole; 0: none
    uint64_t id = 0;                  // 0: to be given
    std::vector<std::string_view> bins;  // to return, when selects_bins; else all
    std::unique_ptr<expr::Program> filter;  // null: all records
    wire::Ops ops;                          // by which they were named
    bool computes = false;                  // some of `ops` are more than reads of bins
    bool selects_bins = false;
    bool is_short = false;
    bool no_bins = false;

    static constexpr uint32_t kSocketTimeoutDefaultMs = 10'000;
};

/// Reads and checks a query's fields and its projection, which is bin reads or, from old clients, a field of names. Rules and codes: docs/protocol.md, "Queries".
std::expected<Request, ResultCode> parse_request(const wire::Message& message);

}  // namespace cairn::query
