#include <CLI/CLI.hpp>

#include <algorithm>

#include "node/tools/command_line.h"
#include "node/tools/render.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

constexpr Column kColumns[] = {{"namespace", "NAMESPACE"},
                               {"node", "NODE"},
                               {"remaining", "LEFT", as_count},
                               {"initial", "OF", as_count},
                               {"sending", "SENDS", as_count},
                               {"receiving", "RECEIVES", as_count},
                               {"active", "ACTIVE", as_count},
                               {"bytes_sent", "SENT", as_bytes_text},
                               {"bytes_received", "RECEIVED", as_bytes_text},
                               {"bytes_per_second", "PER SECOND", as_bytes_text},
                               {"eta_s", "SECONDS LEFT"},
                               {"paused", "PAUSED"}};

/// A row for each namespace of each node; of a node that does not answer, one that says why.
runtime::Task<Result<Json>> gather(Session& session, std::string ns) {
    const auto nodes = co_await session.all_nodes();
    if (!nodes) co_return std::unexpected(nodes.error());
    Json rows = Json::array();
    for (Session::Node* const node : *nodes) {
        std::string trouble = node->trouble;
        std::vector<std::string> command{"cairn-migrations"};
        Result<std::vector<std::string>> told = fail(trouble);
        if (trouble.empty()) told = co_await session.info_of(*node, std::move(command));
        if (!told || client::is_info_error(told->front())) {
            rows.push_back(
                {{"node", node->view.node}, {"trouble", told ? refusal(told->front()) : told.error().detail}});
            continue;
        }
        for (const auto entry : split(told->front(), ';')) {
            const Json said = typed_pairs(entry, ':');
            if (!ns.empty() && said["ns"] != ns) continue;
            Json row{{"namespace", said["ns"]}, {"node", node->view.node}};
            for (const auto& [key, value] : said.items()) {
                if (key != "ns") row[key] = value == "unknown" ? Json() : value;
            }
            rows.push_back(std::move(row));
        }
    }
    const auto name = [](const Json& row) {
        return std::pair(row.value("namespace", std::string()), row.value("node", std::string()));
    };
    std::sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) { return name(a) < name(b); });
    co_return rows;
}

struct Sum {
    uint64_t left = 0, initial = 0, bytes_per_second = 0;
    uint64_t seconds = 0;  // of the slowest node that knows
};

Sum sum_of(const Json& rows) {
    Sum sum;
    const auto number = [](const Json& row, const char* key) {
        const auto found = row.find(key);
        return found != row.end() && found->is_number() ? found->get<uint64_t>() : 0;
    };
    for (const Json& row : rows) {
        sum.left += number(row, "remaining");
        sum.initial += std::max(number(row, "initial"), number(row, "remaining"));
        sum.bytes_per_second += number(row, "bytes_per_second");
        sum.seconds = std::max(sum.seconds, number(row, "eta_s"));
    }
    return sum;
}

/// "[#######.............]  35 %, 1,331 of 2,048 partitions left, 12.3 MiB a second, 40 s"
std::string progress_line(const Sum& sum) {
    constexpr size_t kWidth = 40;
    const uint64_t done = sum.initial - sum.left;
    const size_t filled = sum.initial == 0 ? kWidth : done * kWidth / sum.initial;
    const uint64_t percent = sum.initial == 0 ? 100 : done * 100 / sum.initial;
    std::string line = "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
                       std::to_string(percent) + " %, " + as_count(sum.left) + " of " + as_count(sum.initial) +
                       " partitions left, " + as_bytes_text(sum.bytes_per_second) + " a second";
    if (sum.seconds != 0) line += ", " + std::to_string(sum.seconds) + " s";
    return line + "\n";
}

runtime::Task<Result<int>> migrations(Session& session, std::string ns, bool watch) {
    while (true) {
        const auto rows = co_await gather(session, ns);
        if (!rows) co_return std::unexpected(rows.error());
        if (rows->empty()) co_return fail("no node has a namespace '" + ns + "'");
        const Sum sum = sum_of(*rows);
        const bool open = session.print(session.json() ? json_line(*rows)
                                        : watch        ? progress_line(sum)
                                                       : table(*rows, kColumns));
        if (!open || !watch || sum.left == 0) co_return 0;
        co_await session.sleep(1s);
    }
}

}  // namespace

void add_migration_commands(CLI::App& app, Action& chosen) {
    const auto ns = std::make_shared<std::string>();
    const auto watch = std::make_shared<bool>(false);
    auto* const command = app.add_subcommand("migrations", "What is left to be moved between the copies, of each node");
    command->add_option("NS", *ns, "Namespace");
    command->add_flag("--watch", *watch, "Once a second, until nothing is left: a bar, or with -o json the rows");
    command->callback(
        [&chosen, ns, watch] { chosen = [ns, watch](Session& session) { return migrations(session, *ns, *watch); }; });
}

}  // namespace cairn::ctl
