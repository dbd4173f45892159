#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/bytes.h"

namespace cairn::record {

/// Memory for what one command computes: given out piece by piece, taken back all at once. Its first chunk is kept from
/// command to command, so that a warm worker allocates nothing.
class Memory {
public:
    /// `size` bytes, uninitialised and of no alignment, valid until reset().
    uint8_t* allocate(size_t size);
    /// A copy of `bytes` that lives as long.
    Bytes keep(Bytes bytes);
    /// All that was given out since reset(): operations that copy a value over and over are stopped by it.
    size_t allocated() const { return allocated_; }
    /// Counts bytes that were only walked as if they had been given out: that takes as long.
    void charge(size_t size) { allocated_ += size; }

    /// Takes everything back, and gives memory beyond a warm worker's share to the system.
    void reset();
    /// Whether reset() would give memory to the system.
    bool outgrown() const { return chunks_.size() > 1; }

private:
    struct Chunk {
        std::unique_ptr<uint8_t[]> memory;
        size_t size;
    };
    std::vector<Chunk> chunks_;
    size_t chunk_index_ = 0;
    size_t chunk_used_ = 0;
    size_t allocated_ = 0;
};

}  // namespace cairn::record
