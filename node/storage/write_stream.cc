#include "node/storage/write_stream.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <mutex>

#include "common/base/check.h"
#include "node/storage/format/stored_record.h"

namespace cairn::storage {

using record::Head;

WriteStream::WriteStream(const Parts& parts, Stream kind)
    : parts_(parts), kind_(kind), compressor_(parts.options.compression, parts.options.compression_level) {
    for (const auto& device : parts_.devices) {
        if (!device->data_key) continue;
        ciphers_.resize(parts_.devices.size());
        ciphers_[device->index] = std::make_unique<BodyCipher>(*device->data_key, uint16_t(device->index));
    }
    closed_.reserve(64);
}

std::expected<Place, ResultCode> WriteStream::append(const Head& plain) {
    const std::string_view set_name = plain.set_id == 0 ? std::string_view{} : parts_.set_names(plain.set_id);
    std::lock_guard lock(lock_);
    if (ended_) return std::unexpected(ResultCode::server_error);
    const Head& record =
        parts_.options.compression == Compression::none || plain.compressed ? plain : compressor_.compress(plain);
    if (record.units > parts_.devices[0]->block_units() / 2) return append_large(record, set_name);
    const auto place = place_in_open(record, set_name);
    if (!place) return std::unexpected(place.error());
    std::memcpy(place->at, &record, size_t{record.units} * record::kUnit);
    return appended(block_, place->unit, writer_->finish(*place));
}

std::expected<BlockWriter::Place, ResultCode> WriteStream::place_in_open(const Head& record,
                                                                         std::string_view set_name) {
    if (writer_) {
        if (const auto place = writer_->place(record.units, record.set_id, set_name)) return *place;
        leave_block();
    }
    if (const ResultCode opened = open_block(); opened != ResultCode::ok) return std::unexpected(opened);
    const auto place = writer_->place(record.units, record.set_id, set_name);
    CAIRN_CHECK(place.has_value());  // at most half a block
    return *place;
}

ResultCode WriteStream::open_block() {
    const auto taken = parts_.space.take(kind_, 1);
    if (!taken) return taken.error();
    block_ = *taken;
    const StoreDevice& device = *parts_.devices[block_.device];
    buffer_ = parts_.buffers.take(device.block_bytes());
    parts_.residents.put(block_, buffer_);
    writer_.emplace(buffer_->memory.span(), device.sector,
                    BlockLife{.device_mark = device.superblock.device_mark(),
                              .device_index = uint16_t(device.index),
                              .block = block_.block,
                              .seq = device.blocks[block_.block].seq.load(std::memory_order_relaxed),
                              .stream = kind_},
                    cipher(block_.device));
    return ResultCode::ok;
}

void WriteStream::leave_block() {
    close_chunk(*writer_, block_, buffer_, true);
    writer_.reset();
    parts_.space.filled(block_);
    buffer_ = {};
    parts_.on_closed();
}

std::expected<Place, ResultCode> WriteStream::append_large(const Head& record, std::string_view set_name) {
    const StoreDevice& any = *parts_.devices[0];
    const uint64_t bytes = uint64_t{record.units} * record::kUnit + kChunkHeaderBytes +
                           (record.set_id == 0 ? 0 : set_name_units(set_name) * record::kUnit) +
                           (ciphers_.empty() ? 0 : kTagBytes);
    const uint32_t run = uint32_t((bytes + any.block_bytes() - 1) / any.block_bytes());
    const auto block = parts_.space.take(Stream::large, run);
    if (!block) return std::unexpected(block.error());
    // What was appended before has lower numbers: it leaves first.
    if (writer_ && writer_->pending()) close_chunk(*writer_, block_, buffer_, false);

    const StoreDevice& device = *parts_.devices[block->device];
    const BufferRef buffer = parts_.buffers.take(size_t{run} * device.block_bytes());
    parts_.residents.put(*block, buffer);
    BlockWriter writer(buffer->memory.span(), device.sector,
                       BlockLife{.device_mark = device.superblock.device_mark(),
                                 .device_index = uint16_t(device.index),
                                 .block = block->block,
                                 .seq = device.blocks[block->block].seq.load(std::memory_order_relaxed),
                                 .stream = Stream::large},
                       cipher(block->device));
    const auto taken = writer.place(record.units, record.set_id, set_name);
    CAIRN_CHECK(taken.has_value());
    std::memcpy(taken->at, &record, size_t{record.units} * record::kUnit);
    const Place place = appended(*block, taken->unit, writer.finish(*taken));
    close_chunk(writer, *block, buffer, true);
    parts_.space.filled(*block);
    parts_.on_closed();
    return place;
}

Place WriteStream::appended(BlockRef block, uint32_t unit, uint32_t units) {
    parts_.space.add_live(block, units);
    number_.store(number_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    bytes_appended_.store(bytes_appended_.load(std::memory_order_relaxed) + uint64_t{units} * record::kUnit,
                          std::memory_order_relaxed);
    return parts_.devices[block.device]->place(block.block, unit, units);
}

void WriteStream::close_chunk(BlockWriter& writer, BlockRef block, const BufferRef& buffer, bool last) {
    const bool was_sealed = writer.sealed();
    const auto write = writer.close_chunk(last);
    StoreDevice& device = *parts_.devices[block.device];
    if (!write) {
        // The block sealed itself with its latest chunk, or holds nothing: an end without bytes, so that the committer
        // hears of it.
        CAIRN_CHECK(last && was_sealed);
        closed_.push_back({block, device.offset_of(block.block), {}, buffer, number(), true});
        return;
    }
    device.queued_bytes.fetch_add(write->bytes.size(), std::memory_order_relaxed);
    closed_.push_back({block, device.offset_of(block.block) + write->offset, write->bytes, buffer, number(), last});
}

void WriteStream::collect(std::optional<uint32_t> device, std::vector<ClosedChunk>& out) {
    std::lock_guard lock(lock_);
    if (writer_ && device == block_.device && writer_->pending()) close_chunk(*writer_, block_, buffer_, false);
    out.insert(out.end(), std::make_move_iterator(closed_.begin()), std::make_move_iterator(closed_.end()));
    closed_.clear();
}

bool WriteStream::pending_on(uint32_t device) {
    std::lock_guard lock(lock_);
    if (writer_ && block_.device == device && writer_->pending()) return true;
    return std::ranges::any_of(closed_, [&](const ClosedChunk& chunk) { return chunk.block.device == device; });
}

void WriteStream::close() {
    std::lock_guard lock(lock_);
    if (writer_) leave_block();
    ended_ = true;
}

}  // namespace cairn::storage
