#include <csignal>
#include <cstdio>
#include <optional>

#include "bench/load/driver.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "common/runtime/asio/asio_machine.h"

namespace cairn::bench {
namespace {

int fail_with(const std::string& reason) {
    std::fprintf(stderr, "cairn-bench: %s\n", reason.c_str());
    return 1;
}

int write_report(runtime::Machine& machine, const Options& options, const Measured& measured) {
    if (options.json != "-") std::fputs(to_text(options, measured).c_str(), stdout);
    if (options.json == "-") {
        std::fputs(to_json(options, measured).c_str(), stdout);
    } else if (!options.json.empty()) {
        const auto written = machine.disk().write_file(options.json, to_json(options, measured));
        if (!written) return fail_with("--json: " + written.error().detail);
    }
    return measured.tally.failed == 0 ? 0 : 2;
}

int run(int argc, char** argv) {
    const auto parsed = parse_options(argc, argv);
    if (const int* code = std::get_if<int>(&parsed)) return *code;
    const auto& options = std::get<Options>(parsed);

    auto plan = Plan::create(options);
    if (!plan) return fail_with(plan.error().detail);
    runtime::AsioMachine machine(options.threads);
    std::optional<Result<Measured>> outcome;
    Driver driver(machine, **plan, [&](Result<Measured> result) {
        outcome.emplace(std::move(result));
        machine.stop();
    });
    machine.on_signals({SIGINT, SIGTERM}, [&](int) { driver.finish(); });
    machine.loop(0).post([&] { driver.start(); });
    machine.run();

    if (!outcome) return fail_with("ended without a result");
    if (!*outcome) return fail_with(outcome->error().detail);
    return write_report(machine, options, **outcome);
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) { return cairn::bench::run(argc, argv); }
