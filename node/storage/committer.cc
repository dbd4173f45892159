#include "node/storage/committer.h"

#include <algorithm>
#include <mutex>

#include "common/base/check.h"
#include "common/log/logger.h"

namespace cairn::storage {
namespace {

/// Emptied blocks that make a round worth its while before the next tick: it also ends the chunk that defragmentation is
/// filling, and could on small blocks make as much waste as it frees.
constexpr size_t kRoundWorth = 4;

}  // namespace

Committer::Committer(const Parts& parts)
    : parts_(parts), devices_(parts.devices.size()), streams_(parts.streams.size()) {}

void Committer::wait(runtime::Loop& home, const Ticket& ticket, std::move_only_function<void(bool)> done) {
    if (ticket.number == 0 || failed()) {
        home.post([done = std::move(done), ok = !failed()]() mutable { done(ok); });
        return;
    }
    {
        std::lock_guard lock(lock_);
        arriving_.push_back({&home, ticket, std::move(done)});
    }
    if (parts_.options.commit_to_device || failed()) wake(false);
}

void Committer::wake(bool for_space) {
    if (for_space) space_wanted_.store(true, std::memory_order_relaxed);
    if (awake_.exchange(true, std::memory_order_acq_rel)) return;
    parts_.home.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) on_wake();
    });
}

void Committer::on_wake() {
    awake_.exchange(false, std::memory_order_acq_rel);
    take_arriving();
    if (failed()) return answer();
    collect(std::nullopt);
    const bool space_wanted = space_wanted_.exchange(false, std::memory_order_relaxed);
    if (space_wanted && parts_.space.emptied_count() >= kRoundWorth) begin_round();
    answer();
    if (!parts_.options.commit_to_device || waiters_.empty()) return;
    for (uint32_t device = 0; device < devices_.size(); ++device) {
        if (has_work(device)) want_group(device);
    }
}

void Committer::take_arriving() {
    std::lock_guard lock(lock_);
    std::ranges::move(arriving_, std::back_inserter(waiters_));
    arriving_.clear();
}

void Committer::tick() {
    take_arriving();
    if (failed()) return answer();
    trim_cache();
    begin_round();
    for (uint32_t device = 0; device < devices_.size(); ++device) {
        if (!devices_[device].busy && has_work(device)) want_group(device);
    }
    answer();
}

void Committer::collect(std::optional<uint32_t> device) {
    for (size_t stream = 0; stream < parts_.streams.size(); ++stream) {
        collected_.clear();
        parts_.streams[stream]->collect(device, collected_);
        for (ClosedChunk& chunk : collected_) issue(stream, std::move(chunk));
    }
    collected_.clear();
}

void Committer::issue(size_t stream, ClosedChunk chunk) {
    if (failed()) return;
    if (chunk.ends_block) chunk.buffer->complete = true;
    if (chunk.bytes.empty()) {
        if (chunk.buffer->writes == 0) block_ended(chunk.block);
        return;
    }
    DeviceState& state = devices_[chunk.block.device];
    StreamState& of = streams_[stream];
    const uint64_t id = state.next_id++;
    state.flights.push_back({.id = id, .stream = stream, .due = of.gone + of.due.size(), .buffer = chunk.buffer});
    of.due.push_back({chunk.number, false});
    ++chunk.buffer->writes;
    if (chunk.ends_block) {
        const bool of_users = stream + 1 < parts_.streams.size();
        (of_users ? blocks_written_ : defrag_blocks_written_).fetch_add(1, std::memory_order_relaxed);
    }
    if (chunk.buffer->unsynced != 0) {
        state.flights.back().waiting = std::move(chunk);
    } else {
        launch(id, std::move(chunk));
    }
}

void Committer::launch(uint64_t id, ClosedChunk chunk) {
    StoreDevice& device = *parts_.devices[chunk.block.device];
    ++chunk.buffer->unsynced;
    ++under_way_;
    uint64_t offset = chunk.offset;
    Bytes bytes = chunk.bytes;
    if (parts_.options.mutants.rewrite_tail && offset != device.offset_of(chunk.block.block)) {
        offset -= device.sector;
        bytes = {bytes.data() - device.sector, bytes.size() + device.sector};
    }
    device.device->write(parts_.home, offset, bytes, [this, id, chunk = std::move(chunk)](Result<void> result) {
        on_written(id, chunk, std::move(result));
    });
}

void Committer::on_written(uint64_t id, const ClosedChunk& chunk, Result<void> result) {
    --under_way_;
    const uint32_t device = chunk.block.device;
    DeviceState& state = devices_[device];
    parts_.devices[device]->queued_bytes.fetch_sub(chunk.bytes.size(), std::memory_order_relaxed);
    bytes_written_.fetch_add(chunk.bytes.size(), std::memory_order_relaxed);
    --chunk.buffer->writes;
    if (!result && !parts_.options.mutants.ignore_failure) fail_all(result.error());
    if (failed()) return check_finished();
    if (chunk.buffer->complete && chunk.buffer->writes == 0) block_ended(chunk.block);
    Flight& flight = state.flights[id - state.flights.front().id];
    flight.written = true;
    if (flight.in_group && --state.group_writes == 0) continue_group(device);
}

bool Committer::has_work(uint32_t device) {
    return !devices_[device].flights.empty() ||
           std::ranges::any_of(parts_.streams, [&](const auto& stream) { return stream->pending_on(device); });
}

void Committer::want_group(uint32_t device) {
    if (devices_[device].busy) {
        devices_[device].again = true;
    } else {
        begin_group(device);
    }
}

void Committer::begin_group(uint32_t device) {
    DeviceState& state = devices_[device];
    state.busy = true;
    state.again = false;
    ++state.begun;
    collect(device);
    for (Flight& flight : state.flights) flight.in_group = true;
    continue_group(device);
}

void Committer::continue_group(uint32_t device) {
    DeviceState& state = devices_[device];
    state.group_writes = 0;
    bool done = true;
    for (const Flight& flight : state.flights) {
        if (!flight.in_group || flight.durable) continue;
        done = false;
        state.group_writes += !flight.written && !flight.waiting;
    }
    if (done) return end_group(device);
    if (state.group_writes == 0) sync_group(device);
}

void Committer::sync_group(uint32_t device) {
    for (Flight& flight : devices_[device].flights) flight.syncing = flight.written && !flight.durable;
    if (parts_.options.mutants.no_sync) {
        made_durable(device);
        return continue_group(device);
    }
    ++under_way_;
    parts_.devices[device]->device->sync(parts_.home,
                                         [this, device](const Result<void>& result) { on_synced(device, result); });
}

void Committer::on_synced(uint32_t device, const Result<void>& result) {
    --under_way_;
    if (!result && !parts_.options.mutants.ignore_failure) fail_all(result.error());
    if (failed()) return check_finished();
    made_durable(device);
    continue_group(device);
}

void Committer::made_durable(uint32_t device) {
    DeviceState& state = devices_[device];
    for (Flight& flight : state.flights) {
        if (!flight.syncing) continue;
        flight.syncing = false;
        flight.durable = true;
        --flight.buffer->unsynced;
        StreamState& stream = streams_[flight.stream];
        stream.due[flight.due - stream.gone].durable = true;
        while (!stream.due.empty() && stream.due.front().durable) {
            stream.durable = stream.due.front().number;
            stream.due.pop_front();
            ++stream.gone;
        }
    }
    for (Flight& flight : state.flights) {
        if (!flight.waiting || flight.buffer->unsynced != 0) continue;
        launch(flight.id, *std::exchange(flight.waiting, std::nullopt));
    }
    while (!state.flights.empty() && state.flights.front().durable) state.flights.pop_front();
}

void Committer::end_group(uint32_t device) {
    DeviceState& state = devices_[device];
    state.busy = false;
    state.completed = state.begun;
    take_arriving();
    answer();
    const bool waited_for = parts_.options.commit_to_device && !waiters_.empty();
    const bool round_waits = round_ && state.round_needs > state.completed;
    if (round_waits || ((state.again || waited_for) && has_work(device))) begin_group(device);
    check_round();
    check_finished();
}

void Committer::answer() {
    struct Answers {
        runtime::Loop* home;
        std::vector<std::move_only_function<void(bool)>> done;
    };
    std::vector<Answers> by_home;
    const bool ok = !failed();
    std::erase_if(waiters_, [&](Waiter& waiter) {
        if (ok && streams_[waiter.ticket.stream].durable < waiter.ticket.number) return false;
        auto of = std::ranges::find(by_home, waiter.home, &Answers::home);
        if (of == by_home.end()) of = by_home.insert(of, Answers{waiter.home, {}});
        of->done.push_back(std::move(waiter.done));
        return true;
    });
    for (Answers& answers : by_home) {
        answers.home->post([all = std::move(answers.done), ok]() mutable {
            for (auto& done : all) done(ok);
        });
    }
}

void Committer::begin_round() {
    if (failed()) return;
    if (round_) {
        round_again_ = true;
        return;
    }
    // First these, then the groups: what replaced their versions was appended before.
    round_blocks_ = parts_.space.take_emptied();
    if (round_blocks_.empty()) return;
    if (parts_.options.mutants.free_at_once) {
        for (const BlockRef block : round_blocks_) free(block);
        return round_blocks_.clear();
    }
    round_ = true;
    for (DeviceState& device : devices_) device.round_needs = device.begun + 1;
    for (uint32_t device = 0; device < devices_.size(); ++device) want_group(device);
}

void Committer::check_round() {
    if (!round_) return;
    const auto passed = [](const DeviceState& device) { return device.completed >= device.round_needs; };
    if (parts_.options.mutants.sync_own_device) {
        std::erase_if(round_blocks_, [&](BlockRef block) {
            if (!passed(devices_[block.device])) return false;
            free(block);
            return true;
        });
    }
    if (!std::ranges::all_of(devices_, passed)) return;
    round_ = false;
    for (const BlockRef block : round_blocks_) free(block);
    round_blocks_.clear();
    if (std::exchange(round_again_, false)) wake(true);
}

void Committer::free(BlockRef block) {
    parts_.residents.drop(block);
    parts_.space.free(block);
}

void Committer::block_ended(BlockRef block) {
    if (parts_.options.cache_all) return;
    const auto seq_of = [&](BlockRef ref) { return parts_.devices[ref.device]->blocks[ref.block].seq.load(); };
    cache_.push_back({block, seq_of(block)});
    trim_cache();
}

void Committer::trim_cache() {
    const auto seq_of = [&](BlockRef ref) { return parts_.devices[ref.device]->blocks[ref.block].seq.load(); };
    while (cache_.size() > parts_.live.post_write_cache.load(std::memory_order_relaxed)) {
        const Cached oldest = cache_.front();
        cache_.pop_front();
        if (seq_of(oldest.block) == oldest.seq) parts_.residents.drop(oldest.block);
    }
}

void Committer::fail_all(const Error& error) {
    if (failed()) return;
    failure_ = error.detail;
    failed_.store(true, std::memory_order_release);
    if (parts_.options.logger != nullptr) {
        parts_.options.logger->critical(log::Module::storage, "storage failed; the namespace is read-only from now on",
                                        {{"namespace", parts_.options.namespace_name}, {"error", failure_}});
    }
    take_arriving();
    answer();
}

void Committer::finish(std::move_only_function<void(Result<void>)> done) {
    finished_ = std::move(done);
    if (!failed()) {
        for (uint32_t device = 0; device < devices_.size(); ++device) want_group(device);
    }
    check_finished();
}

void Committer::check_finished() {
    if (!finished_ || under_way_ != 0) return;
    if (!failed()) {
        for (uint32_t device = 0; device < devices_.size(); ++device) {
            if (devices_[device].busy || has_work(device)) return;
        }
    }
    auto done = std::exchange(finished_, nullptr);
    if (failed()) {
        done(fail(failure_));
    } else {
        done({});
    }
}

}  // namespace cairn::storage
