#include "node/storage/tools/command_line.h"

#include <CLI/CLI.hpp>

namespace cairn::storage {
namespace {

constexpr const char* kCheck =
    R"(cairn-check - whether what stands on the devices of a namespace is whole.

Reads every block, verifies every checksum and changes nothing. The node that the devices belong to must be stopped.
Name all devices of the namespace together.)";

constexpr const char* kCheckFooter =
    R"(EXAMPLES
  cairn-check /var/lib/cairn/test.dat
  cairn-check --json /dev/nvme0n1 /dev/nvme1n1
  cairn-check --key-file /etc/cairn/master.key /dev/nvme0n1     opens encrypted records, too

EXIT STATUS
  0  whole    1  damaged, or a device cannot be read or does not belong to the others    2  the command line is wrong

What each line of the report means: docs/cairn-check.md.)";

constexpr const char* kDump =
    R"(cairn-dump - the records on the devices of a namespace, as lines of JSON.

Reads every block and changes nothing. The node that the devices belong to must be stopped. Name all devices of the
namespace together: which version of a record is the newest is known by all of them only. Records that were deleted but
not durably, that have expired, or that a truncate took, may be shown.)";

constexpr const char* kDumpFooter =
    R"(EXAMPLES
  cairn-dump /var/lib/cairn/test.dat | jq .bins
  cairn-dump --set people --limit 10 /dev/nvme0n1 /dev/nvme1n1
  cairn-dump --all --no-bins /dev/nvme0n1                      each stored version, and tombstones

EXIT STATUS
  0  all could be read    1  something could not, standard error says what    2  the command line is wrong

The members of a line: docs/cairn-check.md.)";

void add_common(CLI::App& app, std::vector<std::string>& paths, KeySource& key, const Environment& environment) {
    app.get_formatter()->column_width(30);
    app.add_option("DEVICE", paths, "Files or block devices")->required();
    CLI::Option* file = app.add_option("--key-file", key.file, "The master key, where records are encrypted");
    file->option_text("FILE");
    const auto look_up = [&key, environment](const std::string& name) {
        key.text = environment(name);
        if (key.text.empty()) throw CLI::ValidationError("--key-env", "the environment has no " + name);
    };
    app.add_option_function<std::string>("--key-env", look_up, "The master key in a variable of the environment")
        ->option_text("NAME")
        ->excludes(file);
    app.set_version_flag("--version", app.get_name() + " " + CAIRN_VERSION);
}

/// @return  0, or the status to end with; `ended` tells which.
int parse(CLI::App& app, int argc, char** argv, bool& ended) {
    try {
        app.parse(argc, argv);
        ended = false;
        return 0;
    } catch (const CLI::ParseError& error) {
        ended = true;
        return app.exit(error) == 0 ? 0 : kUsageError;
    }
}

}  // namespace

std::variant<CheckSettings, int> parse_check_line(int argc, char** argv, const Environment& environment) {
    CheckSettings settings;
    CLI::App app(kCheck, "cairn-check");
    app.footer(kCheckFooter);
    add_common(app, settings.paths, settings.key, environment);
    app.add_flag("--json", settings.json, "A line of JSON for each device");
    bool ended = false;
    const int status = parse(app, argc, argv, ended);
    if (ended) return status;
    return settings;
}

std::variant<DumpSettings, int> parse_dump_line(int argc, char** argv, const Environment& environment) {
    DumpSettings settings;
    CLI::App app(kDump, "cairn-dump");
    app.footer(kDumpFooter);
    add_common(app, settings.paths, settings.key, environment);
    app.add_flag("--all", settings.all, "Each stored version, and tombstones; else the newest of each record");
    app.add_option("--set", settings.set, "Only records of this set")->option_text("NAME");
    app.add_option("--limit", settings.limit, "At most so many lines")->option_text("N");
    app.add_flag("--no-bins", settings.no_bins, "Without the bins");
    bool ended = false;
    const int status = parse(app, argc, argv, ended);
    if (ended) return status;
    return settings;
}

}  // namespace cairn::storage
