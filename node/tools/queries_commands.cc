#include <CLI/CLI.hpp>

#include "node/tools/command_line.h"
#include "node/tools/render.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

std::string as_ms(const Json& value) {
    return value.is_number_integer() ? decimal(value.get<double>() / 1000, 3) + " s" : plain(value);
}

constexpr Column kColumns[] = {{"trid", "ID"},
                               {"status", "STATUS"},
                               {"job-type", "KIND"},
                               {"ns", "NAMESPACE"},
                               {"set", "SET"},
                               {"job-progress", "DONE", as_percent},
                               {"recs-succeeded", "RECORDS", as_count},
                               {"run-time", "RAN", as_ms},
                               {"rps", "LIMIT/S"},
                               {"from", "FROM"}};

runtime::Task<Result<int>> show(Session& session) {
    const auto text = co_await session.info("query-show");
    if (!text) co_return std::unexpected(text.error());
    Json rows = Json::array();
    for (const auto entry : split(*text, ';')) {
        Json row = typed_pairs(entry, ':');
        // An id may be above what a signed integer holds, and "127.0.0.1+4000" is an address.
        for (const auto field : split(entry, ':')) {
            if (field.starts_with("trid=")) row["trid"] = std::string(field.substr(5));
            if (!field.starts_with("from=")) continue;
            std::string from(field.substr(5));
            std::ranges::replace(from, '+', ':');
            row["from"] = from;
        }
        rows.push_back(std::move(row));
    }
    session.print(session.json() ? json_line(rows) : table(rows, kColumns));
    co_return 0;
}

struct AbortOptions {
    std::string id;
    bool all = false;
};

runtime::Task<Result<int>> abort(Session& session, AbortOptions options) {
    if (options.all == !options.id.empty()) co_return misuse("queries abort: give an ID or --all");
    if (!options.id.empty() && options.id.find_first_not_of("0123456789") != std::string::npos) {
        co_return misuse("queries abort: the ID must be a number, got '" + options.id + "'");
    }
    const auto answer = co_await session.info(options.all ? "query-abort-all:" : "query-abort:id=" + options.id);
    if (!answer) co_return fail("queries abort: " + answer.error().detail);
    if (session.json()) {
        session.print(json_line(Json{{"ok", true}, {"answer", *answer}}));
    } else {
        session.print(options.all ? *answer + "\n" : "query " + options.id + " is told to stop\n");
    }
    co_return 0;
}

}  // namespace

void add_queries_commands(CLI::App& app, Action& chosen) {
    auto* queries = app.add_subcommand("queries", "The scans and queries that run, and those that ran last");
    queries->require_subcommand(0, 1);
    queries->callback([&chosen, queries] {
        if (queries->get_subcommands().empty()) chosen = show;
    });
    queries->footer("EXAMPLES\n  cairnctl queries\n  cairnctl queries abort 8231\n");
    const auto options = std::make_shared<AbortOptions>();
    auto* abort_app = queries->add_subcommand("abort", "Stop a query, or all");
    abort_app->add_option("ID", options->id, "Its id in the list");
    abort_app->add_flag("--all", options->all, "All that run");
    abort_app->callback([&chosen, options] { chosen = [options](Session& s) { return abort(s, *options); }; });
}

}  // namespace cairn::ctl
