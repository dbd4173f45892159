#include <algorithm>

#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

using query::Job;
using query::JobEnd;

std::string_view result_text(JobEnd end) {
    switch (end) {
        case JobEnd::active:
        case JobEnd::ok: return "ok";
        case JobEnd::aborted: return "user-aborted";
        case JobEnd::failed: return "abandoned-unknown";
        case JobEnd::abandoned: return "abandoned-response-error";
        case JobEnd::timed_out: return "abandoned-query-timeout";
    }
    return "ok";
}

uint64_t ms(Duration duration) {
    return static_cast<uint64_t>(
        std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()));
}

std::string job_text(const Job& job, Instant now) {
    const bool active = job.active();
    const Instant ended{job.ended_ns.load(std::memory_order_relaxed)};
    const auto load = [](const auto& value) { return value.load(std::memory_order_relaxed); };
    const uint32_t total = load(job.partitions_total);
    const double progress = total == 0 ? (active ? 0 : 100) : 100.0 * load(job.partitions_done) / total;
    std::string from = job.from;
    std::ranges::replace(from, ':', '+');  // ':' parts the fields

    std::string text;
    const auto put = [&](std::string_view key, const std::string& value) {
        text.append(text.empty() ? "" : ":").append(key).append("=").append(value);
    };
    const auto number = [&](std::string_view key, uint64_t value) { put(key, std::to_string(value)); };
    number("trid", job.id);
    put("ns", job.ns);
    if (!job.set.empty()) put("set", job.set);
    if (!job.index.empty()) put("sindex-name", job.index);
    if (job.partitions_requested + job.positions_requested != 0) {
        number("n-pids-requested", job.partitions_requested);
        number("n-keyds-requested", job.positions_requested);
    }
    number("rps", job.records_per_second);
    number("active-threads", active ? 1 : 0);
    put("status", std::string(active ? "active" : "done") + "(" + std::string(result_text(job.end.load())) + ")");
    put("job-progress", decimal(progress, 2));
    number("run-time", ms((active ? now : ended) - job.started));
    number("time-since-done", active ? 0 : ms(now - ended));
    number("recs-throttled", load(job.records_throttled));
    number("recs-filtered-meta", load(job.records_filtered_meta));
    number("recs-filtered-bins", load(job.records_filtered_bins));
    number("recs-succeeded", load(job.records_succeeded));
    number("recs-failed", load(job.records_failed));
    put("from", from);
    static constexpr std::string_view kKinds[] = {"basic", "background-ops", "background-udf"};
    put("job-type", std::string(kKinds[size_t(job.kind)]));
    number("net-io-bytes", load(job.net_bytes));
    number("net-io-time", 0);
    number("socket-timeout", job.socket_timeout_ms);
    return text;
}

/// The job a command names; nothing when it names none.
InfoResult<std::optional<uint64_t>> job_id(const InfoCommand& command) {
    const auto text = command.optional({"id", "trid"});
    if (!text) return std::unexpected(text.error());
    if (!*text) return std::nullopt;
    const auto id = parse_number(**text);
    if (!id) return std::unexpected(info_error(4, "bad id"));
    return *id;
}

std::string show(const InfoCommand& command, InfoSession& session, const State& state) {
    const auto id = job_id(command);
    if (!id) return id.error();
    if (*id) {
        const auto job = state.queries.find(**id);
        return job == nullptr ? info_error(2, "job not found") : job_text(*job, session.clock.now());
    }
    std::string text;
    for (const auto& job : state.queries.all()) text += (text.empty() ? "" : ";") + job_text(*job, session.clock.now());
    return text;
}

std::string abort(const InfoCommand& command, State& state) {
    const auto id = job_id(command);
    if (!id) return id.error();
    if (!*id) return info_error(4, "missing 'id'");
    return state.queries.abort(**id) ? "ok" : info_error(2, "id not active");
}

}  // namespace

void add_query_commands(Info& info, State& state) {
    info.add("query-show",
             [&state](const InfoCommand& command, InfoSession& session) { return show(command, session, state); });
    info.add("query-abort", [&state](const InfoCommand& command, InfoSession&) { return abort(command, state); });
    // The text that asadm takes for success.
    info.add("query-abort-all", [&state](const InfoCommand&, InfoSession&) {
        return "OK - number of queries killed: " + std::to_string(state.queries.abort_all());
    });
}

}  // namespace cairn::server
