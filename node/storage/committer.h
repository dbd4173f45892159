#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/runtime/loop.h"
#include "node/storage/residents.h"
#include "node/storage/space.h"
#include "node/storage/write_stream.h"

namespace cairn::storage {

/// Brings closed chunks to their devices and makes them durable, in groups: a group of a device closes what its open
/// blocks have, waits until all of it is written, syncs once and tells who waited; meanwhile the next group gathers. A
/// round is one group of every device: what was emptied before it began may be used again after it (S12).
///
/// Lives on one loop; only wait(), wake() and failed() may be called from others. After the first failed write or sync
/// nothing is acknowledged, synced or freed any more (S14).
class Committer {
public:
    struct Parts {  // all outlive this
        runtime::Loop& home;
        std::span<const std::unique_ptr<StoreDevice>> devices;
        std::span<const std::unique_ptr<WriteStream>> streams;
        Space& space;
        Residents& residents;
        const StoreOptions& options;
        const LiveOptions& live;
    };
    explicit Committer(const Parts& parts);

    /// Answers on `home` when all that the stream appended up to the ticket is durable, or never will be. Without
    /// commit_to_device that is up to the next tick().
    void wait(runtime::Loop& home, const Ticket& ticket, std::move_only_function<void(bool)> done);
    /// Whether all up to the ticket is durable by now. On `home`.
    bool is_durable(const Ticket& ticket) const { return streams_[ticket.stream].durable >= ticket.number; }
    /// Closed chunks wait, or emptied blocks.
    void wake(bool for_space);
    bool failed() const { return failed_.load(std::memory_order_acquire); }

    /// Once each flush_max: makes durable what is not, frees what can be.
    void tick();
    /// Frees what was emptied, as soon as it can be.
    void begin_round();
    /// Everything out and durable; then `done`. The streams are closed.
    void finish(std::move_only_function<void(Result<void>)> done);

    uint64_t bytes_written() const { return bytes_written_.load(std::memory_order_relaxed); }
    /// Blocks that were written to their end, of users' versions.
    uint64_t blocks_written() const { return blocks_written_.load(std::memory_order_relaxed); }
    /// ... of versions that defragmentation moved.
    uint64_t defrag_blocks_written() const { return defrag_blocks_written_.load(std::memory_order_relaxed); }
    const std::string& failure() const { return failure_; }

private:
    /// A chunk that is not durable yet. It leaves when the chunk before it in its block is durable: of what a crash
    /// leaves unfinished, nothing stands before something whole.
    struct Flight {
        uint64_t id;
        size_t stream;
        uint64_t due;  // its place in the stream
        BufferRef buffer;
        std::optional<ClosedChunk> waiting = {};  // has not left
        bool written = false;
        bool in_group = false;  // which waits for it
        bool syncing = false;
        bool durable = false;
    };
    struct DeviceState {
        std::deque<Flight> flights;  // by id
        uint64_t next_id = 1;
        bool busy = false;  // a group is under way
        bool again = false;  // another one is wanted
        uint64_t begun = 0;  // groups
        uint64_t completed = 0;
        size_t group_writes = 0;  // of the group that have left and are not answered
        uint64_t round_needs = 0;  // the round waits for the group of this number
    };
    /// Chunks of one stream in the order of its numbers: it is durable up to the first one that is not.
    struct StreamState {
        struct Due {
            uint64_t number;
            bool durable;
        };
        std::deque<Due> due;
        uint64_t gone = 0;  // have left the front
        uint64_t durable = 0;
    };
    struct Waiter {
        runtime::Loop* home;
        Ticket ticket;
        std::move_only_function<void(bool)> done;
    };

    void on_wake();
    void collect(std::optional<uint32_t> device);
    void issue(size_t stream, ClosedChunk chunk);
    void launch(uint64_t id, ClosedChunk chunk);
    void on_written(uint64_t id, const ClosedChunk& chunk, Result<void> result);
    bool has_work(uint32_t device);
    void want_group(uint32_t device);
    void begin_group(uint32_t device);
    void continue_group(uint32_t device);
    void sync_group(uint32_t device);
    void on_synced(uint32_t device, const Result<void>& result);
    void end_group(uint32_t device);
    void made_durable(uint32_t device);
    void take_arriving();
    void answer();
    void check_round();
    void fail_all(const Error& error);
    void check_finished();
    void block_ended(BlockRef block);
    void free(BlockRef block);
    void trim_cache();

    const Parts parts_;
    /// Work that was posted and comes after this has gone finds that it has.
    const std::shared_ptr<char> alive_ = std::make_shared<char>();
    std::vector<DeviceState> devices_;
    std::vector<StreamState> streams_;
    std::vector<Waiter> waiters_;
    std::vector<ClosedChunk> collected_;  // keeps its memory
    size_t under_way_ = 0;  // operations of devices
    std::atomic<bool> failed_{false};
    std::string failure_;
    bool round_ = false;
    bool round_again_ = false;
    std::vector<BlockRef> round_blocks_;
    std::move_only_function<void(Result<void>)> finished_;

    struct Cached {
        BlockRef block;
        uint64_t seq;
    };
    std::deque<Cached> cache_;  // blocks that stay in memory though they are written, oldest first

    ShortLock lock_;  // guards arriving_
    std::vector<Waiter> arriving_;
    std::atomic<bool> awake_{false};
    std::atomic<bool> space_wanted_{false};
    std::atomic<uint64_t> bytes_written_{0};
    std::atomic<uint64_t> blocks_written_{0};
    std::atomic<uint64_t> defrag_blocks_written_{0};
};

}  // namespace cairn::storage
