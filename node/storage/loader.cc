#include "node/storage/loader.h"

#include <algorithm>

#include "common/log/logger.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;

constexpr size_t kSetIds = 4096;

}  // namespace

Loader::Loader(const Parts& parts, LoadSink& sink) : parts_(parts), sink_(sink), set_names_(kSetIds) {
    for (const auto& device : parts_.devices) {
        ciphers_.push_back(device->data_key ? std::make_unique<BodyCipher>(*device->data_key, uint16_t(device->index))
                                            : nullptr);
        openers_.push_back(std::make_unique<RecordOpener>(ciphers_.back().get()));
        blocks_total_ += device->blocks.count();
    }
    probe_ = AlignedBuffer(4096);
}

Result<void> Loader::load() {
    parts_.clock.refresh();
    told_ = parts_.clock.now();
    for (const auto& device : parts_.devices) {
        highest_seq_ = std::max(highest_seq_, device->superblock.run_seq);
        if (auto done = load_device(*device); !done) return done;
    }
    load_deferred();
    sink_.progress(1, "storage");
    return {};
}

Result<void> Loader::load_device(StoreDevice& device) {
    last_unused_ = false;
    for (uint32_t block = 0; block < device.blocks.count(); ++block) {
        if (auto done = load_block(device, block); !done) return done;
        ++blocks_done_;
        tell_progress(device, block);
    }
    return {};
}

void Loader::tell_progress(const StoreDevice& device, uint32_t block) {
    if (block % 16 != 0) return;
    parts_.clock.refresh();
    if (parts_.clock.now() - told_ < 1s) return;
    told_ = parts_.clock.now();
    sink_.progress(double(blocks_done_) / double(blocks_total_), "storage " + device.device->path());
}

bool Loader::read(StoreDevice& device, uint64_t offset, MutableBytes into) {
    const auto read = device.device->read_now(offset, into);
    if (!read) note_corrupt(device, offset, read.error().detail);
    return read.has_value();
}

/// Behind a block that was never used there are probably more: one sector tells.
bool Loader::is_unused(StoreDevice& device, uint32_t block) {
    const auto sector = probe_.span().first(std::max(device.sector, kChunkHeaderBytes));
    if (!device.device->read_now(device.offset_of(block), sector)) return false;
    return std::ranges::all_of(sector, [](uint8_t byte) { return byte == 0; });
}

BufferRef Loader::read_block(StoreDevice& device, uint32_t block) {
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

Result<void> Loader::load_block(StoreDevice& device, uint32_t block) {
    if (last_unused_ && is_unused(device, block)) return {};
    Block& entry = device.blocks[block];
    const BufferRef buffer = read_block(device, block);
    if (!buffer) {
        entry.state.store(BlockState::bad, std::memory_order_relaxed);
        return {};
    }
    BlockWalker walker(buffer->memory.bytes(), {.device_mark = device.superblock.device_mark(),
                                                .block = block,
                                                .sector_bytes = device.superblock.sector_bytes,
                                                .block_bytes = device.block_bytes(),
                                                .durable_from_seq = device.durable_from_seq});
    while (const Head* head = walker.next()) {
        if (Kind(uint8_t(head->kind)) == Kind::set_name) {
            if (auto taken = take_set_name(*head); !taken) return taken;
        } else {
            take_version(device, {device.index, block}, walker, *head);
        }
    }
    const WalkReport& report = walker.report();
    if (report.damaged()) damaged_.push_back({{device.index, block}, report});
    last_unused_ = report.seq == 0;
    entry.seq.store(report.seq, std::memory_order_relaxed);
    entry.run = uint16_t(report.stream == Stream::large ? buffer->memory.size() / device.block_bytes() : 1);
    highest_seq_ = std::max(highest_seq_, report.seq);
    if (parts_.options.cache_all && report.records + report.tombstones != 0) {
        parts_.residents.put({device.index, block}, buffer);
    }
    return {};
}

Result<void> Loader::take_set_name(const Head& head) {
    const std::string_view name = as_text({head.body(), head.body_end()});
    std::string& known = set_names_[head.set_id];
    if (known == name) return {};
    if (auto told = sink_.set_name(head.set_id, name); !told) return told;
    known = name;
    return {};
}

void Loader::take_version(StoreDevice& device, BlockRef block, const BlockWalker& walker, const Head& head) {
    const uint32_t unit = walker.unit();
    if (head.set_id != 0 && set_names_[head.set_id].empty()) {
        deferred_.push_back({block, unit});
        return;
    }
    const Head* plain = nullptr;
    if (openers_[device.index]->open(head, walker.seq(), unit, plain) != RecordOpener::Outcome::plain) {
        return note_corrupt(device, device.offset_of(block.block) + unit * record::kUnit, "cannot decode a record");
    }
    sink_.version(*plain, device.place(block.block, unit, head.units));
}

/// Versions whose set's name was damaged where they stand: another block may have told it since.
void Loader::load_deferred() {
    const auto deferred = std::exchange(deferred_, {});
    for (size_t first = 0; first < deferred.size();) {
        const BlockRef block = deferred[first].block;
        size_t next = first;
        StoreDevice& device = *parts_.devices[block.device];
        const BufferRef buffer = read_block(device, block.block);
        const size_t end = size_t(std::ranges::find_if(deferred.begin() + ptrdiff_t(first), deferred.end(),
                                                       [&](const Deferred& one) { return one.block != block; }) -
                                  deferred.begin());
        if (buffer) {
            BlockWalker walker(buffer->memory.bytes(), {.device_mark = device.superblock.device_mark(),
                                                        .block = block.block,
                                                        .sector_bytes = device.superblock.sector_bytes,
                                                        .block_bytes = device.block_bytes()});
            while (const Head* head = walker.next()) {
                if (next == end || walker.unit() != deferred[next].unit) continue;
                ++next;
                take_version(device, block, walker, *head);
            }
        }
        first = end;
    }
    for (const Deferred& lost : deferred_) {
        const StoreDevice& device = *parts_.devices[lost.block.device];
        note_corrupt(device, device.offset_of(lost.block.block) + lost.unit * record::kUnit, "no block names its set");
    }
}

void Loader::note_corrupt(const StoreDevice& device, uint64_t offset, std::string_view what) {
    ++corrupt_;
    if (parts_.options.logger == nullptr) return;
    parts_.options.logger->warning(log::Module::storage, "damage on a device; what is damaged is not used",
                                   {{"device", device.device->path()}, {"address", offset}, {"what", what}});
}

DamageCounts report_damage(std::span<const Loader::DamagedBlock> damaged,
                           std::span<const std::unique_ptr<StoreDevice>> devices, log::Logger* logger) {
    DamageCounts counts;
    for (const auto& [ref, report] : damaged) {
        const StoreDevice& device = *devices[ref.device];
        uint32_t torn = report.count(Damage::torn);
        uint32_t others = 0;
        for (size_t damage = 0; damage < kDamages; ++damage) {
            if (Damage(damage) != Damage::torn) others += report.damages[damage];
        }
        // A block without live versions was free: a crash that met the first write of its next life leaves the old
        // beginning in front of new sectors.
        if (device.blocks[ref.block].live.load(std::memory_order_relaxed) == 0 &&
            report.seq < device.durable_from_seq) {
            torn += std::exchange(others, 0);
        }
        counts.torn += torn;
        counts.corrupt += others;
        if (logger == nullptr) continue;
        logger->log(others == 0 ? log::Level::info : log::Level::warning, log::Module::storage,
                    others == 0 ? "the end of a block is unfinished, as a crash leaves it"
                                : "damage on a device; what is damaged is not used",
                    {{"device", device.device->path()},
                     {"address", device.offset_of(ref.block) + uint64_t{report.first_bad->unit} * record::kUnit},
                     {"damage", damage_name(others == 0 ? Damage::torn : report.first_bad->damage)},
                     {"what", report.first_bad->what},
                     {"places", others + torn}});
    }
    return counts;
}

}  // namespace cairn::storage
