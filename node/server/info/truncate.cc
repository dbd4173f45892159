#include <algorithm>
#include <memory>
#include <mutex>

#include "node/server/info/changes.h"
#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

constexpr uint64_t kEpochUnixMs = kEpochUnixSeconds * 1000;
constexpr uint64_t kClockStepMs = 10;  // our clock may lag the client's by a tick of the kernel

/// What a command truncates.
struct Target {
    partition::Namespace* ns = nullptr;  // nothing: there is no such namespace here, which is not an error
    partition::Set* set = nullptr;       // nothing: the whole namespace, or no such set
    bool of_set = false;
    std::string key{};  // in the metadata of a cluster

    bool exists() const { return ns != nullptr && (!of_set || set != nullptr); }
    std::atomic<uint64_t>& lut() const { return of_set ? set->truncate_lut : ns->truncate_lut; }
};

InfoResult<Target> target_of(const InfoCommand& command, State& state, bool of_set) {
    const auto name = command.namespace_name();
    if (!name) return std::unexpected(name.error());
    Target target{state.find_namespace(*name), nullptr, of_set};
    if (!of_set) {
        if (command.parameter({"set"})) return std::unexpected(info_error(4, "unexpected set name"));
        target.key = key_of(target.ns ? target.ns->name : *name, "");
        return target;
    }
    const auto set = command.required({"set"}, partition::kSetNameMax);
    if (!set) return std::unexpected(set.error());
    target.key = key_of(target.ns ? target.ns->name : *name, *set);
    if (target.ns == nullptr) return target;
    const partition::SetId id = target.ns->sets.find(*set);
    if (id != partition::kNoSet) target.set = &target.ns->sets[id];
    return target;
}

/// Puts a truncation in force; of a namespace on devices when it is durable.
/// @param time  ms since 2010: nothing happens if a later one is in force; 0: none any more.
Result<void> set_lut(const Target& target, uint64_t time, State& state) {
    std::atomic<uint64_t>& lut = target.lut();
    if (target.ns->store) return state.keep_truncation(lut, time);
    if (time == 0) lut.store(0);
    uint64_t seen = lut.load();
    while (seen < time && !lut.compare_exchange_weak(seen, time)) {
    }
    return {};
}

/// The time (ms since 2010) before which records are to go; the command gives nanoseconds since 1970.
InfoResult<uint64_t> given_time(std::string_view text, uint64_t now_ms) {
    uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::unexpected(info_error(4, "would truncate to 0"));
        if (value > (UINT64_MAX - 9) / 10) return std::unexpected(info_error(4, "would truncate in the future"));
        value = value * 10 + uint64_t(c - '0');
    }
    const uint64_t unix_ms = value / 1'000'000;
    if (unix_ms <= kEpochUnixMs) return std::unexpected(info_error(4, "would truncate to 0"));
    if (unix_ms - kEpochUnixMs > now_ms + kClockStepMs)
        return std::unexpected(info_error(4, "would truncate in the future"));
    return std::min(unix_ms - kEpochUnixMs, now_ms);
}

/// Time of truncations. Records older than the time they tell are gone, to the millisecond; one written in the
/// millisecond of the command may be before it or after. So "now" is one millisecond ahead of the clock, which makes
/// what was written before go, and writes are never dated before the truncation they follow (txn/write), which keeps
/// what is written after. The next truncation must then be ahead of those writes too, however soon it comes.
class Times {
public:
    uint64_t next(uint64_t now_ms) {
        const std::lock_guard lock(mutex_);
        latest_ = std::max(now_ms, latest_) + 1;
        return latest_;
    }

private:
    std::mutex mutex_;
    uint64_t latest_ = 0;
};

std::string truncate(const InfoCommand& command, InfoSession& session, State& state, Times& times, bool of_set) {
    const auto target = target_of(command, state, of_set);
    if (!target) return target.error();
    session.clock.refresh();  // another worker may have written, and answered, since this turn began
    const uint64_t now_ms = session.clock.epoch_ms();
    uint64_t lut = 0;
    if (const auto given = command.parameter({"lut"}); given && !given->empty()) {
        const auto time = given_time(*given, now_ms);
        if (!time) return time.error();
        lut = *time;
    }
    if (lut == 0 && (target->exists() || state.change_metadata)) lut = times.next(now_ms);
    if (state.change_metadata) {
        state.log.info(log::Module::truncate, "truncate on all nodes",
                       {{"command", command.tail}, {"from", session.peer}, {"lut", lut}});
        return change_cluster(state, session, {set_of(smd::Module::truncate, target->key, std::to_string(lut))},
                              outcome_text);
    }
    if (!target->exists()) return "ok";
    if (const auto kept = set_lut(*target, lut, state); !kept) return info_error(1, kept.error().detail);
    target->ns->truncations.fetch_add(1, std::memory_order_release);
    state.log.info(log::Module::truncate, "truncate",
                   {{"command", command.tail}, {"from", session.peer}, {"lut", lut}});
    return "ok";
}

std::string undo(const InfoCommand& command, InfoSession& session, State& state, bool of_set) {
    const auto target = target_of(command, state, of_set);
    if (!target) return target.error();
    if (state.change_metadata) {
        state.log.info(log::Module::truncate, "truncate undone on all nodes",
                       {{"command", command.tail}, {"from", session.peer}});
        return change_cluster(state, session, {removal_of(smd::Module::truncate, target->key)}, outcome_text);
    }
    if (!target->exists()) return "ok";
    if (const auto kept = set_lut(*target, 0, state); !kept) return info_error(1, kept.error().detail);
    state.log.info(log::Module::truncate, "truncate undone", {{"command", command.tail}, {"from", session.peer}});
    return "ok";
}

/// Forgets what eviction ended, as far as it would expire later than `ttl` seconds from now: with the next start those
/// records may come back.
std::string reset_eviction(const InfoCommand& command, InfoSession& session, State& state) {
    const auto name = command.namespace_name();
    if (!name) return name.error();
    const auto ttl = parse_number(command.parameter({"ttl"}).value_or("0"));
    if (ttl && *ttl > UINT32_MAX) return info_error(4, "ttl too big");
    auto* ns = state.find_namespace(*name);
    if (ns == nullptr) return "ok";
    const uint64_t until = ttl.value_or(0) == 0 ? 0 : session.clock.epoch_s() + *ttl;
    ns->evictions.lower(static_cast<uint32_t>(std::min<uint64_t>(until, UINT32_MAX)));
    if (ns->store) {
        if (const auto kept = state.keep_evictions(); !kept) return info_error(1, kept.error().detail);
    }
    state.log.info(log::Module::nsup, "eviction reset", {{"command", command.tail}, {"from", session.peer}});
    return "ok";
}

}  // namespace

void add_truncate_commands(Info& info, State& state) {
    const auto times = std::make_shared<Times>();
    for (const bool of_set : {true, false}) {
        const std::string name = of_set ? "truncate" : "truncate-namespace";
        info.add(name, [&state, times, of_set](const InfoCommand& command, InfoSession& session) {
            return truncate(command, session, state, *times, of_set);
        });
        info.add(name + "-undo", [&state, of_set](const InfoCommand& command, InfoSession& session) {
            return undo(command, session, state, of_set);
        });
    }
    info.add("eviction-reset", [&state](const InfoCommand& command, InfoSession& session) {
        return reset_eviction(command, session, state);
    });
}

}  // namespace cairn::server
