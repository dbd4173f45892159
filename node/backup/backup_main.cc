// cairn-backup: the records of a namespace as files.
#include <cstdio>

#include "common/runtime/asio/asio_machine.h"
#include "node/backup/command_line.h"
#include "node/backup/local_store.h"
#include "node/backup/run_job.h"

namespace cairn::backup {
namespace {

int run(int argc, char** argv) {
    runtime::AsioMachine machine(1);
    auto& loop = machine.loop(0);
    auto parsed = parse_backup(argc, argv, loop.clock().epoch_ms());
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    auto& command = std::get<BackupCommand>(parsed);
    if (const auto key = take_key(command, command.options.coding, machine.disk()); !key) {
        std::fprintf(stderr, "cairn-backup: %s\n", key.error().detail.c_str());
        return EXIT_FAILURE;
    }
    command.options.new_vector = new_vector;

    const auto sink =
        command.directory.empty() ? open_stream(command.file) : open_folder(command.directory, machine.disk());
    BackupJob job(loop, command.options, *sink,
                  [&] { return std::make_unique<ctl::Session>(loop, command.settings, ctl::Terminal{}); });
    std::function<void(const std::string&)> tell;
    if (!command.quiet) tell = [](const std::string& text) { std::fprintf(stderr, "\r%s\033[K", text.c_str()); };
    const auto [outcome, seconds] = run_to_end(machine, job, tell);

    // Standard output may be the backup itself.
    std::FILE* const out = command.file == "-" ? stderr : stdout;
    std::fputs(report(job.progress(), seconds, command.settings.json).c_str(), out);
    if (job.progress().left_out != 0) {
        std::fprintf(stderr, "cairn-backup: %llu records are not in the backup: %s\n",
                     static_cast<unsigned long long>(job.progress().left_out), job.left_out_reason().c_str());
    }
    if (!outcome) std::fprintf(stderr, "cairn-backup: %s\n", outcome.error().detail.c_str());
    return outcome && job.progress().left_out == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace cairn::backup

int main(int argc, char** argv) { return cairn::backup::run(argc, argv); }
