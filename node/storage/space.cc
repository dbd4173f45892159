#include "node/storage/space.h"

#include <algorithm>
#include <bitset>
#include <mutex>

#include "common/base/check.h"

namespace cairn::storage {

Space::Space(std::span<const std::unique_ptr<StoreDevice>> devices, const StoreOptions& options,
             const LiveOptions& live, std::function<void()> on_short)
    : devices_(devices),
      reserve_blocks_(uint32_t(2 * options.streams)),
      options_(live),
      mutants_(options.mutants),
      on_short_(std::move(on_short)) {}

/// What defragmentation needs to finish what it began, so that it can always win space back (S9).
uint32_t Space::reserve(const StoreDevice& device) const { return reserve_blocks_ + device.blocks.count() / 100; }

bool Space::is_short() const {
    for (const auto& device : devices_) {
        if (device->free_blocks.count() < 2 * reserve(*device) + 8) return true;
    }
    return false;
}

std::expected<BlockRef, ResultCode> Space::take(Stream stream, uint32_t run) {
    const uint64_t queue_max = options_.max_write_cache.load(std::memory_order_relaxed);
    bool overloaded = false;
    std::bitset<kDevicesMax> tried;
    for (;;) {
        StoreDevice* best = nullptr;
        uint32_t best_room = 0;
        for (const auto& device : devices_) {
            const uint32_t kept = stream == Stream::defrag ? 0 : reserve(*device);
            const uint32_t free = device->free_blocks.count();
            if (free < kept + run || tried[device->index]) continue;
            if (device->queued_bytes.load(std::memory_order_relaxed) >= queue_max) {
                overloaded = true;
                continue;
            }
            if (best == nullptr || free - kept > best_room) {
                best = device.get();
                best_room = free - kept;
            }
        }
        if (best == nullptr) break;
        std::unique_lock lock(best->lock);
        const auto first = best->free_blocks.take(run);
        lock.unlock();
        if (!first) {  // it has room, but in pieces
            tried.set(best->index);
            continue;
        }
        for (uint32_t i = 0; i < run; ++i) {
            Block& block = best->blocks[*first + i];
            CAIRN_CHECK(block.live.load(std::memory_order_relaxed) == 0);
            block.run = i == 0 ? uint16_t(run) : uint16_t{1};
            block.sparse.store(false, std::memory_order_relaxed);
            block.seq.store(i == 0 ? next_seq_.fetch_add(1, std::memory_order_relaxed) : 0, std::memory_order_relaxed);
            block.state.store(i == 0 ? BlockState::open : BlockState::tail, std::memory_order_relaxed);
        }
        auto& opened = stream == Stream::defrag ? opened_by_defrag_ : opened_by_users_;
        opened.fetch_add(1, std::memory_order_relaxed);
        return BlockRef{best->index, *first};
    }
    if (emptied_count() != 0) on_short_();
    overloaded |= run == 1 && room_to_win_.load(std::memory_order_relaxed);
    return std::unexpected(overloaded ? ResultCode::device_overload : ResultCode::out_of_space);
}

void Space::add_live(BlockRef block, uint32_t units) {
    at(block).live.fetch_add(units, std::memory_order_relaxed);
    live_[block.block % live_.size()].units.fetch_add(units, std::memory_order_relaxed);
}

void Space::filled(BlockRef ref) {
    Block& block = at(ref);
    // Either this sees that the last version went, or release() sees that the block is full: both orders are total.
    block.state.store(BlockState::full, std::memory_order_seq_cst);
    empty_if_unused(ref, block);
    note_if_sparse(ref, block);
}

void Space::release(BlockRef ref, uint32_t units) {
    Block& block = at(ref);
    const uint32_t before = block.live.fetch_sub(units, std::memory_order_seq_cst);
    CAIRN_CHECK(before >= units);
    live_[ref.block % live_.size()].units.fetch_sub(units, std::memory_order_relaxed);
    if (before == units) {
        empty_if_unused(ref, block);
    } else {
        note_if_sparse(ref, block);
    }
}

void Space::empty_if_unused(BlockRef ref, Block& block) {
    auto expected = BlockState::full;
    if (block.live.load(std::memory_order_seq_cst) != 0 ||
        !block.state.compare_exchange_strong(expected, BlockState::emptied, std::memory_order_seq_cst)) {
        return;
    }
    {
        std::lock_guard lock(lock_);
        emptied_.push_back(ref);
        emptied_count_.store(emptied_.size(), std::memory_order_relaxed);
    }
    if (is_short()) on_short_();
}

void Space::note_if_sparse(BlockRef ref, Block& block) {
    if (block.sparse.load(std::memory_order_relaxed) ||
        block.state.load(std::memory_order_relaxed) != BlockState::full || !wants_defrag(ref) ||
        block.sparse.exchange(true, std::memory_order_relaxed)) {
        return;
    }
    std::lock_guard lock(lock_);
    sparse_.push_back(ref);
}

std::vector<BlockRef> Space::take_emptiest(size_t most) {
    struct Candidate {
        uint32_t fill_pct;
        BlockRef block;
    };
    std::vector<Candidate> found;
    for (const auto& device : devices_) {
        for (uint32_t i = 0; i < device->blocks.count(); ++i) {
            const Block& block = device->blocks[i];
            if (block.run != 1 || block.state.load(std::memory_order_relaxed) != BlockState::full) continue;
            const BlockRef ref{device->index, i};
            const uint32_t fill = fill_pct(ref);
            if (fill < kPackedPct) found.push_back({fill, ref});
        }
    }
    std::ranges::sort(found, {}, &Candidate::fill_pct);
    std::vector<BlockRef> taken;
    for (const Candidate& each : found) {
        if (taken.size() == most) break;
        if (!at(each.block).sparse.exchange(true, std::memory_order_relaxed)) taken.push_back(each.block);
    }
    return taken;
}

bool Space::wants_defrag(BlockRef ref) const {
    const uint32_t lwm_pct = options_.defrag_lwm_pct.load(std::memory_order_relaxed);
    const bool sparse = lwm_pct != 0 && at(ref).run == 1 && fill_pct(ref) < lwm_pct;
    return sparse || devices_[ref.device]->has_old_key(ref.block);
}

uint64_t Space::old_key_count() const {
    uint64_t count = 0;
    for (const auto& device : devices_) {
        if (!device->previous_key) continue;
        for (uint32_t block = 0; block < device->blocks.count(); ++block) {
            count += device->blocks[block].live.load(std::memory_order_relaxed) != 0 && device->has_old_key(block);
        }
    }
    return count;
}

void Space::look_for_sparse() {
    for (const auto& device : devices_) {
        for (uint32_t block = 0; block < device->blocks.count(); ++block) {
            look_for_sparse({device->index, block});
        }
    }
}

uint32_t Space::fill_pct(BlockRef block) const {
    const uint64_t live = at(block).live.load(std::memory_order_relaxed);
    return uint32_t(live * 100 / devices_[block.device]->block_units());
}

std::vector<BlockRef> Space::take_emptied() {
    std::lock_guard lock(lock_);
    emptied_count_.store(0, std::memory_order_relaxed);
    return std::exchange(emptied_, {});
}

std::vector<BlockRef> Space::take_sparse() {
    std::lock_guard lock(lock_);
    return std::exchange(sparse_, {});
}

void Space::free(BlockRef ref) {
    StoreDevice& device = *devices_[ref.device];
    const uint32_t run = device.blocks[ref.block].run;
    std::lock_guard lock(device.lock);
    for (uint32_t block = ref.block; block < ref.block + run; ++block) {
        device.blocks[block].state.store(BlockState::free, std::memory_order_relaxed);
        device.free_blocks.add(block);
    }
    device.blocks[ref.block].run = 1;
}

std::vector<BlockRef> Space::take_for_snapshot(uint64_t blocks) {
    std::vector<BlockRef> taken;
    if (blocks > free_count()) return taken;
    while (taken.size() < blocks) {
        for (const auto& device : devices_) {
            if (taken.size() == blocks) break;
            std::lock_guard lock(device->lock);
            if (const auto block = device->free_blocks.take(1)) taken.push_back({device->index, *block});
        }
    }
    return taken;
}

void Space::begin() {
    for (const auto& device : devices_) {
        BlockTable& blocks = device->blocks;
        device->free_blocks.init(blocks.count());
        for (uint32_t i = 0; i < blocks.count(); ++i) {
            Block& block = blocks[i];
            if (block.state.load(std::memory_order_relaxed) == BlockState::bad) continue;
            if (block.live.load(std::memory_order_relaxed) == 0) {
                block.run = 1;
                block.state.store(BlockState::free, std::memory_order_relaxed);
                device->free_blocks.add(i);
                continue;
            }
            for (uint32_t tail = i + 1; tail < i + block.run; ++tail) {
                CAIRN_CHECK(blocks[tail].live.load(std::memory_order_relaxed) == 0);
                blocks[tail].state.store(BlockState::tail, std::memory_order_relaxed);
            }
            filled({device->index, i});
            i += block.run - 1u;
        }
    }
}

uint64_t Space::live_bytes() const {
    int64_t units = 0;
    for (const Count& count : live_) units += count.units.load(std::memory_order_relaxed);
    return units < 0 ? 0 : uint64_t(units) * record::kUnit;
}

uint64_t Space::free_count() const {
    uint64_t sum = 0;
    for (const auto& device : devices_) sum += device->free_blocks.count();
    return sum;
}

uint64_t Space::total_count() const {
    uint64_t sum = 0;
    for (const auto& device : devices_) sum += device->blocks.count();
    return sum;
}

}  // namespace cairn::storage
