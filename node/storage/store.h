#pragma once
#include <algorithm>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/result.h"
#include "common/runtime/loop.h"
#include "common/runtime/task_group.h"
#include "node/record/layout.h"
#include "node/storage/store_options.h"

namespace cairn::storage {

/// Where a version is stored, and its size: what the index keeps of it. Valid until the version is released.
class Place {
public:
    static constexpr uint32_t kDeviceBits = 7, kUnitBits = 37, kSizeBits = 20;

    Place() = default;
    Place(uint32_t device, uint64_t unit, uint32_t units)
        : word_(uint64_t{device} << (kUnitBits + kSizeBits) | unit << kSizeBits | units) {}

    uint32_t device() const { return static_cast<uint32_t>(word_ >> (kUnitBits + kSizeBits)); }
    /// Offset on the device in 16-byte units.
    uint64_t unit() const { return word_ >> kSizeBits & ((1ull << kUnitBits) - 1); }
    /// Bytes as stored (compressed, encrypted), in 16-byte units: one read brings all of it.
    uint32_t units() const { return static_cast<uint32_t>(word_ & ((1u << kSizeBits) - 1)); }
    /// False: nowhere. (Unit 0 holds a superblock, never a record.)
    explicit operator bool() const { return word_ != 0; }
    bool operator==(const Place&) const = default;
    uint64_t word() const { return word_; }
    static Place from_word(uint64_t word) {
        Place place;
        place.word_ = word;
        return place;
    }

private:
    uint64_t word_ = 0;
};

/// When a version becomes durable: all that was appended to one stream up to some moment.
struct Ticket {
    uint32_t stream = 0;
    uint64_t number = 0;  // 0: nothing to wait for
};

/// Blocks fuller than this are not worth moving: room for users' writes ends when all are.
constexpr uint32_t kPackedPct = 90;

/// Numbers of one namespace's store, for info, metrics and limits. Bytes, unless said.
struct StoreStats {
    uint64_t size = 0;             // of the write blocks of all devices
    uint64_t used = 0;             // live versions, as stored
    uint64_t free_blocks = 0;      // write blocks
    uint64_t total_blocks = 0;
    uint64_t write_queue = 0;      // appended and not yet written
    uint64_t defrag_queue = 0;     // blocks
    uint64_t blocks_written = 0;   // since the start, by users' writes
    uint64_t blocks_defragged = 0;
    uint64_t defrag_reads = 0;  // blocks that were read for it, not in memory
    uint64_t defrag_blocks_written = 0;  // by it
    uint64_t bytes_appended = 0;   // records, by users' writes
    uint64_t bytes_written = 0;  // to the devices, padding and moved records included: over the above = amplification
    uint64_t corrupt = 0;  // blocks, chunks or records that failed their check; never served
    uint64_t torn = 0;  // unfinished ends of blocks, as a crash leaves them
    uint64_t overload = 0;  // appends refused because the write queue was full
    uint64_t free_blocks_min = 0;  // of the device with fewest, and
    uint64_t blocks_of_that = 0;  // how many it has
    uint64_t old_key_blocks = 0;  // in use, to be written anew since the data key changed
    bool failed = false;  // a write or sync failed: read-only until the node is started with other devices

    /// Percent of the write blocks that are free, on the device where it is least. 100 without devices.
    uint64_t free_pct() const { return blocks_of_that == 0 ? 100 : free_blocks_min * 100 / blocks_of_that; }
    /// Percent that is free, or will be as soon as writes need it: what lives can be packed to kPackedPct.
    uint64_t available_pct() const {
        const uint64_t packed = used * 100 / kPackedPct;
        return std::max(free_pct(), packed >= size ? 0 : (size - packed) * 100 / size);
    }
};

/// What start-up finds, one call for each version, before anything is judged: S15, S16 of docs/storage-format.md.
class LoadSink {
public:
    virtual ~LoadSink() = default;
    /// A set name that stored records use. Called before any record with that id.
    /// @error  the id is known by another name.
    virtual Result<void> set_name(uint16_t set_id, std::string_view name) = 0;
    /// A version, verified and in plain form (body included); valid during the call. By several threads at once.
    virtual void version(const record::Head& record, Place place) = 0;
    struct Version {
        const record::Head* record;
        Place place;
    };
    /// Several: their cache misses may overlap.
    virtual void versions(std::span<const Version> some) {
        for (const Version& one : some) version(*one.record, one.place);
    }
    /// Share of the work done, 0 to 1, about once a second; on the thread that called load().
    virtual void progress(double done, std::string_view what) = 0;

    // Instead of versions, where a clean stop has left its index (IndexImage).

    /// Of one entry; 0: versions alone are wanted.
    virtual uint16_t entry_bytes() const { return 0; }
    /// The last sequence that a partition gave. Before its entries.
    virtual void sequence(PartitionId, uint64_t) {}
    /// Some entries of a partition, in the order of append_entries(): it may come in pieces, partitions come in their order.
    /// @param known  to be asked about the place of each entry; false: there is no such place.
    /// @error  they are not what append_entries() makes.
    virtual Result<void> entries(PartitionId, Bytes, const std::function<bool(Place)>& known);
    /// There are no more.
    virtual Result<void> entries_end() { return {}; }
    /// The snapshot cannot be trusted: nothing of what came before this call counts. Versions come next.
    virtual void forget_entries() {}
};

/// The index as a clean stop leaves it beside the data (docs/storage-format.md, "Snapshot"). Asked when nothing changes any
/// more.
class IndexImage {
public:
    virtual ~IndexImage() = default;
    /// Of one entry, 1 to 256.
    virtual uint16_t entry_bytes() const = 0;
    virtual uint64_t entry_count(PartitionId partition) const = 0;
    /// Appends the partition's entries in its index's order.
    virtual void append_entries(PartitionId partition, Buffer& out) const = 0;
    /// The last one that the partition gave.
    virtual uint64_t sequence(PartitionId partition) const = 0;
    virtual void each_set(const std::function<void(uint16_t id, std::string_view name)>& tell) const = 0;
};

/// Who holds the index: asked by defragmentation.
class Mover {
public:
    virtual ~Mover() = default;
    /// `record` (plain) was read from `from`. If the index still points there, appends it with `append` (same sequence,
    /// all inside the partition's door), points the index at the new place and releases `from`; else does nothing.
    /// @return  false when append() found no room: defragmentation pauses.
    using Append = std::move_only_function<std::expected<Place, ResultCode>(const record::Head& record)>;
    virtual bool move(const record::Head& record, Place from, Append& append) = 0;
};

/// The tombstones of an index, asked by the raider.
class Graves {
public:
    struct Grave {
        Digest digest;
        Place place;
    };
    virtual ~Graves() = default;
    /// Appends some of those that are old enough to end, not named before, in a short step.
    /// @return  false when there are no more.
    virtual bool some(std::vector<Grave>& into) = 0;
    /// No older version of the digest lies on the devices: ends its tombstone, if that is still at its place.
    /// @return  whether it was.
    virtual bool end(const Grave& grave) = 0;
};

/// What a raid came to.
struct RaidReport {
    uint64_t looked_at = 0;  // tombstones
    uint64_t ended = 0;
    bool complete = true;  // false: not all blocks could be read, so nothing ended; or the node stops
};

/// The versions of one namespace on its devices: a log of write blocks, never changed in place. Methods of the data path
/// are called by any worker, mostly inside a partition's door: they do not wait, and take at most one short lock.
class Store {
public:
    virtual ~Store();

    // Data path.

    /// Appends a complete version: plain form, sequence set, `units` and `pad` right. Its check is computed here, its
    /// body compressed and encrypted as configured; the copy in the store is what counts.
    /// @param stream  below streams(): which open block it goes to.
    /// @error device_overload  the write queue is full.
    /// @error out_of_space     no free block that clients may use.
    /// @error server_error     the store has failed: read-only.
    virtual std::expected<Place, ResultCode> append(size_t stream, const record::Head& record) = 0;
    /// The version at `place` is superseded or deleted: its bytes may go once what replaced it is durable (S12).
    virtual void release(Place place) = 0;
    /// Copies the version into `into` in plain form when its block is in memory (write queue or cache).
    /// @return  false: it has to be read.
    virtual bool copy_resident(Place place, Buffer& into) = 0;
    /// Starts loading what that will copy: a hint, for places that will be asked for soon.
    virtual void prefetch(Place) const {}
    /// What must be durable for all that was appended to `stream` so far.
    virtual Ticket ticket(size_t stream) const = 0;
    /// Open blocks of users' writes, each with a lock of its own: about one for each worker.
    virtual size_t streams() const = 0;
    /// Appends wait for durability before they are answered.
    virtual bool commits() const = 0;
    /// A write or sync has failed: nothing more may be changed until the node is started again.
    virtual bool failed() const = 0;

    // Waits. `done` runs on `home`, later, once.

    /// Reads a version with one request to its device, verifies it and leaves it in `into` in plain form.
    /// @param done  ok; server_error when it could not be read or its check is wrong (counted). The caller looks into
    ///              the index again: a version that was replaced meanwhile may fail here too.
    virtual void read(runtime::Loop& home, Place place, Buffer& into,
                      std::move_only_function<void(ResultCode)> done) = 0;
    /// @param done  true: durable. False: it failed or will never be; nothing may be acknowledged.
    virtual void when_durable(runtime::Loop& home, Ticket ticket, std::move_only_function<void(bool)> done) = 0;

    // Life. start() and close() on loop 0.

    /// Reads the devices; blocks. On any thread, before anything else is asked but stats().
    /// @param clock  of that thread.
    virtual Result<void> load(LoadSink& sink, runtime::Clock& clock) = 0;
    /// After load(): says of each version that the index kept that it lives. Then begin().
    virtual void keep(Place place) = 0;
    /// The index is complete: what was not kept is garbage from now on.
    virtual void begin(Mover& mover) = 0;
    /// Starts flushing, committing and defragmentation.
    virtual void start(runtime::TaskGroup& tasks) = 0;
    /// Takes over what may change at run time. From any thread.
    virtual void tune(const StoreTuning& tuning) = 0;
    /// Ends the tombstones that bury nothing any more: reads what lies on the devices, at the pace that the tuning says.
    virtual runtime::Task<RaidReport> raid(runtime::TaskGroup& tasks, Graves& graves) = 0;
    /// Writes everything out and marks the devices clean; then `done` with the outcome.
    /// @param index  to be kept for the next start, if there is room; outlives the call. Null: the next start reads blocks.
    virtual void close(const IndexImage* index, std::move_only_function<void(Result<void>)> done) = 0;

    virtual StoreStats stats() const = 0;
};

}  // namespace cairn::storage
