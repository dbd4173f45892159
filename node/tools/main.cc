// cairnctl: a node's state, settings and records from the command line.
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "common/runtime/asio/asio_machine.h"
#include "common/runtime/task_group.h"
#include "node/tools/command_line.h"

namespace cairn::ctl {
namespace {

int fail_with(const std::string& reason) {
    std::fprintf(stderr, "cairnctl: %s\n", reason.c_str());
    return EXIT_FAILURE;
}

bool print(std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::ferror(stdout) == 0;
}

Result<bool> confirm(const std::string& question) {
    if (isatty(STDIN_FILENO) == 0) return fail("--yes is needed where nobody can be asked");
    std::fprintf(stderr, "%s [y/N] ", question.c_str());
    std::array<char, 16> answer{};
    const bool read = std::fgets(answer.data(), answer.size(), stdin) != nullptr;
    return read && (answer[0] == 'y' || answer[0] == 'Y');
}

runtime::Task<void> perform(const Action& action, Session& session, Result<int>& outcome) {
    outcome = co_await action(session);
}

int run(int argc, char** argv) {
    const auto parsed = parse_command_line(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto& [settings, action] = std::get<Invocation>(parsed);

    // Ends a scan whose reader has left, as it does every other filter.
    std::signal(SIGPIPE, SIG_DFL);
    runtime::AsioMachine machine(1);
    runtime::TaskGroup tasks(machine.loop(0));
    Session session(machine.loop(0), settings, {print, confirm});
    Result<int> outcome = fail("ended without a result");
    machine.loop(0).post([&] {
        tasks.spawn(perform(action, session, outcome));
        tasks.stop([&] { machine.stop(); });
    });
    machine.run();

    if (!outcome) {
        fail_with(outcome.error().detail);
        return outcome.error().code == ResultCode::parameter ? kUsageError : EXIT_FAILURE;
    }
    if (std::fflush(stdout) != 0) return fail_with("standard output cannot be written");
    return *outcome;
}

}  // namespace
}  // namespace cairn::ctl

int main(int argc, char** argv) { return cairn::ctl::run(argc, argv); }
