#pragma once
#include <cstdint>

namespace cairn::runtime {

/// Uniform random bits: job ids, jitter. Not for keys or secrets.
class Random {
public:
    virtual ~Random() = default;
    virtual uint64_t next() = 0;
};

}  // namespace cairn::runtime
