// cairnd: a database node on this machine.

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "common/runtime/asio/asio_loop.h"
#include "common/runtime/asio/asio_machine.h"
#include "common/runtime/asio/descriptor_limit.h"
#include "common/runtime/asio/machine_disk.h"
#include "node/config/load.h"
#include "node/node.h"
#include "node/server/admin.h"

extern char** environ;

namespace cairn {
namespace {

struct Options {
    std::string config_file;
    bool check_config = false;
    bool print_config = false;
    bool print_schema = false;
    bool print_documentation = false;
};

constexpr Duration kStopTimeout = 2s;
constexpr Duration kCloseTimeout = 60s;  // of devices: writing out what was promised, and the index for the next start
constexpr uint64_t kOtherDescriptors = 128;  // of the process besides client connections: listeners, loops, HTTP

config::Environment environment() {
    config::Environment found;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const size_t equals = text.find('=');
        if (text.starts_with("CAIRN_") && equals != std::string_view::npos) {
            found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return found;
}

Result<NodeConfig> load_config(const Options& options) {
    if (options.config_file.empty()) return config::load_defaults(runtime::usable_memory_bytes(), environment());
    const std::vector<std::unique_ptr<runtime::AsioLoop>> no_loops;  // files alone: no device is opened
    runtime::MachineDisk disk({}, no_loops);
    const auto text = disk.read_file(options.config_file);
    if (!text) return std::unexpected(text.error());
    return config::load(*text, options.config_file, environment());
}

int fail_start(const Error& error) {
    std::fprintf(stderr, "cairnd: %s\n", error.detail.c_str());
    return EXIT_FAILURE;
}

/// The same when a node was built: its loops never ran, so nothing of it can be ended in order, or needs to be.
[[noreturn]] void end_start(const Error& error) { std::_Exit(fail_start(error)); }

/// More connections than descriptors are refused by the machine, and their clients wait: said before it happens.
void check_descriptors(const ServiceConfig& config, log::Logger& logger) {
    const uint64_t limit = runtime::raise_descriptor_limit();
    if (limit >= config.proto_fd_max + kOtherDescriptors) return;
    logger.warning(
        log::Module::config, "service.proto-fd-max is more than the limit of open files (ulimit -n) leaves room for",
        {{"proto_fd_max", config.proto_fd_max}, {"limit", limit}, {"needed", config.proto_fd_max + kOtherDescriptors}});
}

int serve(const Options& options, NodeConfig settings) {
    const size_t workers =
        settings.service.worker_threads != 0 ? settings.service.worker_threads : runtime::usable_cpus();
    settings.service.worker_threads = static_cast<uint32_t>(workers);
    log::Logger logger(settings.logging.format == LoggingConfig::Format::json ? log::Format::json : log::Format::text);
    check_descriptors(settings.service, logger);
    runtime::AsioMachine machine(workers);
    auto node = std::make_unique<Node>(machine, std::make_shared<const NodeConfig>(settings), logger);
    if (const auto started = node->start([](const Error& error) { end_start(error); }); !started) {
        end_start(started.error());
    }
    // Before anyone is told that the node is ready: who was may end it at once, and expects an orderly end.
    bool stopping = false;
    bool drained = false;
    const auto deadline = machine.loop(0).make_timer();
    machine.on_signals({SIGTERM, SIGINT, SIGHUP}, [&](int signal) {
        if (signal == SIGHUP) {
            const auto wanted = load_config(options);
            if (!wanted)
                return logger.warning(log::Module::config, "configuration not reloaded",
                                      {{"reason", wanted.error().detail}});
            const auto reloaded = node->reload(*wanted);
            return logger.info(
                log::Module::config, "configuration reloaded",
                {{"changed", reloaded.changed.size()}, {"needs_restart", reloaded.needs_restart.size()}});
        }
        if (stopping) return;
        stopping = true;
        logger.info(log::Module::service, "stopping", {{"signal", signal}});
        // A thread waits for devices, and of what it has made so far nothing is kept.
        if (node->state().loading.active()) std::_Exit(EXIT_SUCCESS);
        deadline->arm(kStopTimeout, [&] {
            if (!node->drained()) return machine.stop();
            deadline->arm(kCloseTimeout, [&] { machine.stop(); });
        });
        node->stop([&] {
            drained = true;
            machine.stop();
        });
    });

    auto admin = std::make_unique<server::Admin>(node->info(), node->state());
    const auto admin_at = admin->start();
    if (!admin_at) end_start(admin_at.error());
    logger.info(log::Module::service, "serving administrators", {{"address", admin_at->text()}});
    for (const auto& endpoint : node->endpoints()) {
        logger.info(log::Module::service, "serving clients",
                    {{"address", endpoint.text()}, {"node", node->state().identity.node_name}, {"workers", workers}});
    }
    machine.run();
    admin.reset();
    logger.info(log::Module::service, "stopped", {{"all_answered", drained}});
    // What did not end in time is not worth waiting for: nothing of it is kept.
    if (!drained) std::_Exit(EXIT_SUCCESS);
    node.reset();
    return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
    CLI::App app{"cairnd: a node of the Cairn database. Without --config it serves one namespace, 'test', in memory."};
    Options options;
    app.add_option("-c,--config", options.config_file, "Configuration file (YAML); see docs/configuration.md");
    app.add_flag("--check-config", options.check_config, "Check the configuration and exit");
    app.add_flag("--print-config", options.print_config,
                 "Print the configuration in force, defaults included, and exit");
    app.add_flag("--print-schema", options.print_schema, "Print the JSON Schema of the configuration file and exit");
    app.add_flag("--print-config-docs", options.print_documentation, "Print docs/configuration.md and exit");
    app.set_version_flag("--version",
                         std::string("cairnd ") + kCairnVersion + " (protocol build " + kProtocolBuild + ")");
    app.footer(
        "Every parameter can be set by the environment: CAIRN_SERVICE_PROTO_FD_MAX=1000,\n"
        "CAIRN_NAMESPACES_TEST_DEFAULT_TTL=1h.\n"
        "Signals: SIGTERM and SIGINT stop within 2 s, requests in flight answered; namespaces on devices may take "
        "longer\n"
        "to write out what the next start needs. SIGHUP reads the file again.");
    CLI11_PARSE(app, argc, argv);

    if (options.print_schema) return std::puts(config::schema().c_str()), EXIT_SUCCESS;
    if (options.print_documentation) return std::fputs(config::documentation().c_str(), stdout), EXIT_SUCCESS;
    auto settings = load_config(options);
    if (!settings) return fail_start(settings.error());
    if (options.print_config) return std::fputs(config::print(*settings).c_str(), stdout), EXIT_SUCCESS;
    if (options.check_config) return std::puts("configuration is valid"), EXIT_SUCCESS;
    return serve(options, *std::move(settings));
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) { return cairn::run(argc, argv); }
