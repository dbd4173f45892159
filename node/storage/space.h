#pragma once
#include <array>
#include <atomic>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "node/storage/format/chunk.h"
#include "node/storage/live_options.h"
#include "node/storage/store_device.h"
#include "node/storage/store_options.h"

namespace cairn::storage {

/// Which blocks are free, and which will be: blocks go from free to open to full to emptied, and back to free when the
/// committer says that what replaced their versions is durable (S12). From any thread.
class Space {
public:
    /// @param devices, live  outlive this.
    /// @param on_short  free blocks are wanted and some wait to be freed; from any thread, with a lock held.
    Space(std::span<const std::unique_ptr<StoreDevice>> devices, const StoreOptions& options, const LiveOptions& live,
          std::function<void()> on_short);

    /// A block for users' writes or for defragmentation, on the device with most room among those whose queue is not full.
    /// @param run  blocks; more than 1 for a large record.
    /// @error device_overload  later there will be: chunks wait to be written, or defragmentation wins room.
    /// @error out_of_space
    std::expected<BlockRef, ResultCode> take(Stream stream, uint32_t run);
    /// Nothing is appended to the block any more.
    void filled(BlockRef block);
    /// Units of a version that was appended.
    void add_live(BlockRef block, uint32_t units);
    void release(BlockRef block, uint32_t units);

    /// The blocks that were emptied since the last call.
    std::vector<BlockRef> take_emptied();
    size_t emptied_count() const { return emptied_count_.load(std::memory_order_relaxed); }
    void free(BlockRef block);

    /// Full blocks that fell below defrag-lwm-pct since the last call.
    std::vector<BlockRef> take_sparse();
    /// The emptiest full blocks below kPackedPct, whatever the mark says; they count as found from now on. For when
    /// space is short.
    std::vector<BlockRef> take_emptiest(size_t most);
    /// Whether moving versions can still make room for users.
    void tell_room_to_win(bool there_is) { room_to_win_.store(there_is, std::memory_order_relaxed); }
    /// Blocks that were opened since the start, for users and for defragmentation.
    uint64_t opened_by_users() const { return opened_by_users_.load(std::memory_order_relaxed); }
    uint64_t opened_by_defrag() const { return opened_by_defrag_.load(std::memory_order_relaxed); }
    /// The mark may have changed: looks at the block again, or at all.
    void look_for_sparse(BlockRef block) { note_if_sparse(block, at(block)); }
    void look_for_sparse();
    /// Whether its versions are to be moved: they fill too little of it, or are under an old data key.
    bool wants_defrag(BlockRef block) const;
    /// Blocks in use under an old data key.
    uint64_t old_key_count() const;
    /// Little is left for users' writes: what can be freed should be.
    bool is_short() const;
    /// Percent of the block, 0 to 100.
    uint32_t fill_pct(BlockRef block) const;

    /// So many free blocks of all devices in turn, for what a clean stop leaves behind: nothing else is written after.
    /// @return  empty: there are not so many, and none is taken.
    std::vector<BlockRef> take_for_snapshot(uint64_t blocks);

    /// After loading: which blocks are used follows from their live units.
    void begin();

    uint64_t next_seq() const { return next_seq_.load(std::memory_order_relaxed); }
    void set_next_seq(uint64_t seq) { next_seq_.store(seq, std::memory_order_relaxed); }

    uint64_t live_bytes() const;
    uint64_t free_count() const;
    uint64_t total_count() const;

private:
    Block& at(BlockRef block) const { return devices_[block.device]->blocks[block.block]; }
    uint32_t reserve(const StoreDevice& device) const;
    void empty_if_unused(BlockRef ref, Block& block);
    void note_if_sparse(BlockRef ref, Block& block);

    struct alignas(64) Count {
        std::atomic<int64_t> units{0};
    };
    std::array<Count, 16> live_;  // by block, so that workers seldom meet

    const std::span<const std::unique_ptr<StoreDevice>> devices_;
    const uint32_t reserve_blocks_;
    const LiveOptions& options_;
    const StoreMutants mutants_;
    std::function<void()> on_short_;
    std::atomic<uint64_t> next_seq_{1};
    ShortLock lock_;  // guards the two lists
    std::vector<BlockRef> emptied_;
    std::vector<BlockRef> sparse_;
    std::atomic<size_t> emptied_count_{0};
    std::atomic<bool> room_to_win_{false};
    std::atomic<uint64_t> opened_by_users_{0};
    std::atomic<uint64_t> opened_by_defrag_{0};
};

}  // namespace cairn::storage
