#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/machine.h"
#include "node/storage/format/block_walker.h"
#include "node/storage/format/record_opener.h"
#include "node/storage/residents.h"
#include "node/storage/store_device.h"
#include "node/storage/store_options.h"

namespace cairn::storage {

/// What the devices hold, told to the index at start-up. Blocks in any order; each version with its place. Blocks the
/// thread.
class Loader {
public:
    struct Parts {  // all outlive this
        runtime::Clock& clock;
        std::span<const std::unique_ptr<StoreDevice>> devices;
        Residents& residents;
        BufferPool& buffers;
        const StoreOptions& options;
    };
    Loader(const Parts& parts, LoadSink& sink);

    Result<void> load();

    uint64_t highest_seq() const { return highest_seq_; }
    /// Places that could not be read or decoded; they are logged.
    uint64_t corrupt() const { return corrupt_; }
    struct DamagedBlock {
        BlockRef block;
        WalkReport report;
    };
    /// For report_damage(), when it is known which versions are live.
    std::vector<DamagedBlock> take_damaged() { return std::move(damaged_); }

private:
    struct Deferred {  // a version whose set was not known yet
        BlockRef block;
        uint32_t unit;
    };
    Result<void> load_device(StoreDevice& device);
    Result<void> load_block(StoreDevice& device, uint32_t block);
    BufferRef read_block(StoreDevice& device, uint32_t block);
    bool read(StoreDevice& device, uint64_t offset, MutableBytes into);
    bool is_unused(StoreDevice& device, uint32_t block);
    Result<void> take_set_name(const record::Head& head);
    void take_version(StoreDevice& device, BlockRef block, const BlockWalker& walker, const record::Head& head);
    void load_deferred();
    void note_corrupt(const StoreDevice& device, uint64_t offset, std::string_view what);
    void tell_progress(const StoreDevice& device, uint32_t block);

    const Parts parts_;
    LoadSink& sink_;
    std::vector<std::unique_ptr<BodyCipher>> ciphers_;
    std::vector<std::unique_ptr<RecordOpener>> openers_;
    std::vector<std::string> set_names_;  // by id; empty: not seen yet
    std::vector<Deferred> deferred_;
    AlignedBuffer probe_;
    bool last_unused_ = false;
    uint64_t blocks_total_ = 0;
    uint64_t blocks_done_ = 0;
    Instant told_{};
    uint64_t highest_seq_ = 0;
    uint64_t corrupt_ = 0;
    std::vector<DamagedBlock> damaged_;
};

struct DamageCounts {
    uint64_t torn = 0;
    uint64_t corrupt = 0;
};
/// Logs and counts the damage that start-up met, after the index has said which versions live.
DamageCounts report_damage(std::span<const Loader::DamagedBlock> damaged,
                           std::span<const std::unique_ptr<StoreDevice>> devices, log::Logger* logger);

}  // namespace cairn::storage
