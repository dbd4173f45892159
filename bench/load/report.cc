#include "bench/load/report.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace cairn::bench {
namespace {

constexpr const char* kKindNames[] = {"read", "write", "batch", "scan"};

/// `amount` for each of `count`, 0 when there were none.
double per(double amount, uint64_t count) { return count == 0 ? 0 : amount / double(count); }

template <class... Args>
void add_line(std::string& text, const char* format, Args... args) {
    char line[256];
    std::snprintf(line, sizeof(line), format, args...);
    text += line;
    text += '\n';
}

nlohmann::json usage_json(const ProcessUsage& usage, const Tally& tally) {
    return {{"cpu_s", usage.cpu_s},
            {"cpu_us_per_request", per(usage.cpu_s * 1e6, tally.requests)},
            {"cpu_us_per_record", per(usage.cpu_s * 1e6, tally.records)},
            {"switches_voluntary_per_request", per(double(usage.switches_voluntary), tally.requests)},
            {"switches_involuntary_per_request", per(double(usage.switches_involuntary), tally.requests)},
            {"resident_bytes", usage.resident_bytes}};
}

}  // namespace

std::string to_text(const Options&, const Measured& measured) {
    const Tally& tally = measured.tally;
    std::string text;
    add_line(text, "%llu requests in %.2f s: %.0f/s; %llu records: %.0f/s; %llu missing, %llu errors",
             (unsigned long long)tally.requests, measured.seconds, double(tally.requests) / measured.seconds,
             (unsigned long long)tally.records, double(tally.records) / measured.seconds,
             (unsigned long long)tally.missing, (unsigned long long)tally.failed);
    for (size_t kind = 0; kind < tally.latency.size(); ++kind) {
        const auto& latency = tally.latency[kind];
        if (latency.count() == 0) continue;
        add_line(text, "%-5s us: p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  mean %.1f  (%llu)",
                 kKindNames[kind], latency.percentile_us(50), latency.percentile_us(90), latency.percentile_us(99),
                 latency.percentile_us(99.9), latency.max_us(), latency.mean_us(), (unsigned long long)latency.count());
    }
    if (const auto& server = measured.server) {
        add_line(
            text,
            "server CPU: %.3f us/request, %.4f us/record, %.0f records/s of CPU; switches/request: %.3f voluntary, "
            "%.3f involuntary; resident %.1f MB",
            per(server->cpu_s * 1e6, tally.requests), per(server->cpu_s * 1e6, tally.records),
            server->cpu_s == 0 ? 0 : double(tally.records) / server->cpu_s,
            per(double(server->switches_voluntary), tally.requests),
            per(double(server->switches_involuntary), tally.requests), double(server->resident_bytes) / 1e6);
    }
    add_line(text, "generator CPU: %.3f us/request", per(measured.generator.cpu_s * 1e6, tally.requests));
    for (size_t code = 0; code < tally.errors.size(); ++code) {
        if (tally.errors[code] != 0) {
            add_line(text, "result code %zu: %llu", code, (unsigned long long)tally.errors[code]);
        }
    }
    return text;
}

std::string to_json(const Options& options, const Measured& measured) {
    const Tally& tally = measured.tally;
    nlohmann::json json = {
        {"server_build", measured.build},
        {"nodes", measured.nodes},
        {"connections", options.connections},
        {"pipeline", options.pipeline},
        {"batch", options.batch},
        {"keys", options.keys},
        {"rate", options.rate},
        {"seconds", measured.seconds},
        {"requests", tally.requests},
        {"requests_per_s", double(tally.requests) / measured.seconds},
        {"records", tally.records},
        {"records_per_s", double(tally.records) / measured.seconds},
        {"missing", tally.missing},
        {"errors", nlohmann::json::object()},
        {"latency_us", nlohmann::json::object()},
        {"generator", usage_json(measured.generator, tally)},
    };
    for (size_t code = 0; code < tally.errors.size(); ++code) {
        if (tally.errors[code] != 0) json["errors"][std::to_string(code)] = tally.errors[code];
    }
    for (size_t kind = 0; kind < tally.latency.size(); ++kind) {
        const auto& latency = tally.latency[kind];
        if (latency.count() == 0) continue;
        json["latency_us"][kKindNames[kind]] = {
            {"count", latency.count()},         {"mean", latency.mean_us()},
            {"p50", latency.percentile_us(50)}, {"p90", latency.percentile_us(90)},
            {"p99", latency.percentile_us(99)}, {"p99_9", latency.percentile_us(99.9)},
            {"max", latency.max_us()},
        };
    }
    if (measured.server) json["server"] = usage_json(*measured.server, tally);
    return json.dump(2) + "\n";
}

}  // namespace cairn::bench
