#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/metrics/counter.h"
#include "common/metrics/histogram.h"

namespace cairn::txn {

using metrics::Counter;

/// Who sent a command: counted apart, under names beginning so.
enum class Origin : uint8_t { client, batch_sub, ops_sub, from_proxy, from_proxy_batch_sub };
enum class Kind : uint8_t { read, write, del, udf };

/// How commands of one origin and kind ended.
struct Outcomes {
    Counter success, error, timeout, not_found, filtered_out;
};

/// What one worker did in one namespace since the start. Written by that worker only; read by anyone.
/// Names and meanings are the statistics of `namespace/<ns>`.
struct NamespaceCounters {
    std::array<std::array<Outcomes, 4>, 5> commands;  // by Origin, Kind
    // Of other clusters, counted as the clients' too, or as passed on.
    Outcomes xdr_client_write, xdr_client_delete, xdr_from_proxy_write, xdr_from_proxy_delete;
    Counter client_tsvc_error, batch_sub_tsvc_error, ops_sub_tsvc_error;
    Counter from_proxy_tsvc_error, from_proxy_batch_sub_tsvc_error;
    struct Passed {  // on to other nodes: answered, taken by nobody, not answered in time
        Counter complete, error, timeout;
    };
    Passed client_proxy, batch_sub_proxy;
    Counter read_touch_success, read_touch_error, read_touch_skip;
    Counter fail_key_busy, fail_generation, fail_record_too_big, fail_xdr_forbidden;
    Counter deleted_last_bin, ttl_reductions_ignored, ttl_reductions_applied;
    Counter expired_objects, evicted_objects, truncated_objects;
    Counter pi_query_short_basic_complete, pi_query_short_basic_error, pi_query_short_basic_timeout;
    Counter pi_query_long_basic_complete, pi_query_long_basic_error, pi_query_long_basic_abort;
    Counter si_query_short_basic_complete, si_query_short_basic_error, si_query_short_basic_timeout;
    Counter si_query_long_basic_complete, si_query_long_basic_error, si_query_long_basic_abort;
    struct Background {
        Counter complete, error, abort;
    };
    Background pi_query_ops_bg, pi_query_udf_bg, si_query_ops_bg, si_query_udf_bg;

    metrics::Histogram read_latency, write_latency, udf_latency;
    metrics::Histogram batch_sub_read_latency, batch_sub_write_latency, batch_sub_udf_latency;
    metrics::Histogram pi_query_latency, si_query_latency;
    /// Of writes whose reply waits for other copies: from the request's arrival until these are about to be told.
    metrics::Histogram sync_local_latency;

    Outcomes& of(Origin origin, Kind kind) { return commands[size_t(origin)][size_t(kind)]; }

    /// Calls f(std::string_view statistic_name, uint64_t value) for each counter.
    template <class F>
    void for_each(F&& f) const;
};

template <class F>
void NamespaceCounters::for_each(F&& f) const {
    static constexpr std::string_view kOrigins[] = {"client", "batch_sub", "ops_sub", "from_proxy",
                                                    "from_proxy_batch_sub"};
    static constexpr std::string_view kKinds[] = {"read", "write", "delete", "udf"};
    for (size_t origin = 0; origin < std::size(kOrigins); ++origin) {
        for (size_t kind = 0; kind < 4; ++kind) {
            const Outcomes& outcomes = commands[origin][kind];
            const std::string prefix = std::string(kOrigins[origin]) + "_" + std::string(kKinds[kind]) + "_";
            f(prefix + (kind == size_t(Kind::udf) ? "complete" : "success"), outcomes.success.get());
            f(prefix + "error", outcomes.error.get());
            f(prefix + "timeout", outcomes.timeout.get());
            f(prefix + "not_found", outcomes.not_found.get());
            f(prefix + "filtered_out", outcomes.filtered_out.get());
        }
    }
#define CAIRN_XDR(origin) \
    f(std::string_view("xdr_" #origin "_write_success"), xdr_##origin##_write.success.get()); \
    f(std::string_view("xdr_" #origin "_write_error"), xdr_##origin##_write.error.get()); \
    f(std::string_view("xdr_" #origin "_delete_success"), xdr_##origin##_delete.success.get()); \
    f(std::string_view("xdr_" #origin "_delete_error"), xdr_##origin##_delete.error.get()); \
    f(std::string_view("xdr_" #origin "_delete_not_found"), xdr_##origin##_delete.not_found.get())
    CAIRN_XDR(client);
    CAIRN_XDR(from_proxy);
#undef CAIRN_XDR
#define CAIRN_PASSED(counters) \
    f(std::string_view(#counters "_complete"), (counters).complete.get()); \
    f(std::string_view(#counters "_error"), (counters).error.get()); \
    f(std::string_view(#counters "_timeout"), (counters).timeout.get())
    CAIRN_PASSED(client_proxy);
    CAIRN_PASSED(batch_sub_proxy);
#undef CAIRN_PASSED
#define CAIRN_NAMED(counter) f(std::string_view(#counter), counter.get())
    CAIRN_NAMED(client_tsvc_error);
    CAIRN_NAMED(batch_sub_tsvc_error);
    CAIRN_NAMED(ops_sub_tsvc_error);
    CAIRN_NAMED(from_proxy_tsvc_error);
    CAIRN_NAMED(from_proxy_batch_sub_tsvc_error);
    CAIRN_NAMED(read_touch_success);
    CAIRN_NAMED(read_touch_error);
    CAIRN_NAMED(read_touch_skip);
    CAIRN_NAMED(fail_key_busy);
    CAIRN_NAMED(fail_generation);
    CAIRN_NAMED(fail_record_too_big);
    CAIRN_NAMED(fail_xdr_forbidden);
    CAIRN_NAMED(deleted_last_bin);
    CAIRN_NAMED(ttl_reductions_ignored);
    CAIRN_NAMED(ttl_reductions_applied);
    CAIRN_NAMED(expired_objects);
    CAIRN_NAMED(evicted_objects);
    CAIRN_NAMED(truncated_objects);
    CAIRN_NAMED(pi_query_short_basic_complete);
    CAIRN_NAMED(pi_query_short_basic_error);
    CAIRN_NAMED(pi_query_short_basic_timeout);
    CAIRN_NAMED(pi_query_long_basic_complete);
    CAIRN_NAMED(pi_query_long_basic_error);
    CAIRN_NAMED(pi_query_long_basic_abort);
    CAIRN_NAMED(si_query_short_basic_complete);
    CAIRN_NAMED(si_query_short_basic_error);
    CAIRN_NAMED(si_query_short_basic_timeout);
    CAIRN_NAMED(si_query_long_basic_complete);
    CAIRN_NAMED(si_query_long_basic_error);
    CAIRN_NAMED(si_query_long_basic_abort);
#undef CAIRN_NAMED
#define CAIRN_BACKGROUND(counters) \
    f(std::string_view(#counters "_complete"), (counters).complete.get()); \
    f(std::string_view(#counters "_error"), (counters).error.get()); \
    f(std::string_view(#counters "_abort"), (counters).abort.get())
    CAIRN_BACKGROUND(pi_query_ops_bg);
    CAIRN_BACKGROUND(pi_query_udf_bg);
    CAIRN_BACKGROUND(si_query_ops_bg);
    CAIRN_BACKGROUND(si_query_udf_bg);
#undef CAIRN_BACKGROUND
}

}  // namespace cairn::txn
