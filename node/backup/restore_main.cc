// cairn-restore: the records of a backup, written back.
#include <cstdio>

#include "common/runtime/asio/asio_machine.h"
#include "node/backup/command_line.h"
#include "node/backup/local_store.h"
#include "node/backup/run_job.h"

namespace cairn::backup {
namespace {

int run(int argc, char** argv) {
    auto parsed = parse_restore(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    auto& command = std::get<RestoreCommand>(parsed);

    runtime::AsioMachine machine(1);
    if (const auto key = take_key(command, command.options.coding, machine.disk()); !key) {
        std::fprintf(stderr, "cairn-restore: %s\n", key.error().detail.c_str());
        return EXIT_FAILURE;
    }
    auto& loop = machine.loop(0);
    const auto source = command.directory.empty() ? read_stream(command.file) : read_folder(command.directory);
    ctl::Session session(loop, command.settings, {});
    RestoreJob job(loop, command.options, *source, session);
    std::function<void(const std::string&)> tell;
    if (!command.quiet) tell = [](const std::string& text) { std::fprintf(stderr, "\r%s\033[K", text.c_str()); };
    const auto [outcome, seconds] = run_to_end(machine, job, tell);

    std::fputs(report(job.progress(), seconds, command.settings.json).c_str(), stdout);
    if (!outcome) std::fprintf(stderr, "cairn-restore: %s\n", outcome.error().detail.c_str());
    if (outcome && job.progress().refused != 0) {
        std::fprintf(stderr, "cairn-restore: %llu records were refused: %s\n",
                     static_cast<unsigned long long>(job.progress().refused), job.refusal().c_str());
    }
    return outcome && job.progress().refused == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace cairn::backup

int main(int argc, char** argv) { return cairn::backup::run(argc, argv); }
