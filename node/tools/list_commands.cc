#include <CLI/CLI.hpp>

#include "node/tools/command_line.h"
#include "node/tools/lists.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {

std::string as_rate(const Json& value) { return value.is_number() ? decimal(value.get<double>(), 1) : plain(value); }
std::string as_share(const Json& value) { return value.is_number() ? decimal(value.get<double>(), 2) : plain(value); }

runtime::Task<Result<Json>> namespace_statistics(Session& session, std::string ns) {
    auto text = co_await session.info("namespace/" + ns);
    if (!text) co_return std::unexpected(text.error());
    if (text->starts_with("type=unknown")) co_return fail("the node has no namespace '" + ns + "'");
    co_return typed_pairs(*text);
}

runtime::Task<Result<Json>> namespace_rows(Session& session) {
    const auto names = co_await session.info("namespaces");
    if (!names) co_return std::unexpected(names.error());
    Json rows = Json::array();
    for (const auto name : split(*names, ';')) {
        auto all = co_await namespace_statistics(session, std::string(name));
        if (!all) co_return std::unexpected(all.error());
        Json row = {{"namespace", name}};
        const std::pair<const char*, const char*> kTaken[] = {
            {"objects", "objects"},
            {"memory_used_bytes", "data_used_bytes"},
            {"index_used_bytes", "index_used_bytes"},
            {"memory_limit_bytes", "data_total_bytes"},
            {"memory_used_pct", "data_used_pct"},
            {"stop_writes", "stop_writes"},
            {"stop_writes_used_pct", "storage-engine.stop-writes-used-pct"},
            {"stop_writes_avail_pct", "storage-engine.stop-writes-avail-pct"},
            {"default_ttl", "default-ttl"},
            {"nsup_period", "nsup-period"},
            {"replication_factor", "effective_replication_factor"},
        };
        for (const auto& [key, from] : kTaken) {
            if (all->contains(from)) row[key] = (*all)[from];
        }
        if (all->contains("data_avail_pct")) row["memory_held_pct"] = 100 - all->value("data_avail_pct", 100.0);
        rows.push_back(std::move(row));
    }
    co_return rows;
}

runtime::Task<Result<Json>> latency_rows(Session& session) {
    const auto text = co_await session.info("latencies:");
    if (!text) co_return std::unexpected(text.error());
    Json rows = Json::array();
    for (const auto entry : split(*text, ';')) {
        const size_t colon = entry.rfind(':');
        const auto fields = split(entry.substr(std::min(colon, entry.size() - 1) + 1), ',');
        if (colon == entry.npos || fields.size() < 2) continue;  // no samples yet
        std::string_view operation = entry.substr(0, colon);
        Json row = {{"namespace", nullptr}, {"operation", nullptr}};
        if (const size_t end = operation.find("}-"); operation.starts_with('{') && end != operation.npos) {
            row["namespace"] = operation.substr(1, end - 1);
            operation.remove_prefix(end + 2);
        }
        row["operation"] = operation;
        row["per_second"] = typed(fields[1]);
        for (size_t at = 2; at < fields.size(); ++at) {
            row["over_" + std::to_string(1u << (at - 2)) + "_" + std::string(fields[0]) + "_pct"] = typed(fields[at]);
        }
        rows.push_back(std::move(row));
    }
    co_return rows;
}

namespace {

runtime::Task<Result<int>> namespaces(Session& session) {
    const auto rows = co_await namespace_rows(session);
    if (!rows) co_return std::unexpected(rows.error());
    session.print(session.json() ? json_line(*rows) : table(*rows, kNamespaceColumns));
    co_return 0;
}

runtime::Task<Result<int>> sets(Session& session, std::string ns) {
    if (!ns.empty()) {
        const auto known = co_await namespace_statistics(session, ns);
        if (!known) co_return std::unexpected(known.error());
    }
    const auto text = co_await session.info(ns.empty() ? "sets" : "sets/" + ns);
    if (!text) co_return std::unexpected(text.error());
    Json rows = Json::array();
    for (const auto entry : split(*text, ';')) rows.push_back(typed_pairs(entry, ':'));
    static constexpr Column kColumns[] = {{"ns", "NAMESPACE"},
                                          {"set", "SET"},
                                          {"objects", "OBJECTS", as_count},
                                          {"data_used_bytes", "DATA", as_bytes_text},
                                          {"stop-writes-count", "MAX OBJECTS", as_count},
                                          {"stop-writes-size", "MAX DATA", as_bytes_text},
                                          {"default-ttl", "DEFAULT TTL"},
                                          {"truncating", "TRUNCATING"}};
    session.print(session.json() ? json_line(rows) : table(rows, kColumns));
    co_return 0;
}

struct StatOptions {
    std::string ns;
    std::string like;
};

runtime::Task<Result<int>> stat(Session& session, StatOptions options) {
    Json all;
    if (options.ns.empty()) {
        const auto text = co_await session.info("statistics");
        if (!text) co_return std::unexpected(text.error());
        all = typed_pairs(*text);
    } else {
        auto found = co_await namespace_statistics(session, options.ns);
        if (!found) co_return std::unexpected(found.error());
        all = std::move(*found);
    }
    Json chosen = Json::object();
    for (const auto& [name, value] : all.items()) {
        if (options.like.empty() || is_like(name, options.like)) chosen[name] = value;
    }
    if (chosen.empty()) co_return fail("--like: no statistic is like '" + options.like + "'");
    session.print(session.json() ? json_line(chosen) : list(chosen));
    co_return 0;
}

runtime::Task<Result<int>> latency(Session& session) {
    const auto rows = co_await latency_rows(session);
    if (!rows) co_return std::unexpected(rows.error());
    if (session.json()) {
        session.print(json_line(*rows));
    } else if (rows->empty()) {
        session.print("No operation has been measured yet.\n");
    } else {
        const bool micro = rows->front().contains("over_1_usec_pct");
        static constexpr Column kMs[] = {{"namespace", "NAMESPACE"},
                                         {"operation", "OPERATION"},
                                         {"per_second", "PER SECOND", as_rate},
                                         {"over_1_msec_pct", ">1ms %", as_share},
                                         {"over_2_msec_pct", ">2ms %", as_share},
                                         {"over_4_msec_pct", ">4ms %", as_share},
                                         {"over_8_msec_pct", ">8ms %", as_share},
                                         {"over_16_msec_pct", ">16ms %", as_share},
                                         {"over_64_msec_pct", ">64ms %", as_share}};
        static constexpr Column kUs[] = {{"namespace", "NAMESPACE"},
                                         {"operation", "OPERATION"},
                                         {"per_second", "PER SECOND", as_rate},
                                         {"over_16_usec_pct", ">16us %", as_share},
                                         {"over_64_usec_pct", ">64us %", as_share},
                                         {"over_256_usec_pct", ">256us %", as_share},
                                         {"over_1024_usec_pct", ">1024us %", as_share},
                                         {"over_4096_usec_pct", ">4096us %", as_share},
                                         {"over_16384_usec_pct", ">16384us %", as_share}};
        session.print(micro ? table(*rows, kUs) : table(*rows, kMs));
    }
    co_return 0;
}

}  // namespace

void add_list_commands(CLI::App& app, Action& chosen) {
    app.add_subcommand("namespaces", "The namespaces: records, memory and its limit, stop-writes")->callback([&chosen] {
        chosen = namespaces;
    });

    const auto ns = std::make_shared<std::string>();
    auto* sets_app = app.add_subcommand("sets", "The sets of all namespaces, or of one");
    sets_app->add_option("NS", *ns, "Namespace");
    sets_app->callback([&chosen, ns] { chosen = [ns](Session& session) { return sets(session, *ns); }; });

    const auto options = std::make_shared<StatOptions>();
    auto* stat_app = app.add_subcommand("stat", "The statistics of the node, or of a namespace with its configuration");
    stat_app->add_option("NS", options->ns, "Namespace");
    stat_app->add_option("--like", options->like, "Only names that contain this, or fit it when it has * ? or [")
        ->option_text("PATTERN");
    stat_app->footer("EXAMPLES\n  cairnctl stat --like heap\n  cairnctl stat test --like 'client_*_success'\n");
    stat_app->callback(
        [&chosen, options] { chosen = [options](Session& session) { return stat(session, *options); }; });

    app.add_subcommand("latency", "Operations a second, and how many of them took longer than a time")
        ->callback([&chosen] { chosen = latency; });
}

}  // namespace cairn::ctl
