// cairn-dump: the records on devices as lines of JSON.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "common/runtime/asio/asio_machine.h"
#include "node/storage/tools/command_line.h"

int main(int argc, char** argv) {
    using namespace cairn;
    const auto parsed = storage::parse_dump_line(argc, argv, [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return std::string(value == nullptr ? "" : value);
    });
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    // Ends the run when its reader has left, as with every other filter.
    std::signal(SIGPIPE, SIG_DFL);
    runtime::AsioMachine machine(1);
    const bool good = storage::dump(
        machine.disk(), std::get<storage::DumpSettings>(parsed),
        [](const std::string& line) { return std::fwrite(line.data(), 1, line.size(), stdout) == line.size(); },
        [](const std::string& sentence) { std::fprintf(stderr, "cairn-dump: %s\n", sentence.c_str()); });
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        std::fprintf(stderr, "cairn-dump: standard output cannot be written\n");
        return EXIT_FAILURE;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
