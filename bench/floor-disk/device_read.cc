#include "bench/floor-disk/measure.h"
#include "common/base/split_mix.h"
#include "common/runtime/asio/asio_machine.h"

namespace cairn::bench {
namespace {

/// Keeps `depth` reads of a device under way from one loop, as a storage engine does.
class Reader {
public:
    Reader(runtime::AsioMachine& machine, runtime::Device& device, size_t bytes, size_t depth, double seconds)
        : machine_(machine), device_(device), bytes_(bytes), depth_(depth), seconds_(seconds), memory_(depth * bytes) {}

    void start() {
        for (size_t i = 0; i < depth_; ++i) read(i);
    }
    const Watch& watch() const { return watch_; }
    std::vector<double>& latencies_us() { return latencies_us_; }

private:
    void read(size_t slot) {
        const uint64_t offset = next_split_mix(random_) % (device_.size() / bytes_) * bytes_;
        ++under_way_;
        device_.read(machine_.loop(0), offset, memory_.span().subspan(slot * bytes_, bytes_),
                     [this, slot, began = watch_.seconds()](const Result<void>& done) {
                         if (!done) give_up(done.error().detail);
                         const double now = watch_.seconds();
                         latencies_us_.push_back((now - began) * 1e6);
                         --under_way_;
                         if (now < seconds_) return read(slot);
                         if (under_way_ == 0) machine_.stop();
                     });
    }

    runtime::AsioMachine& machine_;
    runtime::Device& device_;
    const size_t bytes_;
    const size_t depth_;
    const double seconds_;
    AlignedBuffer memory_;
    Watch watch_;
    std::vector<double> latencies_us_;
    uint64_t random_ = 1;
    size_t under_way_ = 0;
};

}  // namespace

nlohmann::json device_read(const std::string& path, uint64_t file_bytes, size_t bytes, size_t depth, size_t threads,
                           double seconds) {
    runtime::AsioMachine machine(1, {.readers = std::max<size_t>(threads, 1), .kernel_reads = threads == 0});
    const auto device = machine.disk().open_device(path, {.create_bytes = file_bytes});
    if (!device) give_up(device.error().detail);
    const size_t whole = (bytes + (*device)->sector() - 1) / (*device)->sector() * (*device)->sector();
    Reader reader(machine, **device, whole, depth, seconds);
    machine.loop(0).post([&] { reader.start(); });
    machine.run();
    const double took = reader.watch().seconds();
    const double cpu = reader.watch().cpu_seconds();
    const auto reads = static_cast<double>(reader.latencies_us().size());
    return {{"kind", "random-read"},
            {"by", "device"},
            {"threads", threads},
            {"bytes", whole},
            {"align", whole},
            {"depth", depth},
            {"reads", reader.latencies_us().size()},
            {"seconds", took},
            {"reads_per_s", reads / took},
            {"cpu_us_per_read", cpu * 1e6 / reads},
            {"latency_us", summary_of(reader.latencies_us())}};
}

}  // namespace cairn::bench
