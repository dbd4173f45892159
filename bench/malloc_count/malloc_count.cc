// Counts a process's allocations: LD_PRELOAD=libmalloc_count.so MALLOC_COUNT_FILE=/dev/shm/counts program …
// The file holds two little-endian 64-bit numbers that grow while the program runs: allocations (malloc, calloc,
// realloc, the aligned ones, and so operator new), and frees. Without the variable nothing is counted.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

// glibc's own entries: looking them up with dlsym() would itself allocate.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* at);
}

namespace {

struct Counts {
    std::atomic<uint64_t> allocations;
    std::atomic<uint64_t> frees;
};
std::atomic<Counts*> counts{nullptr};

void count_allocation() {
    if (auto* at = counts.load(std::memory_order_relaxed)) at->allocations.fetch_add(1, std::memory_order_relaxed);
}

__attribute__((constructor)) void open_file() {
    const char* path = std::getenv("MALLOC_COUNT_FILE");
    if (path == nullptr) return;
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof(Counts)) != 0) return;
    void* at = mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (at != MAP_FAILED) counts.store(static_cast<Counts*>(at), std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
    count_allocation();
    return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
    count_allocation();
    return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
    count_allocation();
    return __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** to, size_t alignment, size_t size) {
    count_allocation();
    void* at = __libc_memalign(alignment, size);
    if (at == nullptr) return ENOMEM;
    *to = at;
    return 0;
}
void free(void* at) {
    if (at == nullptr) return;
    if (auto* to = counts.load(std::memory_order_relaxed)) to->frees.fetch_add(1, std::memory_order_relaxed);
    __libc_free(at);
}

}  // extern "C"

// An allocator that the program is linked with has its own; what they gave would be freed here.

namespace {

void* need(void* at) {
    if (at == nullptr) std::abort();
    return at;
}
void* aligned(size_t size, std::align_val_t alignment) { return aligned_alloc(static_cast<size_t>(alignment), size); }

}  // namespace

void* operator new(size_t size) { return need(malloc(size)); }
void* operator new[](size_t size) { return need(malloc(size)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void* operator new(size_t size, std::align_val_t alignment) { return need(aligned(size, alignment)); }
void* operator new[](size_t size, std::align_val_t alignment) { return need(aligned(size, alignment)); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return aligned(size, alignment);
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return aligned(size, alignment);
}
void operator delete(void* at) noexcept { free(at); }
void operator delete[](void* at) noexcept { free(at); }
void operator delete(void* at, size_t) noexcept { free(at); }
void operator delete[](void* at, size_t) noexcept { free(at); }
void operator delete(void* at, const std::nothrow_t&) noexcept { free(at); }
void operator delete[](void* at, const std::nothrow_t&) noexcept { free(at); }
void operator delete(void* at, std::align_val_t) noexcept { free(at); }
void operator delete[](void* at, std::align_val_t) noexcept { free(at); }
void operator delete(void* at, size_t, std::align_val_t) noexcept { free(at); }
void operator delete[](void* at, size_t, std::align_val_t) noexcept { free(at); }
