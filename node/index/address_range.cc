#include "node/index/address_range.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/base/check.h"

namespace cairn::index {
namespace {

constexpr int kCollapse = 25;  // MADV_COLLAPSE of Linux 6.1, which the C library of Debian 12 does not name

}  // namespace

AddressRange::AddressRange(uint64_t bytes) : page_bytes_(static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))) {
    if (bytes == 0) return;
    const uint64_t size = page_up(bytes);
    const uint64_t mapped_size = size + kHugeBytes;
    void* start =
        ::mmap(nullptr, mapped_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) return;
    mapped_ = static_cast<uint8_t*>(start);
    mapped_size_ = mapped_size;
    const auto address = reinterpret_cast<uintptr_t>(start);
    base_ = mapped_ + ((address + kHugeBytes - 1) / kHugeBytes * kHugeBytes - address);
    size_ = size;
    // Advice only: a kernel without huge pages answers EINVAL, which is what we want anyway.
    (void)::madvise(start, mapped_size, MADV_NOHUGEPAGE);
}

AddressRange::~AddressRange() {
    if (mapped_size_ > 0) ::munmap(mapped_, mapped_size_);
}

bool AddressRange::make_huge(uint64_t offset) {
    CAIRN_CHECK(offset % kHugeBytes == 0 && offset + kHugeBytes <= size_);
    uint8_t* start = base_ + offset;
    const bool made = ::madvise(start, kHugeBytes, MADV_HUGEPAGE) == 0 && ::madvise(start, kHugeBytes, kCollapse) == 0;
    // The page stays; what is discarded here later comes back in small pages, as everywhere else.
    (void)::madvise(start, kHugeBytes, MADV_NOHUGEPAGE);
    return made;
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
