#include "node/storage/tomb_raider.h"

#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>

#include "node/storage/format/block_walker.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;

constexpr size_t kCandidatesMax = 1 << 20;  // about 80 bytes each; more are for another survey
constexpr Duration kFlushLook = 10ms;
constexpr uint32_t kStep = 256;  // records, or tombstones, between two looks at other work

runtime::Task<bool> read(runtime::Loop& home, StoreDevice& device, uint64_t offset, MutableBytes into) {
    const auto start = [&home, &device, offset, into](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        device.device->read(home, offset, into,
                            [shared](const Result<void>& result) { std::move (*shared)(result.has_value()); });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(start, asio::use_awaitable);
}

}  // namespace

runtime::Task<RaidReport> TombRaider::raid(runtime::TaskGroup& tasks, Graves& graves) {
    RaidReport report;
    for (bool more = true; more;) {
        Candidates candidates;
        more = co_await gather(tasks, graves, candidates);
        if (candidates.empty()) break;
        report.looked_at += candidates.size();
        report.complete = co_await survey(tasks, candidates);
        if (!report.complete) break;
        uint32_t step = 0;
        for (const auto& [digest, candidate] : candidates) {
            const bool buries = candidate.sequence == 0 || candidate.oldest < candidate.sequence;
            if (!buries || parts_.options.mutants.raid_unread) report.ended += graves.end({digest, candidate.place});
            if (++step % kStep == 0 && !co_await tasks.yield()) co_return report;
        }
    }
    co_return report;
}

/// @return  whether there may be more than these.
runtime::Task<bool> TombRaider::gather(runtime::TaskGroup& tasks, Graves& graves, Candidates& candidates) {
    std::vector<Graves::Grave> some;
    while (candidates.size() < kCandidatesMax) {
        some.clear();
        const bool more = graves.some(some);
        for (const Graves::Grave& grave : some) candidates[grave.digest] = {.place = grave.place};
        if (!more) co_return false;
        if (!co_await tasks.yield()) {
            candidates.clear();
            co_return false;
        }
    }
    co_return true;
}

/// What was appended so far is on the devices, and the survey finds it there.
runtime::Task<bool> TombRaider::all_is_durable(runtime::TaskGroup& tasks) {
    for (uint32_t stream = 0; stream < parts_.streams.size(); ++stream) {
        const Ticket ticket{stream, parts_.streams[stream]->number()};
        // Not by waiting for an answer: flushing stops with the tasks, and then there would be none.
        while (!parts_.committer.is_durable(ticket)) {
            if (parts_.committer.failed() || !co_await tasks.sleep(kFlushLook)) co_return false;
        }
    }
    co_return true;
}

/// @return  false: not all could be read.
runtime::Task<bool> TombRaider::survey(runtime::TaskGroup& tasks, Candidates& candidates) {
    const bool ready = co_await all_is_durable(tasks);
    if (!ready) co_return false;
    if (parts_.options.mutants.raid_unread) co_return true;
    for (const auto& device : parts_.devices) {
        for (uint32_t block = 0; block < device->blocks.count(); ++block) {
            if (!may_hold_versions(device->blocks[block])) continue;
            const bool seen = co_await survey_block(tasks, *device, block, candidates);
            if (!seen) co_return false;
            const Duration rest = parts_.live.tomb_raider_sleep.load(std::memory_order_relaxed);
            if (!co_await tasks.sleep(rest)) co_return false;
        }
    }
    co_return true;
}

bool TombRaider::may_hold_versions(const Block& block) const {
    const BlockState state = block.state.load(std::memory_order_relaxed);
    if (parts_.options.mutants.raid_used_only && state == BlockState::free) return false;
    // A block without a sequence was never written, or is a later one of a large record's run: its beginning is
    // overwritten.
    return state == BlockState::bad || block.seq.load(std::memory_order_relaxed) != 0;
}

runtime::Task<bool> TombRaider::survey_block(runtime::TaskGroup& tasks, StoreDevice& device, uint32_t block,
                                             Candidates& candidates) {
    AlignedBuffer bytes(device.block_bytes());
    bool got = co_await read(tasks.loop(), device, device.offset_of(block), bytes.span());
    if (!got) co_return false;
    // The run of a large record, as at start-up.
    const auto header = first_chunk(bytes.bytes(), device.superblock.device_mark(), block);
    const uint64_t run = header && header->stream == Stream::large
                             ? (chunk_bytes(*header) + device.block_bytes() - 1) / device.block_bytes()
                             : 1;
    if (run > 1 && run <= device.blocks.count() - block && run <= UINT16_MAX) {
        bytes = AlignedBuffer(run * device.block_bytes());
        got = co_await read(tasks.loop(), device, device.offset_of(block), bytes.span());
        if (!got) co_return false;
    }
    BlockWalker walker(bytes.bytes(), {.device_mark = device.superblock.device_mark(),
                                       .block = block,
                                       .sector_bytes = device.superblock.sector_bytes,
                                       .block_bytes = device.block_bytes(),
                                       .durable_from_seq = device.durable_from_seq});
    uint32_t step = 0;
    while (const Head* head = walker.next()) {
        if (++step % kStep == 0 && !co_await tasks.yield()) co_return false;
        const Kind kind = Kind(uint8_t(head->kind));
        if (kind == Kind::set_name) continue;
        const auto found = candidates.find(head->digest);
        if (found == candidates.end()) continue;
        Candidate& candidate = found->second;
        if (kind == Kind::record) {
            candidate.oldest = std::min(candidate.oldest, head->sequence_number());
        } else if (device.place(block, walker.unit(), head->units) == candidate.place) {
            candidate.sequence = head->sequence_number();
        }
    }
    co_return true;
}

}  // namespace cairn::storage
