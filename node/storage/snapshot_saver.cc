#include "node/storage/snapshot_saver.h"

#include <cstring>

#include "common/base/check.h"

namespace cairn::storage {
namespace {

constexpr size_t kPagesAtOnce = 8;
/// A stop that takes longer is worse than a start that does.
constexpr Duration kTimeMax = 20s;

}  // namespace

SnapshotSaver::SnapshotSaver(const Parts& parts, const IndexImage& index)
    : parts_(parts), index_(index), page_bytes_(snapshot_page_bytes(parts.devices[0]->block_bytes())) {}

void SnapshotSaver::save(std::move_only_function<void(Result<Saved>)> done) {
    done_ = std::move(done);
    began_ = parts_.home.clock().now();
    if (!choose_places()) return finish({});
    begin();
    pump();
}

/// Room for all of it, or none is taken.
bool SnapshotSaver::choose_places() {
    SnapshotContent content{.devices = parts_.devices.size()};
    for (const auto& device : parts_.devices) content.blocks += device->blocks.count();
    index_.each_set([&](uint16_t, std::string_view) { ++content.sets; });
    bool in_run = false;
    for (uint32_t number = 0; number < kPartitionCount; ++number) {
        const auto id = PartitionId(number);
        counts_.push_back(index_.entry_count(id));
        saved_.entries += counts_.back();
        content.partitions += counts_.back() != 0;
        const bool has_sequence = index_.sequence(id) != 0;
        content.sequences += has_sequence;
        content.sequence_runs += has_sequence && !in_run;
        in_run = has_sequence;
    }
    content.entries = saved_.entries;
    const uint64_t pages = snapshot_pages_for(content, index_.entry_bytes(), page_bytes_);
    const uint32_t block_bytes = parts_.devices[0]->block_bytes();
    const uint64_t blocks = (pages * page_bytes_ + block_bytes - 1) / block_bytes;
    const auto taken = parts_.space.take_for_snapshot(blocks);
    if (taken.empty()) {
        saved_.why_not = "it needs " + std::to_string(blocks) + " free blocks of " + std::to_string(block_bytes) +
                         " bytes, and there are " + std::to_string(parts_.space.free_count());
        return false;
    }
    for (const BlockRef& block : taken) {
        const uint64_t offset = parts_.devices[block.device]->offset_of(block.block);
        for (uint32_t at = 0; at < block_bytes; at += page_bytes_) {
            places_.push_back({uint16_t(block.device), offset + at});
        }
    }
    return true;
}

void SnapshotSaver::begin() {
    // Runs have sequences of their own, so no two snapshots have the same number.
    saved_.id = parts_.space.next_seq();
    saved_.first = places_[0];
    const SnapshotInfo info{.id = saved_.id,
                            .set = parts_.devices[0]->superblock.set,
                            .device_count = uint16_t(parts_.devices.size()),
                            .entry_bytes = index_.entry_bytes(),
                            .next_block_seq = parts_.space.next_seq(),
                            .entries = saved_.entries};
    writer_.emplace(info, page_bytes_, out_);
    writer_->places(places_);
    add_blocks();
    index_.each_set([&](uint16_t id, std::string_view name) { writer_->set(id, name); });
    add_sequences();
    for (size_t i = 0; i < kPagesAtOnce; ++i) {
        slots_.emplace_back(page_bytes_);
        idle_.push_back(i);
    }
}

void SnapshotSaver::add_blocks() {
    std::vector<SnapshotBlock> some;
    for (const auto& device : parts_.devices) {
        const uint32_t count = device->blocks.count();
        for (uint32_t first = 0; first < count; first += uint32_t(some.size())) {
            some.clear();
            while (some.size() < 4096 && first + some.size() < count) {
                const Block& block = device->blocks[first + uint32_t(some.size())];
                some.push_back({.seq = block.seq.load(std::memory_order_relaxed),
                                .live_units = block.live.load(std::memory_order_relaxed),
                                .state = uint8_t(block.state.load(std::memory_order_relaxed)),
                                .run = block.run});
            }
            writer_->blocks(uint16_t(device->index), first, some);
        }
    }
}

void SnapshotSaver::add_sequences() {
    std::vector<uint64_t> run;
    for (uint32_t number = 0; number <= kPartitionCount; ++number) {
        const uint64_t sequence = number < kPartitionCount ? index_.sequence(PartitionId(number)) : 0;
        if (sequence != 0) {
            run.push_back(sequence);
        } else if (!run.empty()) {
            writer_->sequences(PartitionId(number - run.size()), run);
            run.clear();
        }
    }
}

/// @return  false: no page is left.
bool SnapshotSaver::make_page() {
    while (out_.size() < page_bytes_ && !ended_) {
        if (next_partition_ == kPartitionCount) {
            writer_->finish();
            ended_ = true;
            break;
        }
        const auto id = PartitionId(next_partition_++);
        if (counts_[id] == 0) continue;
        entries_.clear();
        index_.append_entries(id, entries_);
        writer_->entries(id, entries_.bytes());
    }
    return !out_.empty();
}

void SnapshotSaver::pump() {
    if (parts_.home.clock().now() - began_ > kTimeMax) saved_.why_not = "it would take too long to write";
    while (!failure_ && saved_.why_not.empty() && !idle_.empty() && make_page()) write_page();
    if (idle_.size() < slots_.size()) return;
    if (failure_) return finish(std::unexpected(*failure_));
    if (!saved_.why_not.empty()) return finish({});
    sync_next(0);
}

void SnapshotSaver::write_page() {
    CAIRN_CHECK(next_page_ < places_.size());
    const SnapshotPlace place = places_[next_page_++];
    const size_t slot = idle_.back();
    idle_.pop_back();
    std::memcpy(slots_[slot].data(), out_.data(), page_bytes_);
    out_.consume(page_bytes_);
    saved_.bytes += page_bytes_;
    parts_.devices[place.device]->device->write(
        parts_.home, place.offset, slots_[slot].bytes(),
        [this, slot](Result<void> written) { on_written(slot, std::move(written)); });
}

void SnapshotSaver::on_written(size_t slot, Result<void> written) {
    idle_.push_back(slot);
    if (!written && !failure_) failure_ = written.error();
    pump();
}

void SnapshotSaver::sync_next(size_t device) {
    if (device == parts_.devices.size()) return finish({});
    parts_.devices[device]->device->sync(parts_.home, [this, device](const Result<void>& synced) {
        if (!synced) return finish(std::unexpected(synced.error()));
        sync_next(device + 1);
    });
}

void SnapshotSaver::finish(Result<void> outcome) {
    auto done = std::exchange(done_, nullptr);
    if (!outcome) return done(std::unexpected(outcome.error()));
    if (!saved_.why_not.empty()) saved_.id = 0;
    done(std::move(saved_));
}

}  // namespace cairn::storage
