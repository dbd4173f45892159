#include "node/storage/block_loader.h"

#include <algorithm>

#include "common/log/logger.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;

constexpr size_t kSetIds = 4096;

}  // namespace

LoadShared::LoadShared(LoadSink& to) : sink(to), names_(kSetIds) {}

void LoadShared::name_set(uint16_t id, std::string_view name) {
    std::unique_lock lock(lock_);
    if (names_[id] == name) return;
    auto told = sink.set_name(id, name);
    if (told) names_[id] = name;
    lock.unlock();
    if (!told) fail_with(told.error());
}

bool LoadShared::has_name(uint16_t id) const {
    const std::lock_guard lock(lock_);
    return !names_[id].empty();
}

void LoadShared::fail_with(const Error& error) {
    const std::lock_guard lock(lock_);
    if (!error_) error_ = error;
    failed_.store(true, std::memory_order_relaxed);
}

Result<void> LoadShared::outcome() const {
    const std::lock_guard lock(lock_);
    if (error_) return std::unexpected(*error_);
    return {};
}

void BlockLoader::Found::add(Found other) {
    highest_seq = std::max(highest_seq, other.highest_seq);
    corrupt += other.corrupt;
    std::ranges::move(other.damaged, std::back_inserter(damaged));
}

BlockLoader::BlockLoader(const Parts& parts, LoadShared& shared)
    : parts_(parts), shared_(shared), set_names_(kSetIds), named_in_(kSetIds) {
    for (const auto& device : parts_.devices) {
        ciphers_.push_back(device->make_cipher());
        openers_.push_back(std::make_unique<RecordOpener>(ciphers_.back().get()));
    }
    probe_ = AlignedBuffer(4096);
}

bool BlockLoader::read(StoreDevice& device, uint64_t offset, MutableBytes into) {
    const auto read = device.device->read_now(offset, into);
    if (!read) note_corrupt(device, offset, read.error().detail);
    return read.has_value();
}

/// Behind a block that was never used there are probably more: one sector tells.
bool BlockLoader::is_unused(StoreDevice& device, uint32_t block) {
    const auto sector = probe_.span().first(std::max(device.sector, kChunkHeaderBytes));
    if (!device.device->read_now(device.offset_of(block), sector)) return false;
    return std::ranges::all_of(sector, [](uint8_t byte) { return byte == 0; });
}

uint32_t BlockLoader::guess_used(StoreDevice& device) {
    uint32_t used = 0;
    uint32_t unused = device.blocks.count();
    while (used < unused) {
        const uint32_t middle = used + (unused - used) / 2;
        if (is_unused(device, middle)) unused = middle;
        else used = middle + 1;
    }
    return used;
}

BufferRef BlockLoader::read_block(StoreDevice& device, uint32_t block) {
    const uint32_t block_bytes = device.block_bytes();
    BufferRef buffer = parts_.buffers.take(block_bytes);
    if (!read(device, device.offset_of(block), buffer->memory.span())) return {};
    const auto header = first_chunk(buffer->memory.bytes(), device.superblock.device_mark(), block);
    const uint64_t blocks =
        header && header->stream == Stream::large ? (chunk_bytes(*header) + block_bytes - 1) / block_bytes : 1;
    if (blocks <= 1 || blocks > device.blocks.count() - block || blocks > UINT16_MAX) return buffer;
    BufferRef run = parts_.buffers.take(blocks * block_bytes);
    if (!read(device, device.offset_of(block), run->memory.span())) return {};
    return run;
}

void BlockLoader::load(StoreDevice& device, uint32_t block) {
    if (last_unused_ && is_unused(device, block)) return;
    Block& entry = device.blocks[block];
    const BufferRef buffer = read_block(device, block);
    if (!buffer) {
        entry.state.store(BlockState::bad, std::memory_order_relaxed);
        return;
    }
    BlockWalker walker(buffer->memory.bytes(), {.device_mark = device.superblock.device_mark(),
                                                .block = block,
                                                .sector_bytes = device.superblock.sector_bytes,
                                                .block_bytes = device.block_bytes(),
                                                .durable_from_seq = device.durable_from_seq});
    const WalkReport& report = walker.report();
    const size_t nameless = nameless_.size();
    while (const Head* head = walker.next()) {
        const uint64_t chunk = chunks_before_ + report.chunks;
        if (Kind(uint8_t(head->kind)) == Kind::set_name) {
            take_set_name(*head, chunk);
        } else if (head->set_id != 0 && named_in_[head->set_id] != chunk) {
            nameless_.push_back({{device.index, block}, walker.unit(), report.chunks});
        } else {
            take_version(device, {device.index, block}, walker, *head);
        }
    }
    tell_batch();
    keep_nameless(nameless, report);
    chunks_before_ += report.chunks;
    if (report.damaged()) found_.damaged.push_back({{device.index, block}, report});
    last_unused_ = report.seq == 0;
    entry.seq.store(report.seq, std::memory_order_relaxed);
    entry.run = uint16_t(report.stream == Stream::large ? buffer->memory.size() / device.block_bytes() : 1);
    found_.highest_seq = std::max(found_.highest_seq, report.seq);
    if (parts_.options.cache_all && report.records + report.tombstones != 0) {
        parts_.residents.put({device.index, block}, buffer);
    }
}

void BlockLoader::take_set_name(const Head& head, uint64_t chunk) {
    named_in_[head.set_id] = chunk;
    const std::string_view name = as_text({head.body(), head.body_end()});
    std::string& known = set_names_[head.set_id];
    if (known == name) return;
    shared_.name_set(head.set_id, name);
    known = name;
}

/// A torn chunk was never acknowledged. What lost its name there does not count, even if another block has the name:
/// that block can be gone at the next start, and what was there once must not vanish.
void BlockLoader::keep_nameless(size_t first, const WalkReport& report) {
    if (report.count(Damage::torn) == 0) return;
    nameless_.erase(std::remove_if(nameless_.begin() + ptrdiff_t(first), nameless_.end(),
                                   [&](const Nameless& one) { return one.chunk == report.chunks; }),
                    nameless_.end());
}

void BlockLoader::take_version(StoreDevice& device, BlockRef block, const BlockWalker& walker, const Head& head) {
    const uint32_t unit = walker.unit();
    const Head* plain = nullptr;
    const auto outcome = openers_[device.index]->open(head, walker.seq(), unit, plain);
    // Garbage of before the data key changed: all that lived has been written anew.
    if (outcome == RecordOpener::Outcome::no_key && ciphers_[device.index] != nullptr) return;
    if (outcome != RecordOpener::Outcome::plain) {
        return note_corrupt(device, device.offset_of(block.block) + unit * record::kUnit, "cannot decode a record");
    }
    batch_[batched_++] = {plain, device.place(block.block, unit, head.units)};
    // What was decoded stands in the opener, and only until the next one.
    if (batched_ == batch_.size() || plain != &head) tell_batch();
}

void BlockLoader::tell_batch() {
    if (batched_ != 0) shared_.sink.versions({batch_.data(), batched_});
    batched_ = 0;
}

void BlockLoader::load_nameless() {
    for (auto first = nameless_.begin(); first != nameless_.end();) {
        const BlockRef block = first->block;
        auto next = first;
        first = std::find_if(first, nameless_.end(), [&](const Nameless& one) { return one.block != block; });
        StoreDevice& device = *parts_.devices[block.device];
        const BufferRef buffer = read_block(device, block.block);
        if (!buffer) continue;
        BlockWalker walker(buffer->memory.bytes(), {.device_mark = device.superblock.device_mark(),
                                                    .block = block.block,
                                                    .sector_bytes = device.superblock.sector_bytes,
                                                    .block_bytes = device.block_bytes()});
        while (const Head* head = walker.next()) {
            if (next == first || walker.unit() != next->unit) continue;
            ++next;
            if (shared_.has_name(head->set_id)) take_version(device, block, walker, *head);
            else
                note_corrupt(device, device.offset_of(block.block) + walker.unit() * record::kUnit,
                             "no block names its set");
        }
        tell_batch();
    }
    nameless_.clear();
}

void BlockLoader::note_corrupt(const StoreDevice& device, uint64_t offset, std::string_view what) {
    ++found_.corrupt;
    if (parts_.options.logger == nullptr) return;
    parts_.options.logger->warning(log::Module::storage, "damage on a device; what is damaged is not used",
                                   {{"device", device.device->path()}, {"address", offset}, {"what", what}});
}

}  // namespace cairn::storage
