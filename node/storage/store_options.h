#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/time.h"
#include "node/storage/format/cipher.h"
#include "node/storage/format/compress.h"
#include "node/storage/format/uuid.h"

namespace cairn::log {
class Logger;
}

namespace cairn::storage {

/// Faults that the mutation tests plant to see that they are found. All off in production.
struct StoreMutants {
    bool no_sync = false;          // what was only written is acknowledged
    bool free_at_once = false;     // a block without live versions is free before what replaced them is durable
    bool sync_own_device = false;  // ... when its own device was synced, whatever the others did
    bool check_not_read = false;   // read() trusts what the device brings
    bool rewrite_tail = false;     // a flush begins with the sector that the last one ended with
    bool ignore_failure = false;   // a failed write or sync is taken for a success
    bool reuse_sequences = false;  // block sequences begin again at every start
    bool late_clean_mark = false;  // the mark of a clean stop stays while blocks are written
    bool snapshot_not_checked = false;  // the pages of a snapshot are trusted as they come
    bool raid_unread = false;      // tombstones end without a look at what lies on the devices
    bool raid_used_only = false;   // ... without one at blocks that are free and not yet overwritten
};

/// What may change while a store runs.
struct StoreTuning {
    /// What was appended is written and synced at the latest this long after.
    Duration flush_max = 1000ms;
    /// Bytes closed and not yet written, on each device; above, appends that need a new block are refused.
    uint64_t max_write_cache = 64 << 20;
    /// Blocks that stay in memory after they were written, all devices together.
    uint32_t post_write_cache = 256;
    /// A full block whose live versions fill less than this is emptied into another one. 0: never.
    uint32_t defrag_lwm_pct = 50;
    /// Blocks that have to wait for defragmentation before it begins, unless room is short.
    uint32_t defrag_queue_min = 0;
    /// Rest after each block that was emptied.
    Duration defrag_sleep = 1ms;
    /// Rest after each block that is read for the end of tombstones.
    Duration tomb_raider_sleep = 1ms;
};

/// What a store is made of and how it behaves.
struct StoreOptions : StoreTuning {
    std::string namespace_name;
    Uuid cluster;  // nil: the node has none yet; any that the devices name is accepted
    uint64_t node_id = 0;

    std::vector<std::string> paths;  // files or raw devices, 1 to 128, in any order
    /// Of each file that is missing or shorter, its 8 MiB of tables included. 0: all exist.
    uint64_t file_bytes = 0;
    /// Of new devices; what is in use keeps its own. A power of two, 128 KiB to 8 MiB (tests: from 4 KiB on).
    uint32_t write_block_bytes = 1 << 20;
    /// Open blocks for users' writes: about one for each worker.
    size_t streams = 1;
    bool commit_to_device = false;
    /// Every block in use stays in memory: a memory namespace with a backing file.
    bool cache_all = false;
    Compression compression = Compression::none;
    int compression_level = 1;
    /// Bodies are encrypted; a device without a key gets one, and what is plain on it stays so until it is rewritten.
    std::optional<SecretKey> master_key;
    /// The master key before the present one: data keys wrapped by it are wrapped anew.
    std::optional<SecretKey> former_master_key;
    /// They are not only wrapped anew: devices get new ones, and all blocks are rewritten under them.
    bool new_data_keys = false;
    /// Fills with unpredictable bytes, for data keys. Needed with a master key.
    std::function<void(MutableBytes)> secrets;
    bool direct = true;
    bool cached_reads = false;  // through the machine's page cache

    log::Logger* logger = nullptr;  // outlives the store
    StoreMutants mutants;
};

/// The name of a set by its id, 1 to 4095: valid for ever. Called by any worker, with a lock held.
using SetNames = std::function<std::string_view(uint16_t set_id)>;

}  // namespace cairn::storage
