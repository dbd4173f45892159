#pragma once
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/runtime/task_group.h"
#include "node/storage/committer.h"
#include "node/storage/live_options.h"
#include "node/storage/store.h"
#include "node/storage/store_device.h"
#include "node/storage/write_stream.h"

namespace cairn::storage {

/// Ends tombstones that bury nothing any more (S17). A tombstone may go when no older version of its digest would be
/// found by a start-up: not in the blocks in use, and not in those that are free and still hold what they held. So the
/// raider reads what a start-up would read, block by block, and looks its candidates up. Lives on the committer's loop.
///
/// Why what it has seen stays true: older versions are never written again, as the index does not point at them. A block
/// whose first chunk is still on its way shows its new life to the raider and might show its old one after a crash; but
/// the bytes of a tombstone that ends stay until its own block is freed and overwritten, and before a block is freed,
/// all that was appended earlier is durable (S12).
class TombRaider {
public:
    struct Parts {  // all outlive this
        std::span<const std::unique_ptr<StoreDevice>> devices;
        std::span<const std::unique_ptr<WriteStream>> streams;
        Committer& committer;
        const StoreOptions& options;
        const LiveOptions& live;
    };
    explicit TombRaider(const Parts& parts) : parts_(parts) {}

    runtime::Task<RaidReport> raid(runtime::TaskGroup& tasks, Graves& graves);

private:
    struct Candidate {
        Place place;
        uint64_t sequence = 0;  // of the tombstone at its place; 0: not seen yet
        uint64_t oldest = UINT64_MAX;  // record of the digest
    };
    struct HashDigest {
        size_t operator()(const Digest& digest) const { return digest.order(); }
    };
    using Candidates = std::unordered_map<Digest, Candidate, HashDigest>;

    runtime::Task<bool> gather(runtime::TaskGroup& tasks, Graves& graves, Candidates& candidates);
    runtime::Task<bool> all_is_durable(runtime::TaskGroup& tasks);
    runtime::Task<bool> survey(runtime::TaskGroup& tasks, Candidates& candidates);
    runtime::Task<bool> survey_block(runtime::TaskGroup& tasks, StoreDevice& device, uint32_t block,
                                     Candidates& candidates);
    bool may_hold_versions(const Block& block) const;

    const Parts parts_;
};

}  // namespace cairn::storage
