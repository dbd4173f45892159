#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/runtime/task_group.h"
#include "node/storage/committer.h"
#include "node/storage/openers.h"

namespace cairn::storage {

/// Empties blocks whose live versions fill little of them: moves those into the blocks of a stream of its own, the
/// emptiest block first. The block itself is freed like any other that lost its last version (S12). Lives on one loop.
class Defrag {
public:
    struct Parts {  // all outlive this
        std::span<const std::unique_ptr<StoreDevice>> devices;
        WriteStream& stream;
        Space& space;
        Residents& residents;
        Openers& openers;
        Committer& committer;
        const LiveOptions& live;
    };
    explicit Defrag(const Parts& parts) : parts_(parts) {}

    /// Goes on until the group stops.
    void start(runtime::TaskGroup& tasks, Mover& mover);

    uint64_t queued() const { return queued_.load(std::memory_order_relaxed); }
    uint64_t done() const { return done_.load(std::memory_order_relaxed); }
    /// Blocks that were read from devices for it: the others were in memory.
    uint64_t reads() const { return reads_.load(std::memory_order_relaxed); }
    /// Records that could not be moved because they are damaged.
    uint64_t corrupt() const { return corrupt_.load(std::memory_order_relaxed); }

private:
    static constexpr size_t kLevels = 64;
    enum class Outcome : uint8_t { emptied, no_room, stopping };

    runtime::Task<void> run(runtime::TaskGroup& tasks, Mover& mover, bool when_short);
    size_t level(BlockRef block) const;
    void queue(const std::vector<BlockRef>& blocks);
    void queue_emptiest();
    std::optional<BlockRef> next();
    runtime::Task<Outcome> empty(runtime::TaskGroup& tasks, Mover& mover, BlockRef block);
    runtime::Task<bool> read(runtime::Loop& home, BlockRef block, MutableBytes into);
    bool move(Mover& mover, BlockRef block, const record::Head& stored, uint64_t seq, uint32_t unit);

    /// Blocks above the mark, taken because space is short: how many were emptied, at the cost of how many.
    struct Squeeze {
        uint64_t done_before = 0;
        uint64_t opened_before = 0;
        // When the last ones won nothing: as long as these are so, the next ones would not either.
        uint64_t users_opened = ~uint64_t{0};
        uint64_t live_bytes = ~uint64_t{0};
    };

    const Parts parts_;
    Squeeze squeeze_;
    std::array<std::vector<BlockRef>, kLevels> levels_;  // by how full they were when they came
    Buffer plain_;  // of the record that moves: no coroutine waits while it is in use
    std::atomic<uint64_t> queued_{0};
    std::atomic<uint64_t> done_{0};
    std::atomic<uint64_t> reads_{0};
    std::atomic<uint64_t> corrupt_{0};
};

}  // namespace cairn::storage
