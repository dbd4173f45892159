#include <CLI/CLI.hpp>

#include "node/tools/command_line.h"
#include "node/tools/render.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

runtime::Task<Result<int>> ping(Session& session) {
    if (const auto reached = co_await session.reach(); !reached) co_return std::unexpected(reached.error());
    auto& clock = session.loop().clock();
    clock.refresh();
    const Instant before = clock.now();
    std::vector<std::string> commands;
    for (const char* command : {"node", "build"}) commands.emplace_back(command);
    const auto values = co_await session.info(std::move(commands));
    clock.refresh();
    if (!values) co_return std::unexpected(values.error());
    const double ms = std::chrono::duration<double, std::milli>(clock.now() - before).count();
    if (session.json()) {
        session.print(json_line(Json{{"node", values->at(0)}, {"build", values->at(1)}, {"ms", ms}}));
    } else {
        session.print("node " + values->at(0) + " at " + session.settings().host.text() + ", build " + values->at(1) +
                      ", answered in " + decimal(ms, 2) + " ms\n");
    }
    co_return 0;
}

/// Nothing when the node serves; else what is missing.
std::string missing(const client::ClusterView& view) {
    if (view.partition_generation < 0) return "it owns no partitions yet";
    for (const auto& [name, replicas] : view.namespaces) {
        if (replicas.columns.empty() || replicas.columns[0].none())
            return "it owns no partitions of namespace '" + name + "' yet";
    }
    return view.namespaces.empty() ? "it has no namespaces" : "";
}

runtime::Task<Result<int>> wait(Session& session, bool ready) {
    constexpr Duration kPause = 100ms;
    auto& clock = session.loop().clock();
    const Duration most = session.settings().timeout.value_or(30s);
    const Instant end = clock.now() + most;
    while (true) {
        const auto view = co_await session.view();
        const auto why = !view ? view.error().detail : ready ? missing(*view) : "";
        if (why.empty()) {
            session.print(session.json() ? json_line(Json{{"ok", true}, {"node", view->node}})
                                         : "node " + view->node + " at " + session.settings().host.text() +
                                               (ready ? " is ready\n" : " answers\n"));
            co_return 0;
        }
        if (clock.now() + kPause > end) {
            co_return fail("wait: " + std::string(ready ? "not ready" : "no answer") + " within " +
                           decimal(std::chrono::duration<double>(most).count(), 1) + " s (--timeout): " + why);
        }
        co_await session.sleep(kPause);
    }
}

}  // namespace

void add_wait_commands(CLI::App& app, Action& chosen) {
    app.add_subcommand("ping", "Whether the node answers, and how fast")->callback([&chosen] { chosen = ping; });

    const auto ready = std::make_shared<bool>(false);
    auto* wait_app =
        app.add_subcommand("wait", "Wait until the node answers; for scripts. --timeout is 30s unless given");
    wait_app->add_flag("--ready", *ready,
                       "Until it also owns partitions of all its namespaces, so that it serves records");
    wait_app->footer("EXAMPLES\n  cairnd & cairnctl wait --ready --timeout 10s && run-my-test\n");
    wait_app->callback([&chosen, ready] { chosen = [ready](Session& s) { return wait(s, *ready); }; });
}

}  // namespace cairn::ctl
