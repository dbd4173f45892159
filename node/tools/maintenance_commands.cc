#include <CLI/CLI.hpp>

#include "node/tools/command_line.h"
#include "node/tools/lists.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

struct TruncateOptions {
    std::string ns;
    std::string set;
    std::string before;
    bool yes = false;
};

/// Records that are there now. @error  there is no such namespace or set.
runtime::Task<Result<int64_t>> count(Session& session, TruncateOptions options) {
    const auto ns = co_await namespace_statistics(session, options.ns);
    if (!ns) co_return fail("truncate: " + ns.error().detail);
    if (options.set.empty()) co_return ns->value("objects", int64_t{0});
    const auto sets = co_await session.info("sets/" + options.ns);
    if (!sets) co_return std::unexpected(sets.error());
    for (const auto entry : split(*sets, ';')) {
        const auto set = client::parse_pairs(entry, ':');
        const auto name = set.find("set"), objects = set.find("objects");
        if (name == set.end() || name->second != options.set || objects == set.end()) continue;
        co_return parse_integer(objects->second).value_or(0);
    }
    co_return fail("truncate: namespace '" + options.ns + "' has no set '" + options.set + "'");
}

runtime::Task<Result<int>> truncate(Session& session, TruncateOptions options) {
    std::optional<uint64_t> before_ms;
    if (!options.before.empty()) {
        const auto time = parse_past(options.before, session.loop().clock().epoch_ms());
        if (!time) co_return misuse("--before " + time.error().detail);
        before_ms = *time;
    }
    const auto records = co_await count(session, options);
    if (!records) co_return std::unexpected(records.error());
    const std::string what =
        options.set.empty() ? "namespace " + options.ns : "set " + options.set + " of namespace " + options.ns;
    const std::string when = before_ms ? " last written before " + date_text(*before_ms / 1000) : "";
    if (!options.yes) {
        const auto sure = session.confirm("Remove for good all records of " + what + when + " (it has " +
                                          count_text(*records) + " in all)?");
        if (!sure) co_return fail("truncate: " + sure.error().detail);
        if (!*sure) co_return fail("truncate: not confirmed, nothing was removed");
    }
    std::string command = options.set.empty() ? "truncate-namespace:namespace=" + options.ns
                                              : "truncate:namespace=" + options.ns + ";set=" + options.set;
    if (before_ms) command += ";lut=" + std::to_string(*before_ms * 1'000'000);
    const auto answer = co_await session.info(command);
    if (!answer) co_return fail("truncate: " + answer.error().detail);
    if (session.json()) {
        session.print(json_line(
            Json{{"ok", true}, {"namespace", options.ns}, {"set", options.set}, {"objects_before", *records}}));
    } else {
        session.print("Truncated " + what + ": its records" + (before_ms ? when : "") +
                      " are gone for every reader; their memory is freed in the background.\n");
    }
    co_return 0;
}

}  // namespace

void add_maintenance_commands(CLI::App& app, Action& chosen) {
    const auto options = std::make_shared<TruncateOptions>();
    auto* truncate_app = app.add_subcommand("truncate", "Remove all records of a namespace or a set at once, for good");
    truncate_app->add_option("NS", options->ns, "Namespace")->required();
    truncate_app->add_option("SET", options->set, "Set; without it the whole namespace");
    truncate_app
        ->add_option("--before", options->before, "Only records last written before: a date, a time in UTC, or an age")
        ->option_text("TIME");
    truncate_app->add_flag("-y,--yes", options->yes, "Do not ask");
    truncate_app->footer(
        "EXAMPLES\n  cairnctl truncate test people\n  cairnctl truncate test --yes\n"
        "  cairnctl truncate test people --before 2026-01-31T12:00:00\n  cairnctl truncate test people --before 7d\n");
    truncate_app->callback([&chosen, options] { chosen = [options](Session& s) { return truncate(s, *options); }; });
}

}  // namespace cairn::ctl
