#include "node/storage/snapshot_loader.h"

#include <algorithm>

namespace cairn::storage {

SnapshotLoader::SnapshotLoader(const Parts& parts, LoadSink& sink)
    : parts_(parts), sink_(sink), tables_(parts.devices.size()) {
    for (const auto& device : parts_.devices) tables_[device->index].live.resize(device->blocks.count());
}

Result<SnapshotInfo> SnapshotLoader::load() {
    if (parts_.options.cache_all) return fail("all blocks are read into memory anyway");
    const auto id = named_by_superblocks();
    if (!id) return std::unexpected(id.error());
    parts_.clock.refresh();
    told_ = parts_.clock.now();
    auto loaded = load_pages(*id);
    if (loaded) loaded = sink_.entries_end();
    if (loaded) loaded = verify_blocks();
    for (const auto& [set_id, name] : sets_) {
        if (loaded) loaded = sink_.set_name(set_id, name);
    }
    if (!loaded) {
        sink_.forget_entries();
        return std::unexpected(loaded.error());
    }
    fill_tables();
    sink_.progress(1, "snapshot");
    return info_;
}

Result<uint64_t> SnapshotLoader::named_by_superblocks() const {
    const Superblock& first = parts_.devices[0]->superblock;
    for (const auto& device : parts_.devices) {
        const Superblock& superblock = device->superblock;
        if (!superblock.clean) return fail("device " + device->device->path() + " was not left in order");
        if (superblock.snapshot_id != first.snapshot_id || superblock.snapshot_place != first.snapshot_place) {
            return fail("device " + device->device->path() + " names another snapshot than the first one does");
        }
    }
    if (first.snapshot_id == 0) return fail("the last stop has left no snapshot");
    if (sink_.entry_bytes() == 0) return fail("snapshots are not wanted");
    return first.snapshot_id;
}

Result<void> SnapshotLoader::load_pages(uint64_t id) {
    const Superblock& superblock = parts_.devices[0]->superblock;
    const uint32_t page_bytes = snapshot_page_bytes(superblock.block_bytes);
    SnapshotReader reader(id, superblock.set, page_bytes);
    AlignedBuffer page(page_bytes);
    places_.assign(1, SnapshotPlace::from_word(superblock.snapshot_place));
    for (size_t number = 0; !reader.complete(); ++number) {
        if (number == places_.size()) return fail("snapshot: names no place of page " + std::to_string(number));
        if (auto read = read_page(places_[number], page); !read) return read;
        if (auto taken = reader.page(page.bytes()); !taken) return taken;
        SnapshotItem item;
        while (true) {
            const auto more = reader.next(item);
            if (!more) return std::unexpected(more.error());
            if (!*more) break;
            if (auto taken = take(item); !taken) return taken;
        }
        tell_progress();
    }
    return {};
}

Result<void> SnapshotLoader::read_page(const SnapshotPlace& place, AlignedBuffer& page) {
    if (place.device >= parts_.devices.size()) return fail("snapshot: names a device that there is not");
    StoreDevice& device = *parts_.devices[place.device];
    if (place.offset < kBlocksOffset || place.offset + page.size() > device.offset_of(device.blocks.count()) ||
        (place.offset - kBlocksOffset) % page.size() != 0) {
        return fail("snapshot: names a place outside the blocks");
    }
    if (auto read = device.device->read_now(place.offset, page.span()); !read) return read;
    if (parts_.options.mutants.snapshot_not_checked) seal_snapshot_page(page.span());
    return {};
}

Result<void> SnapshotLoader::take(const SnapshotItem& item) {
    using Type = SnapshotItem::Type;
    switch (item.type) {
        case Type::info:
            info_ = item.info;
            if (info_.device_count != parts_.devices.size()) return fail("snapshot: is of another number of devices");
            if (info_.entry_bytes != sink_.entry_bytes()) return fail("snapshot: its entries have another form");
            return {};
        case Type::places:
            // The first page is where the superblocks say.
            if (item.first > places_.size()) return fail("snapshot: leaves out places of pages");
            places_.resize(item.first);
            for (const uint64_t word : item.places) places_.push_back(SnapshotPlace::from_word(word));
            return {};
        case Type::blocks: return take_blocks(item);
        case Type::set: sets_.emplace_back(item.tag, item.name); return {};
        case Type::sequences:
            for (size_t i = 0; i < item.sequences.size(); ++i) {
                sink_.sequence(PartitionId(item.first + i), item.sequences[i]);
            }
            return {};
        case Type::entries:
            entries_ += item.entries.size() / info_.entry_bytes;
            return sink_.entries(item.tag, item.entries, known_);
    }
    return {};
}

Result<void> SnapshotLoader::take_blocks(const SnapshotItem& item) {
    if (item.tag >= tables_.size()) return fail("snapshot: names a device that there is not");
    auto& blocks = tables_[item.tag].blocks;
    if (item.first != blocks.size()) return fail("snapshot: leaves out blocks");
    blocks.insert(blocks.end(), item.blocks.begin(), item.blocks.end());
    return {};
}

/// Whether a version can stand there; counts it for its block.
bool SnapshotLoader::count(Place place) {
    if (place.device() >= parts_.devices.size()) return false;
    const StoreDevice& device = *parts_.devices[place.device()];
    if (!device.holds(place)) return false;
    const auto [block, unit] = device.locate(place);
    Table& table = tables_[place.device()];
    if (block >= table.blocks.size()) return false;
    table.live[block] += place.units();
    const SnapshotBlock& of = table.blocks[block];
    return unit + uint64_t{place.units()} <= uint64_t{of.run} * device.block_units() && of.seq != 0;
}

Result<void> SnapshotLoader::verify_blocks() const {
    for (const auto& device : parts_.devices) {
        const Table& table = tables_[device->index];
        const auto refuse = [&](uint32_t block) {
            return fail("snapshot: what it says of block " + std::to_string(block) + " of device " +
                        device->device->path() + " does not hold");
        };
        if (table.blocks.size() != device->blocks.count()) return fail("snapshot: is of another number of blocks");
        uint32_t tails = 0;  // blocks that belong to the large record before them
        for (uint32_t block = 0; block < table.blocks.size(); ++block) {
            const SnapshotBlock& of = table.blocks[block];
            if (of.live_units != table.live[block]) return refuse(block);
            if (of.live_units == 0) {
                tails -= tails != 0;
                continue;
            }
            if (tails != 0 || of.run == 0 || of.run > table.blocks.size() - block || of.seq >= info_.next_block_seq ||
                BlockState(of.state) == BlockState::bad) {
                return refuse(block);
            }
            tails = of.run - 1u;
        }
    }
    return {};
}

void SnapshotLoader::fill_tables() {
    for (const auto& device : parts_.devices) {
        const auto& blocks = tables_[device->index].blocks;
        for (uint32_t block = 0; block < blocks.size(); ++block) {
            Block& to = device->blocks[block];
            to.seq.store(blocks[block].seq, std::memory_order_relaxed);
            to.run = std::max<uint16_t>(blocks[block].run, 1);
            if (BlockState(blocks[block].state) == BlockState::bad) {
                to.state.store(BlockState::bad, std::memory_order_relaxed);
            }
        }
    }
}

void SnapshotLoader::tell_progress() {
    parts_.clock.refresh();
    if (parts_.clock.now() - told_ < 1s) return;
    told_ = parts_.clock.now();
    sink_.progress(info_.entries == 0 ? 1 : double(entries_) / double(info_.entries), "snapshot");
}

}  // namespace cairn::storage
