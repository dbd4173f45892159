#pragma once
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/base/result.h"
#include "common/base/time.h"

/// What the floors of the disk share: a file past the page cache, a watch, a summary of latencies. Plain system calls,
/// because they are what is measured (docs/bench.md, "Programs").
namespace cairn::bench {

/// A file without a name, gone with the process. Its calls end the process on an error, in one sentence.
class ScratchFile {
public:
    /// Creates `directory`/cairn-floor-disk.tmp with `bytes`, reserved; O_DIRECT.
    static Result<ScratchFile> create(const std::string& directory, uint64_t bytes);
    ScratchFile(ScratchFile&& other) noexcept;
    ScratchFile& operator=(ScratchFile&&) = delete;
    ~ScratchFile();

    /// Another way to open it, as long as it lives.
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
    int descriptor() const { return descriptor_; }
    uint64_t bytes() const { return bytes_; }
    void write(uint64_t offset, Bytes from) const;
    void read(uint64_t offset, MutableBytes into) const;
    void sync() const;
    /// Writes every byte once: reads of what was only reserved cost the disk nothing, and first writes cost more.
    void fill() const;

private:
    ScratchFile(int descriptor, uint64_t bytes) : descriptor_(descriptor), bytes_(bytes) {}
    int descriptor_;
    uint64_t bytes_;
};

/// Bytes that no disk can make smaller.
AlignedBuffer noise(size_t size, uint64_t seed);

/// Wall clock and CPU time of the process since it was made.
class Watch {
public:
    Watch();
    double seconds() const;
    double cpu_seconds() const;

private:
    std::chrono::steady_clock::time_point began_;
    double cpu_began_;
};

/// @param latencies_us  of single operations; sorted here.
nlohmann::json summary_of(std::vector<double>& latencies_us);

[[noreturn]] void give_up(const std::string& sentence);

// The measurements. `seconds` bounds each result; they end earlier when the file is written once (sequential).
/// One writer, blocks one after another over the file, a sync at the end.
nlohmann::json sequential_write(const ScratchFile& file, size_t block, double seconds);
/// `depth` reads of `bytes` under way at random multiples of `align`: by as many threads, or by one thread and the
/// kernel's own queue (`queued`: io_submit).
nlohmann::json random_read(const ScratchFile& file, size_t bytes, size_t align, size_t depth, bool queued,
                           double seconds);
/// The same through runtime::Device, in whole sectors of it: `depth` reads under way from one loop.
/// @param threads  of the machine's for reads.
nlohmann::json device_read(const std::string& path, uint64_t file_bytes, size_t bytes, size_t depth, size_t threads,
                           double seconds);
/// One thread: `group` writes of `bytes` one after another, then fdatasync; what a commit waits for.
nlohmann::json commit(const ScratchFile& file, size_t bytes, size_t group, double seconds);

}  // namespace cairn::bench
