// cairn-check: whether what stands on devices is whole.
#include <cstdio>
#include <cstdlib>

#include "common/runtime/asio/asio_machine.h"
#include "node/storage/tools/command_line.h"

int main(int argc, char** argv) {
    using namespace cairn;
    const auto parsed = storage::parse_check_line(argc, argv, [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return std::string(value == nullptr ? "" : value);
    });
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    runtime::AsioMachine machine(1);
    const bool whole = storage::check(
        machine.disk(), std::get<storage::CheckSettings>(parsed),
        [](const std::string& text) { std::fputs(text.c_str(), stdout); },
        [](const std::string& sentence) { std::fprintf(stderr, "cairn-check: %s\n", sentence.c_str()); });
    if (std::fflush(stdout) != 0) {
        std::fprintf(stderr, "cairn-check: standard output cannot be written\n");
        return EXIT_FAILURE;
    }
    return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}
