#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/storage/format/block_walker.h"
#include "node/storage/format/record_opener.h"
#include "node/storage/residents.h"
#include "node/storage/store_device.h"
#include "node/storage/store_options.h"

namespace cairn::storage {

/// What the threads of one start-up share: the index's side, and which sets are known.
class LoadShared {
public:
    explicit LoadShared(LoadSink& to);

    LoadSink& sink;

    /// Tells the sink of a name that it does not know yet.
    void name_set(uint16_t id, std::string_view name);
    bool has_name(uint16_t id) const;

    void fail_with(const Error& error);
    bool failed() const { return failed_.load(std::memory_order_relaxed); }
    Result<void> outcome() const;

private:
    mutable std::mutex lock_;  // guards names_ and error_
    std::vector<std::string> names_;  // by id; empty: not seen yet
    std::optional<Error> error_;
    std::atomic<bool> failed_{false};
};

/// Reads blocks one by one and tells their versions: one thread's part of a cold start.
class BlockLoader {
public:
    struct Parts {  // all outlive this
        std::span<const std::unique_ptr<StoreDevice>> devices;
        Residents& residents;
        BufferPool& buffers;
        const StoreOptions& options;
    };
    BlockLoader(const Parts& parts, LoadShared& shared);

    void load(StoreDevice& device, uint32_t block);
    /// Blocks are first used in the order of their numbers, more or less: about how many ever were, from a few probes.
    uint32_t guess_used(StoreDevice& device);
    /// After all blocks of all threads: versions whose set's name decayed where they stand. Another block may have told
    /// it.
    void load_nameless();

    struct DamagedBlock {
        BlockRef block;
        WalkReport report;
    };
    struct Found {
        uint64_t highest_seq = 0;
        uint64_t corrupt = 0;  // places that could not be read or decoded
        std::vector<DamagedBlock> damaged;

        void add(Found other);
    };
    Found take_found() { return std::move(found_); }

private:
    struct Nameless {  // a version in front of which its chunk has no name of its set
        BlockRef block;
        uint32_t unit;
        uint32_t chunk;  // the last one's is the number of chunks
    };
    BufferRef read_block(StoreDevice& device, uint32_t block);
    bool read(StoreDevice& device, uint64_t offset, MutableBytes into);
    bool is_unused(StoreDevice& device, uint32_t block);
    void take_set_name(const record::Head& head, uint64_t chunk);
    void keep_nameless(size_t first, const WalkReport& report);
    void take_version(StoreDevice& device, BlockRef block, const BlockWalker& walker, const record::Head& head);
    void tell_batch();
    void note_corrupt(const StoreDevice& device, uint64_t offset, std::string_view what);

    const Parts parts_;
    LoadShared& shared_;
    std::vector<std::unique_ptr<BodyCipher>> ciphers_;
    std::vector<std::unique_ptr<RecordOpener>> openers_;
    std::vector<std::string> set_names_;  // by id, as far as this thread has asked
    std::vector<uint64_t> named_in_;  // by id: the latest chunk that has the name, of all that this thread read
    uint64_t chunks_before_ = 0;  // the block at hand
    std::vector<Nameless> nameless_;
    std::array<LoadSink::Version, 32> batch_;  // of the block at hand
    size_t batched_ = 0;
    AlignedBuffer probe_;
    bool last_unused_ = false;
    Found found_;
};

}  // namespace cairn::storage
