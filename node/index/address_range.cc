#include "node/index/address_range.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/base/check.h"

namespace cairn::index {

AddressRange::AddressRange(uint64_t bytes) : page_bytes_(static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))) {
    if (bytes == 0) return;
    const uint64_t size = page_up(bytes);
    void* start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) return;
    base_ = static_cast<uint8_t*>(start);
    size_ = size;
    // Advice only: a kernel without huge pages answers EINVAL, which is what we want anyway.
    (void)::madvise(start, size, MADV_NOHUGEPAGE);
}

AddressRange::~AddressRange() {
    if (size_ > 0) ::munmap(base_, size_);
}

void AddressRange::discard(uint64_t from, uint64_t to) {
    CAIRN_CHECK(from <= to && to <= size_);
    from = page_up(from);
    to &= ~(page_bytes_ - 1);
    if (from >= to) return;
    // Fails only for locked memory, which then simply stays.
    (void)::madvise(base_ + from, to - from, MADV_DONTNEED);
}

}  // namespace cairn::index
