// The floors of the disk: what plain system calls reach on the same disk, in the same directory, as the storage engine
// (docs/bench.md). One file, created, filled, and removed at the end.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "bench/floor-disk/measure.h"

namespace cairn::bench {
namespace {

constexpr const char* kDescription =
    R"(Measures what a disk can do with plain system calls past the page cache: the floors for a storage engine.

  sequential-write  one writer, block after block, one sync at the end: MiB/s
  random-read       --depth reads under way at random places, by threads or by the kernel's queue: reads/s, CPU of each
  commit            --group writes, then fdatasync: commits/s and their latency

A scratch file is created in --directory, filled with bytes that cannot be compressed, and removed at the end.
  bench-floor-disk --directory /var/lib/cairn
  bench-floor-disk --directory /data --only random-read --bytes 1024,4096 --depth 1,16,64 --seconds 5 --json -)";

struct Options {
    std::string directory;
    uint64_t size_mib = 1024;
    double seconds = 2;
    std::vector<std::string> only{"sequential-write", "random-read", "commit"};
    std::vector<std::string> by{"threads", "queue"};
    std::vector<size_t> threads{0, 16};
    std::vector<size_t> block{128 << 10, 1 << 20, 8 << 20};
    std::vector<size_t> bytes{1024, 4096};
    std::vector<size_t> depth{1, 4, 16, 64};
    std::vector<size_t> group{1, 8, 64};
    size_t align = 512;
    std::string json;
};

void add_options(CLI::App& app, Options& o) {
    app.add_option("-d,--directory", o.directory, "Where the scratch file goes")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--size-mib", o.size_mib, "Size of the scratch file")
        ->check(CLI::Range(16, 1 << 20))
        ->capture_default_str();
    app.add_option("--seconds", o.seconds, "Longest time of each measurement")
        ->check(CLI::Range(0.1, 600.0))
        ->capture_default_str();
    app.add_option("--only", o.only, "What to measure")
        ->delimiter(',')
        ->check(CLI::IsMember({"sequential-write", "random-read", "commit"}))
        ->capture_default_str();
    app.add_option("--block", o.block, "sequential-write: bytes of a block, multiples of 4096")
        ->delimiter(',')
        ->check(CLI::Range(4096, 16 << 20))
        ->capture_default_str();
    app.add_option("--by", o.by, "random-read: who keeps them under way; 'device' is the runtime that the server uses")
        ->delimiter(',')
        ->check(CLI::IsMember({"threads", "queue", "device"}))
        ->capture_default_str();
    app.add_option("--threads", o.threads, "random-read by device: threads of the runtime; 0: the kernel's queue")
        ->delimiter(',')
        ->check(CLI::Range(0, 256))
        ->capture_default_str();
    app.add_option("--bytes", o.bytes, "random-read and commit: bytes of an operation (commit: rounded up to 4096)")
        ->delimiter(',')
        ->check(CLI::Range(512, 1 << 20))
        ->capture_default_str();
    app.add_option("--align", o.align, "random-read: places are multiples of this")
        ->check(CLI::Range(512, 1 << 20))
        ->capture_default_str();
    app.add_option("--depth", o.depth, "random-read: how many under way at once")
        ->delimiter(',')
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    app.add_option("--group", o.group, "commit: writes before each fdatasync")
        ->delimiter(',')
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    app.add_option("--json", o.json, "Write all results as JSON to this file; '-' is standard output");
}

class Report {
public:
    explicit Report(bool to_screen) : to_screen_(to_screen) {}
    void add(nlohmann::json result) {
        if (to_screen_) std::printf("%s\n", result.dump().c_str());
        std::fflush(stdout);
        results_.push_back(std::move(result));
    }
    nlohmann::json results() const { return results_; }

private:
    const bool to_screen_;
    nlohmann::json results_ = nlohmann::json::array();
};

void measure_reads(const Options& o, const ScratchFile& file, size_t bytes, size_t depth, const std::string& by,
                   Report& report) {
    if (by != "device") return report.add(random_read(file, bytes, o.align, depth, by == "queue", o.seconds));
    for (const size_t threads : o.threads)
        report.add(device_read(file.path(), file.bytes(), bytes, depth, threads, o.seconds));
}

void measure(const Options& o, const ScratchFile& file, Report& report) {
    const auto wanted = [&](const char* what) { return std::ranges::find(o.only, what) != o.only.end(); };
    file.fill();
    if (wanted("sequential-write"))
        for (const size_t block : o.block) report.add(sequential_write(file, block / 4096 * 4096, o.seconds));
    if (wanted("random-read"))
        for (const size_t bytes : o.bytes)
            for (const size_t depth : o.depth)
                for (const auto& by : o.by) measure_reads(o, file, bytes, depth, by, report);
    if (wanted("commit")) {
        std::vector<size_t> sizes;
        for (const size_t bytes : o.bytes) sizes.push_back((bytes + 4095) / 4096 * 4096);
        sizes.erase(std::ranges::unique(sizes).begin(), sizes.end());
        for (const size_t bytes : sizes)
            for (const size_t group : o.group) report.add(commit(file, bytes, group, o.seconds));
    }
}

int run(int argc, char** argv) {
    CLI::App app(kDescription);
    Options options;
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);

    const auto file = ScratchFile::create(options.directory, options.size_mib << 20);
    if (!file) give_up(file.error().detail);
    Report report(options.json != "-");
    measure(options, *file, report);
    if (options.json == "-") {
        std::printf("%s\n", report.results().dump(2).c_str());
    } else if (!options.json.empty()) {
        std::ofstream out(options.json);
        if (!(out << report.results().dump(2) << '\n')) {
            std::fprintf(stderr, "cannot write '%s'\n", options.json.c_str());
            return 1;
        }
    }
    return 0;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) { return cairn::bench::run(argc, argv); }
