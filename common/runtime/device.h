#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace cairn::runtime {

class Loop;

/// How Disk::open_device() opens a path.
struct DeviceOptions {
    /// A regular file that is missing or shorter gets this size, reserved on its file system; 0: it must exist.
    /// A longer file keeps its size. Block devices have theirs. What a file already has is reserved, too, unless it is
    /// opened `read_only`: holes of a sparse file would be found when there is no more room for a write.
    uint64_t create_bytes = 0;
    /// Past the machine's page cache where the file system can; Device::direct() tells what came of it.
    bool direct = true;
    /// Device::read() goes through the page cache all the same; writes do not, and read_now() does not.
    bool cached_reads = false;
    /// Nobody else may have it open: refused when another process or another Device of this one has. Readers
    /// (`read_only`) share it among themselves.
    bool exclusive = true;
    /// For tools that only look: no write, sync or discard.
    bool read_only = false;
};

/// A file or raw block device, read and written at offsets. All calls may come from any loop.
///
/// Offsets, sizes and buffer addresses are multiples of sector(), and lie within size(): anything else is a mistake of
/// the caller and aborts. (AlignedBuffer of common/base has such addresses.) An error names path, offset and reason;
/// nothing is ever tried a second time.
///
/// Operations under way at once have no order. A read that overlaps a write under way brings old bytes, new ones, or
/// some sectors of each. Destroy a device when all its operations have been answered, or after the loops have stopped
/// (or crashed): answers still due are then dropped.
class Device {
public:
    /// Takes the outcome, once, on the loop that was named; never from inside the call that it belongs to.
    using Done = std::move_only_function<void(Result<void>)>;
    virtual ~Device() = default;

    virtual const std::string& path() const = 0;
    /// Bytes, a multiple of sector(). Fixed while it is open.
    virtual uint64_t size() const = 0;
    /// Bytes that are written whole or not at all: the larger of the logical and the physical block size; 4096 for
    /// files of a real machine.
    virtual uint32_t sector() const = 0;
    /// Whether reads and writes pass the page cache by. When not, a read may be served from memory, and a bit that
    /// flipped on the medium is seen only later.
    virtual bool direct() const = 0;

    /// `into` stays valid until `done` runs; on an error its content is undefined.
    virtual void read(Loop& home, uint64_t offset, MutableBytes into, Done done) = 0;
    /// `from` stays valid and unchanged until `done` runs. It is durable only after a sync(). On an error, and until
    /// then, any of its sectors may have changed.
    virtual void write(Loop& home, uint64_t offset, Bytes from, Done done) = 0;
    /// Makes durable what was answered before this call, and perhaps more. After an error it is unknown what of it is
    /// durable, and a later success does not tell either.
    virtual void sync(Loop& home, Done done) = 0;
    /// Tells that nobody needs these bytes any more; reads bring old bytes or zeros. A hint: where it is not supported
    /// nothing happens. In a file the space returns to the file system, so that a later write may find no room.
    virtual void discard(Loop& home, uint64_t offset, uint64_t bytes, Done done) = 0;

    /// The same, blocking: for start-up and tools, before the loops run.
    virtual Result<void> read_now(uint64_t offset, MutableBytes into) = 0;
    virtual Result<void> write_now(uint64_t offset, Bytes from) = 0;
    virtual Result<void> sync_now() = 0;
};

}  // namespace cairn::runtime
