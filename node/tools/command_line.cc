#include "node/tools/command_line.h"

#include "node/tools/option_value.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

constexpr const char* kDescription =
    R"(cairnctl - look after a Cairn node: its state, its settings, its records.

One command, one answer: a table or a few lines for people, JSON with --json for programs. It speaks the protocol of
the clients, so it works from everywhere they work, and with every server of that protocol.)";

constexpr const char* kFooter =
    R"(EXAMPLES
  cairnctl summary                              how the node is
  cairnctl status                               how the cluster is
  cairnctl -H db1:3000 namespaces               the same of a node elsewhere
  cairnctl stat test --like 'client_*_error'    some statistics
  cairnctl config set namespace test nsup-period=60
  cairnctl put test.people ada name=Ada year=1815 'likes=["poems","engines"]'
  cairnctl get test.people ada
  cairnctl scan test.people --limit 10
  cairnctl truncate test people --before 7d
  cairnctl wait --ready --timeout 30s && ./start-the-rest

ENVIRONMENT
  CAIRNCTL_HOST   the node, where --host does not say

EXIT STATUS
  0  done    1  not done, the reason is on standard error    2  the command line is wrong
  exists: 0 when the record exists, 1 when it does not

'cairnctl COMMAND --help' tells of a command. The page with the output of each: docs/cairnctl.md.)";

void fall_through(CLI::App& app) {
    for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) {
        sub->fallthrough();
        fall_through(*sub);
    }
}

}  // namespace

std::variant<Invocation, int> parse_command_line(int argc, char** argv) {
    Invocation invocation;
    auto& settings = invocation.settings;
    std::string host, timeout, output;
    CLI::App app(kDescription, "cairnctl");
    app.footer(kFooter);
    app.get_formatter()->column_width(30);
    app.add_option("-H,--host", host, "The node: HOST, HOST:PORT or [IPv6]:PORT")
        ->check(into<runtime::Endpoint>(parse_host, [&](runtime::Endpoint at) { settings.host = std::move(at); }))
        ->envname("CAIRNCTL_HOST")
        ->option_text("HOST[:PORT] (127.0.0.1:3000)");
    app.add_option("--timeout", timeout, "How long to wait for an answer: 500ms, 5s, 2m")
        ->check(into<Duration>(parse_duration, [&](Duration time) { settings.timeout = time; }))
        ->option_text("TIME (5s)");
    app.add_flag("--json", settings.json, "Answer in JSON");
    app.add_option("-o,--output", output, "How to answer: table, or json, which is --json")
        ->check(CLI::IsMember({"table", "json"}))
        ->option_text("FORMAT (table)");
    app.set_version_flag("--version", std::string("cairnctl ") + CAIRN_VERSION);
    app.require_subcommand(1);
    for (const auto add : {add_summary_command, add_cluster_commands, add_migration_commands, add_list_commands,
                           add_info_commands, add_config_commands, add_queries_commands, add_maintenance_commands,
                           add_record_commands, add_scan_command, add_wait_commands}) {
        add(app, invocation.action);
    }
    fall_through(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::RequiredError& error) {
        // A word that is no command is the better thing to name.
        const auto unknown = app.remaining();
        unknown.empty() ? app.exit(error) : app.exit(CLI::ExtrasError(unknown));
        return kUsageError;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageError;
    }
    settings.json = settings.json || output == "json";
    return invocation;
}

}  // namespace cairn::ctl
