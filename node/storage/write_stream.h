#pragma once
#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "node/storage/block_buffer.h"
#include "node/storage/format/block_writer.h"
#include "node/storage/format/compress.h"
#include "node/storage/residents.h"
#include "node/storage/space.h"

namespace cairn::storage {

/// A chunk on its way to its device.
struct ClosedChunk {
    BlockRef block;
    uint64_t offset = 0;  // on the device
    Bytes bytes;
    BufferRef buffer;  // that holds them
    uint64_t number = 0;  // all that its stream appended up to this one is in this chunk or an earlier one
    bool ends_block = false;  // no chunk of the block follows in this run of the node
};

/// One open block at a time, and the chunks that left it. Appends come from any worker; chunks are collected by the
/// committer.
class WriteStream {
public:
    struct Parts {  // all outlive the stream
        std::span<const std::unique_ptr<StoreDevice>> devices;
        Space& space;
        Residents& residents;
        BufferPool& buffers;
        const StoreOptions& options;
        const SetNames& set_names;
        /// Closed chunks wait: from any thread, with the stream's lock held.
        const std::function<void()>& on_closed;
    };
    WriteStream(const Parts& parts, Stream kind);

    /// @error device_overload, out_of_space, server_error (closed)
    std::expected<Place, ResultCode> append(const record::Head& record);
    /// Counts appends, from 1 on.
    uint64_t number() const { return number_.load(std::memory_order_acquire); }

    /// Moves the chunks that are closed to `out`, in order; before that, closes what the open block has, if it is on
    /// `device` (nothing: on none).
    void collect(std::optional<uint32_t> device, std::vector<ClosedChunk>& out);
    /// What collect() would find on the device that is not closed yet.
    bool pending_on(uint32_t device);
    /// Ends the open block with its last chunk; appends are refused from now on.
    void close();

    /// Bytes of all versions appended, as stored.
    uint64_t bytes_appended() const { return bytes_appended_.load(std::memory_order_relaxed); }

private:
    std::expected<BlockWriter::Place, ResultCode> place_in_open(const record::Head& record, std::string_view set_name);
    std::expected<Place, ResultCode> append_large(const record::Head& record, std::string_view set_name);
    ResultCode open_block();
    void leave_block();
    void close_chunk(BlockWriter& writer, BlockRef block, const BufferRef& buffer, bool last);
    Place appended(BlockRef block, uint32_t unit, uint32_t units);
    BodyCipher* cipher(uint32_t device) const { return ciphers_.empty() ? nullptr : ciphers_[device].get(); }

    const Parts parts_;
    const Stream kind_;
    ShortLock lock_;  // guards all below
    Compressor compressor_;
    std::vector<std::unique_ptr<BodyCipher>> ciphers_;  // one for each device; none without encryption
    std::optional<BlockWriter> writer_;
    BlockRef block_;
    BufferRef buffer_;
    std::vector<ClosedChunk> closed_;
    bool ended_ = false;
    std::atomic<uint64_t> number_{0};
    std::atomic<uint64_t> bytes_appended_{0};
};

}  // namespace cairn::storage
