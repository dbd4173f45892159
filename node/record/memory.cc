#include "node/record/memory.h"

#include <algorithm>
#include <cstring>

namespace cairn::record {
namespace {

constexpr size_t kChunkSize = 64 << 10;  // kept by a warm worker

}  // namespace

uint8_t* Memory::allocate(size_t size) {
    while (chunk_index_ < chunks_.size() && chunks_[chunk_index_].size - chunk_used_ < size) {
        ++chunk_index_;
        chunk_used_ = 0;
    }
    if (chunk_index_ == chunks_.size()) {
        const size_t chunk_size = std::max(size, kChunkSize);
        chunks_.push_back({std::make_unique_for_overwrite<uint8_t[]>(chunk_size), chunk_size});
    }
    uint8_t* at = chunks_[chunk_index_].memory.get() + chunk_used_;
    chunk_used_ += size;
    allocated_ += size;
    return at;
}

Bytes Memory::keep(Bytes bytes) {
    uint8_t* at = allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
}

void Memory::reset() {
    if (chunks_.size() > 1) chunks_.resize(1);
    chunk_index_ = chunk_used_ = allocated_ = 0;
}

}  // namespace cairn::record
