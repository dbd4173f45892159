#pragma once
#include <array>
#include <cstdint>

#include "bench/load/histogram.h"
#include "bench/load/plan.h"
#include "common/base/result.h"

namespace cairn::bench {

/// What came back: one worker's, or all together.
struct Tally {
    std::array<Histogram, 4> latency;  // by Kind
    uint64_t requests = 0;
    uint64_t records = 0;  // read or written
    uint64_t missing = 0;  // reads that found none
    uint64_t failed = 0;
    std::array<uint64_t, 256> errors{};  // failed ones by result code

    /// One answer about one record.
    void count(Kind kind, ResultCode result) {
        if (result == ResultCode::ok) {
            ++records;
        } else if (result == ResultCode::not_found && kind != Kind::write) {
            ++missing;
        } else {
            error(result);
        }
    }
    void error(ResultCode result) {
        ++failed;
        ++errors[uint8_t(result)];
    }
    void merge(const Tally& other) {
        for (size_t i = 0; i < latency.size(); ++i) latency[i].merge(other.latency[i]);
        requests += other.requests;
        records += other.records;
        missing += other.missing;
        failed += other.failed;
        for (size_t i = 0; i < errors.size(); ++i) errors[i] += other.errors[i];
    }
};

}  // namespace cairn::bench
