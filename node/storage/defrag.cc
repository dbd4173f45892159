#include "node/storage/defrag.h"

#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>

#include "node/storage/format/block_walker.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;

constexpr uint32_t kStep = 32;  // records between two looks at other work
constexpr uint32_t kShortStep = 512;  // when writes wait for what it frees
constexpr size_t kShortLanes = 4;  // blocks at once then: most of the time of one is waiting for its read
constexpr Duration kIdle = 100ms;
constexpr Duration kNoRoom = 20ms;
/// Taken at once when space is short: to look for them costs a look at each block.
constexpr size_t kEmptiest = 16;

}  // namespace

size_t Defrag::level(BlockRef block) const {
    return std::min<size_t>(parts_.space.fill_pct(block) * kLevels / 100, kLevels - 1);
}

void Defrag::queue(const std::vector<BlockRef>& blocks) {
    for (const BlockRef block : blocks) levels_[level(block)].push_back(block);
    queued_.fetch_add(blocks.size(), std::memory_order_relaxed);
}

/// Records that fit a block badly leave garbage in it that moving them does not win: what the last blocks brought tells.
void Defrag::queue_emptiest() {
    const uint64_t emptied = done() - squeeze_.done_before;
    const uint64_t opened = parts_.space.opened_by_defrag() - squeeze_.opened_before;
    const uint64_t users_opened = parts_.space.opened_by_users();
    const uint64_t live = parts_.space.live_bytes();
    if (emptied >= kEmptiest) {
        if (opened >= emptied) {
            squeeze_.users_opened = users_opened;
            squeeze_.live_bytes = live;
        }
        squeeze_.done_before += emptied;
        squeeze_.opened_before += opened;
    }
    const bool vain = squeeze_.users_opened == users_opened && squeeze_.live_bytes == live;
    const auto blocks = vain ? std::vector<BlockRef>() : parts_.space.take_emptiest(kEmptiest);
    parts_.space.tell_room_to_win(!blocks.empty());
    queue(blocks);
}

std::optional<BlockRef> Defrag::next() {
    queue(parts_.space.take_sparse());
    const bool is_short = parts_.live.defrag_lwm_pct.load(std::memory_order_relaxed) != 0 && parts_.space.is_short();
    if (is_short && queued() == 0) queue_emptiest();
    if (queued() < parts_.live.defrag_queue_min.load(std::memory_order_relaxed) && !is_short) {
        return std::nullopt;
    }
    for (auto& blocks : levels_) {
        while (!blocks.empty()) {
            const BlockRef block = blocks.back();
            blocks.pop_back();
            queued_.fetch_sub(1, std::memory_order_relaxed);
            Block& entry = parts_.devices[block.device]->blocks[block.block];
            // It may have been emptied by overwrites meanwhile, and be in use again.
            if (entry.state.load() != BlockState::full || !entry.sparse.load() || entry.live.load() == 0) continue;
            if (is_short || parts_.space.wants_defrag(block)) return block;
            entry.sparse.store(false);  // the mark was lowered: it waits until it falls below that
            parts_.space.look_for_sparse(block);  // which it may have done just now
        }
    }
    return std::nullopt;
}

void Defrag::start(runtime::TaskGroup& tasks, Mover& mover) {
    for (size_t i = 0; i < kShortLanes; ++i) tasks.spawn(run(tasks, mover, /*when_short=*/i != 0));
}

runtime::Task<void> Defrag::run(runtime::TaskGroup& tasks, Mover& mover, bool when_short) {
    Duration rest = kIdle;
    while (co_await tasks.sleep(rest)) {
        if (parts_.committer.failed()) co_return;
        const bool is_short = parts_.space.is_short();
        const auto block = when_short && !is_short ? std::nullopt : next();
        rest = is_short ? kNoRoom : kIdle;
        if (!block) continue;
        const Outcome outcome = co_await empty(tasks, mover, *block);
        if (outcome == Outcome::stopping) co_return;
        // When space is short, users' writes wait for it: no rest then.
        rest = parts_.space.is_short() ? Duration::zero() : parts_.live.defrag_sleep.load(std::memory_order_relaxed);
        if (outcome == Outcome::emptied) {
            done_.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        levels_[level(*block)].push_back(*block);
        queued_.fetch_add(1, std::memory_order_relaxed);
        parts_.committer.begin_round();  // for what was emptied so far
        rest = std::max(rest, kNoRoom);
    }
}

runtime::Task<Defrag::Outcome> Defrag::empty(runtime::TaskGroup& tasks, Mover& mover, BlockRef block) {
    const StoreDevice& device = *parts_.devices[block.device];
    const Block& entry = device.blocks[block.block];
    const uint64_t seq = entry.seq.load(std::memory_order_relaxed);
    BufferRef resident = parts_.residents.find(block);
    AlignedBuffer read_into;
    if (!resident) {
        read_into = AlignedBuffer(size_t{entry.run} * device.block_bytes());
        reads_.fetch_add(1, std::memory_order_relaxed);
        const bool got = co_await read(tasks.loop(), block, read_into.span());
        if (!got) {
            corrupt_.fetch_add(1, std::memory_order_relaxed);
            co_return Outcome::emptied;  // it stays `sparse`, so that nobody tries again
        }
    }
    BlockWalker walker(resident ? resident->memory.bytes() : read_into.bytes(),
                       {.device_mark = device.superblock.device_mark(),
                        .block = block.block,
                        .sector_bytes = device.superblock.sector_bytes,
                        .block_bytes = device.block_bytes(),
                        .seq = seq});
    uint32_t moved = 0;
    while (const Head* head = walker.next()) {
        if (entry.live.load(std::memory_order_relaxed) == 0) break;  // the rest is garbage
        if (Kind(uint8_t(head->kind)) == Kind::set_name) continue;
        if (!move(mover, block, *head, seq, walker.unit())) {
            co_return entry.seq.load(std::memory_order_relaxed) == seq ? Outcome::no_room : Outcome::emptied;
        }
        const bool pause = ++moved % (parts_.space.is_short() ? kShortStep : kStep) == 0;
        if (pause && !co_await tasks.yield()) co_return Outcome::stopping;
    }
    if (parts_.committer.failed()) co_return Outcome::stopping;
    co_return Outcome::emptied;
}

/// @return  false: there is no room for it.
bool Defrag::move(Mover& mover, BlockRef block, const Head& stored, uint64_t seq, uint32_t unit) {
    const StoreDevice& device = *parts_.devices[block.device];
    if (!parts_.openers.open(block.device, stored, seq, unit, plain_)) {
        corrupt_.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    const Block& entry = device.blocks[block.block];
    Mover::Append append = [&](const Head& record) -> std::expected<Place, ResultCode> {
        // The block may have been freed and be in use again, with a newer version at the very same place: that the index
        // points there is not enough.
        if (entry.seq.load(std::memory_order_relaxed) != seq) {
            return std::unexpected(ResultCode::generation);
        }
        return parts_.stream.append(record);
    };
    const Place from = device.place(block.block, unit, stored.units);
    return mover.move(*reinterpret_cast<const Head*>(plain_.data()), from, append);
}

runtime::Task<bool> Defrag::read(runtime::Loop& home, BlockRef block, MutableBytes into) {
    const StoreDevice& device = *parts_.devices[block.device];
    const auto start = [&home, &device, block, into](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        device.device->read(home, device.offset_of(block.block), into,
                            [shared](const Result<void>& result) { std::move (*shared)(result.has_value()); });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(start, asio::use_awaitable);
}

}  // namespace cairn::storage
