#include <CLI/CLI.hpp>

#include <algorithm>

#include "node/tools/command_line.h"
#include "node/tools/render.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

struct Options {
    std::vector<std::string> commands;
    bool pretty = false;
};

bool is_pair(std::string_view text) { return text.contains('='); }

/// A list on lines: entries, and below each its fields.
std::string pretty(std::string_view value) {
    std::string text;
    for (const auto entry : split(value, ';')) {
        auto fields = split(entry, ':');
        if (fields.size() < 2 || !std::ranges::all_of(fields, is_pair)) fields.assign(1, entry);
        for (size_t at = 0; at < fields.size(); ++at) {
            text += at == 0 ? "" : "  ";
            text += std::string(fields[at]) + "\n";
        }
    }
    if (value.contains(';') || value.contains('=')) return text;
    text.clear();
    for (const auto item : split(value, ',')) text += std::string(item) + "\n";
    return text;
}

runtime::Task<Result<int>> info(Session& session, Options options) {
    auto values = co_await session.info(options.commands);
    if (!values) co_return std::unexpected(values.error());
    Json all = Json::object();
    std::string refused;
    for (size_t at = 0; at < values->size(); ++at) {
        const auto& command = options.commands[at];
        const auto& value = (*values)[at];
        all[command] = value;
        if (client::is_info_error(value)) {
            refused += (refused.empty() ? "" : "; ") + ("'" + command + "' was refused: " + refusal(value));
        } else if (!session.json()) {
            if (options.commands.size() > 1) session.print(options.pretty ? command + "\n" : command + "\t");
            session.print(options.pretty ? pretty(value) : value + "\n");
        }
    }
    if (session.json()) session.print(json_line(all));
    if (!refused.empty()) co_return fail("info: " + refused);
    co_return 0;
}

}  // namespace

void add_info_commands(CLI::App& app, Action& chosen) {
    const auto options = std::make_shared<Options>();
    auto* info_app = app.add_subcommand("info", "Send info commands as they are, and print the answers");
    info_app
        ->add_option("COMMAND", options->commands, "status, namespaces, 'latencies:', 'get-config:context=service', …")
        ->required();
    info_app->add_flag("--pretty", options->pretty, "Each entry of a list on a line of its own");
    info_app->footer("EXAMPLES\n  cairnctl info build status\n  cairnctl info --pretty namespace/test\n");
    info_app->callback(
        [&chosen, options] { chosen = [options](Session& session) { return info(session, *options); }; });
}

}  // namespace cairn::ctl
