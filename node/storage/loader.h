#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/runtime/machine.h"
#include "node/storage/block_loader.h"

namespace cairn::storage {

/// What the devices hold, told to the index at start-up: blocks in any order, by several threads at once; each version
/// with its place. Blocks the calling thread.
class Loader {
public:
    struct Parts {  // all outlive this
        runtime::Machine& machine;
        runtime::Clock& clock;  // of the calling thread
        std::span<const std::unique_ptr<StoreDevice>> devices;
        Residents& residents;
        BufferPool& buffers;
        const StoreOptions& options;
    };
    Loader(const Parts& parts, LoadSink& sink);

    Result<void> load();

    uint64_t highest_seq() const { return found_.highest_seq; }
    /// Places that could not be read or decoded; they are logged.
    uint64_t corrupt() const { return found_.corrupt; }
    using DamagedBlock = BlockLoader::DamagedBlock;
    /// For report_damage(), when it is known which versions are live.
    std::vector<DamagedBlock> take_damaged() { return std::move(found_.damaged); }

private:
    void load_blocks(BlockLoader& worker, size_t thread);
    void tell_progress(const StoreDevice& device);

    const Parts parts_;
    LoadShared shared_;
    std::vector<std::atomic<uint32_t>> next_;  // block of each device that nobody has taken yet
    std::atomic<uint64_t> blocks_done_{0};
    uint64_t blocks_guessed_ = 0;  // that are used, for telling how far it is
    Instant told_{};
    BlockLoader::Found found_;
};

struct DamageCounts {
    uint64_t torn = 0;
    uint64_t corrupt = 0;
};
/// Logs and counts the damage that start-up met, after the index has said which versions live.
DamageCounts report_damage(std::span<const Loader::DamagedBlock> damaged,
                           std::span<const std::unique_ptr<StoreDevice>> devices, log::Logger* logger);

}  // namespace cairn::storage
