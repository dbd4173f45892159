#include "node/storage/loader.h"

#include <algorithm>

#include "common/log/logger.h"

namespace cairn::storage {
namespace {

/// More than there are CPUs: some wait for their device.
constexpr size_t kThreadsPerWorker = 2;

}  // namespace

Loader::Loader(const Parts& parts, LoadSink& sink) : parts_(parts), shared_(sink), next_(parts.devices.size()) {}

Result<void> Loader::load() {
    parts_.clock.refresh();
    told_ = parts_.clock.now();
    for (const auto& device : parts_.devices) {
        found_.highest_seq = std::max(found_.highest_seq, device->superblock.run_seq);
    }
    const size_t threads = kThreadsPerWorker * parts_.options.streams;
    std::vector<std::unique_ptr<BlockLoader>> workers;
    for (size_t i = 0; i < threads; ++i) {
        workers.push_back(std::make_unique<BlockLoader>(
            BlockLoader::Parts{parts_.devices, parts_.residents, parts_.buffers, parts_.options}, shared_));
    }
    for (const auto& device : parts_.devices) blocks_guessed_ += workers[0]->guess_used(*device);
    parts_.machine.side_by_side(threads, [&](size_t i) { load_blocks(*workers[i], i); });
    for (const auto& worker : workers) {
        worker->load_nameless();
        found_.add(worker->take_found());
    }
    shared_.sink.progress(1, "storage");
    return shared_.outcome();
}

/// Begins with a device of its own and helps with the others when that one is done.
void Loader::load_blocks(BlockLoader& worker, size_t thread) {
    for (size_t i = 0; i < parts_.devices.size(); ++i) {
        const size_t number = (thread + i) % parts_.devices.size();
        StoreDevice& device = *parts_.devices[number];
        for (;;) {
            const uint32_t block = next_[number].fetch_add(1, std::memory_order_relaxed);
            if (block >= device.blocks.count() || shared_.failed()) break;
            worker.load(device, block);
            blocks_done_.fetch_add(1, std::memory_order_relaxed);
            if (thread == 0) tell_progress(device);  // it runs on the thread of the clock
        }
    }
}

void Loader::tell_progress(const StoreDevice& device) {
    parts_.clock.refresh();
    if (parts_.clock.now() - told_ < 1s) return;
    told_ = parts_.clock.now();
    const auto done = blocks_done_.load(std::memory_order_relaxed);
    shared_.sink.progress(std::min(double(done) / double(std::max<uint64_t>(blocks_guessed_, 1)), 0.99),
                          "storage " + device.device->path());
}

DamageCounts report_damage(std::span<const Loader::DamagedBlock> damaged,
                           std::span<const std::unique_ptr<StoreDevice>> devices, log::Logger* logger) {
    DamageCounts counts;
    for (const auto& [ref, report] : damaged) {
        const StoreDevice& device = *devices[ref.device];
        uint32_t torn = report.count(Damage::torn);
        uint32_t others = 0;
        for (size_t damage = 0; damage < kDamages; ++damage) {
            if (Damage(damage) != Damage::torn) others += report.damages[damage];
        }
        // A block without live versions was free: a crash that met the first write of its next life leaves the old
        // beginning in front of new sectors.
        if (device.blocks[ref.block].live.load(std::memory_order_relaxed) == 0 &&
            report.seq < device.durable_from_seq) {
            torn += std::exchange(others, 0);
        }
        counts.torn += torn;
        counts.corrupt += others;
        if (logger == nullptr) continue;
        logger->log(others == 0 ? log::Level::info : log::Level::warning, log::Module::storage,
                    others == 0 ? "the end of a block is unfinished, as a crash leaves it"
                                : "damage on a device; what is damaged is not used",
                    {{"device", device.device->path()},
                     {"address", device.offset_of(ref.block) + uint64_t{report.first_bad->unit} * record::kUnit},
                     {"damage", damage_name(others == 0 ? Damage::torn : report.first_bad->damage)},
                     {"what", report.first_bad->what},
                     {"places", others + torn}});
    }
    return counts;
}

}  // namespace cairn::storage
