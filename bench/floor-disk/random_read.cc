#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "bench/floor-disk/measure.h"
#include "common/base/split_mix.h"

namespace cairn::bench {
namespace {

struct Plan {
    const ScratchFile& file;
    size_t bytes;
    size_t align;
    size_t depth;
    double seconds;

    uint64_t place(uint64_t& random) const {
        return next_split_mix(random) % ((file.bytes() - bytes) / align + 1) * align;
    }
};

std::vector<double> read_by_threads(const Plan& plan, const Watch& watch) {
    std::vector<std::vector<double>> latencies_us(plan.depth);
    {
        std::vector<std::jthread> threads;
        for (size_t i = 0; i < plan.depth; ++i) {
            threads.emplace_back([&, i] {
                AlignedBuffer into((plan.bytes + 4095) / 4096 * 4096);
                uint64_t random = i;
                for (double began = watch.seconds(); began < plan.seconds;) {
                    plan.file.read(plan.place(random), into.span().first(plan.bytes));
                    const double now = watch.seconds();
                    latencies_us[i].push_back((now - began) * 1e6);
                    began = now;
                }
            });
        }
    }
    std::vector<double> all;
    for (const auto& part : latencies_us) all.insert(all.end(), part.begin(), part.end());
    return all;
}

std::vector<double> read_by_queue(const Plan& plan, const Watch& watch) {
    aio_context_t context = 0;
    if (::syscall(SYS_io_setup, plan.depth, &context) != 0)
        give_up(std::string("the kernel gives no queue (io_setup): ") + std::strerror(errno));
    const size_t room = (plan.bytes + 4095) / 4096 * 4096;
    AlignedBuffer memory(plan.depth * room);
    std::vector<iocb> reads(plan.depth);
    std::vector<double> began(plan.depth);
    std::vector<io_event> ended(plan.depth);
    std::vector<iocb*> to_submit;
    std::vector<double> latencies_us;
    uint64_t random = 1;
    size_t under_way = 0;
    const auto prepare = [&](size_t i, double now) {
        iocb& read = reads[i] = {};
        read.aio_data = i;
        read.aio_lio_opcode = IOCB_CMD_PREAD;
        read.aio_fildes = static_cast<uint32_t>(plan.file.descriptor());
        read.aio_buf = reinterpret_cast<uint64_t>(memory.data() + i * room);
        read.aio_nbytes = plan.bytes;
        read.aio_offset = static_cast<int64_t>(plan.place(random));
        began[i] = now;
        to_submit.push_back(&read);
    };
    for (size_t i = 0; i < plan.depth; ++i) prepare(i, watch.seconds());
    do {
        for (size_t given = 0; given < to_submit.size();) {
            const long taken = ::syscall(SYS_io_submit, context, to_submit.size() - given, to_submit.data() + given);
            if (taken <= 0) give_up(std::string("cannot queue reads (io_submit): ") + std::strerror(errno));
            given += static_cast<size_t>(taken);
        }
        under_way += to_submit.size();
        to_submit.clear();
        const long count = ::syscall(SYS_io_getevents, context, 1, ended.size(), ended.data(), nullptr);
        const double now = watch.seconds();
        for (long i = 0; i < count; ++i) {
            const io_event& event = ended[static_cast<size_t>(i)];
            if (event.res != static_cast<int64_t>(plan.bytes))
                give_up("a read of " + std::to_string(plan.bytes) + " bytes brought " + std::to_string(event.res));
            latencies_us.push_back((now - began[event.data]) * 1e6);
            --under_way;
            if (now < plan.seconds) prepare(event.data, now);
        }
    } while (under_way > 0 || !to_submit.empty());
    ::syscall(SYS_io_destroy, context);
    return latencies_us;
}

}  // namespace

nlohmann::json random_read(const ScratchFile& file, size_t bytes, size_t align, size_t depth, bool queued,
                           double seconds) {
    const Plan plan{file, bytes, align, depth, seconds};
    const Watch watch;
    auto latencies_us = queued ? read_by_queue(plan, watch) : read_by_threads(plan, watch);
    const double took = watch.seconds();
    const auto reads = static_cast<double>(latencies_us.size());
    return {{"kind", "random-read"},
            {"by", queued ? "queue" : "threads"},
            {"bytes", bytes},
            {"align", align},
            {"depth", depth},
            {"reads", latencies_us.size()},
            {"seconds", took},
            {"reads_per_s", reads / took},
            {"cpu_us_per_read", watch.cpu_seconds() * 1e6 / reads},
            {"latency_us", summary_of(latencies_us)}};
}

}  // namespace cairn::bench
