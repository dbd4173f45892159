#include "bench/floor-disk/measure.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "common/base/split_mix.h"

namespace cairn::bench {

Result<ScratchFile> ScratchFile::create(const std::string& directory, uint64_t bytes) {
    const std::string path = directory + "/cairn-floor-disk.tmp";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_DIRECT | O_CLOEXEC, 0600);
    if (descriptor < 0) return fail("cannot create '" + path + "' past the page cache: " + std::strerror(errno));
    ::unlink(path.c_str());  // now, so that nothing is left behind however the process ends
    ScratchFile file(descriptor, bytes);
    if (const int number = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes)); number != 0)
        return fail("cannot reserve " + std::to_string(bytes) + " bytes for '" + path + "': " + std::strerror(number));
    return file;
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), bytes_(other.bytes_) {}

ScratchFile::~ScratchFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void ScratchFile::write(uint64_t offset, Bytes from) const {
    if (::pwrite(descriptor_, from.data(), from.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(from.size()))
        give_up("cannot write " + std::to_string(from.size()) + " bytes at once: " + std::strerror(errno));
}

void ScratchFile::read(uint64_t offset, MutableBytes into) const {
    if (::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset)) != static_cast<ssize_t>(into.size()))
        give_up("cannot read " + std::to_string(into.size()) + " bytes at once: " + std::strerror(errno));
}

void ScratchFile::sync() const {
    if (::fdatasync(descriptor_) != 0) give_up(std::string("cannot sync: ") + std::strerror(errno));
}

void ScratchFile::fill() const {
    const auto block = noise(1 << 20, 1);
    for (uint64_t at = 0; at < bytes_; at += block.size())
        write(at, block.bytes().first(std::min<uint64_t>(block.size(), bytes_ - at)));
    sync();
}

AlignedBuffer noise(size_t size, uint64_t seed) {
    AlignedBuffer buffer(size);
    for (size_t at = 0; at < size; at += 8) store_le(buffer.data() + at, next_split_mix(seed));
    return buffer;
}

namespace {
double process_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
}  // namespace

Watch::Watch() : began_(std::chrono::steady_clock::now()), cpu_began_(process_cpu()) {}
double Watch::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}
double Watch::cpu_seconds() const { return process_cpu() - cpu_began_; }

nlohmann::json summary_of(std::vector<double>& latencies_us) {
    if (latencies_us.empty()) return nlohmann::json::object();
    std::ranges::sort(latencies_us);
    const auto rounded = [](double value) { return static_cast<double>(static_cast<int64_t>(value * 10 + 0.5)) / 10; };
    const auto at = [&](double part) {
        const auto last = static_cast<double>(latencies_us.size() - 1);
        return rounded(latencies_us[static_cast<size_t>(part * last)]);
    };
    const double sum = std::accumulate(latencies_us.begin(), latencies_us.end(), 0.0);
    return {{"mean", rounded(sum / static_cast<double>(latencies_us.size()))},
            {"p50", at(0.5)},
            {"p99", at(0.99)},
            {"p99_9", at(0.999)},
            {"max", at(1)}};
}

void give_up(const std::string& sentence) {
    std::fprintf(stderr, "%s\n", sentence.c_str());
    std::_Exit(1);
}

}  // namespace cairn::bench
