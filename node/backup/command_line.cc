#include "node/backup/command_line.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "common/base64/base64.h"
#include "node/tools/option_value.h"
#include "node/tools/text_parts.h"

namespace cairn::backup {
namespace {

using ctl::into;

constexpr const char* kBackupText =
    R"(cairn-backup - write the records of a namespace to files, over the clients' protocol: from any server that speaks it.

The files are text of version 3.1, which asbackup and asrestore write and read, too. Each record is there as it was when
the scan met it; records written meanwhile are there in their old or their new version.)";
constexpr const char* kBackupFooter =
    R"(EXAMPLES
  cairn-backup -n test -d /backups/monday
  cairn-backup -n test -d /backups/monday --resume           after an interruption
  cairn-backup -n test -s people,places -d /backups/two-sets
  cairn-backup -n test -d /backups/new --modified-after 24h
  cairn-backup -n test -o - | gzip > test.asb.gz
  cairn-backup -n test -d /backups/safe --compress zstd --encrypt aes256 --encryption-key-file key.pem
  cairn-backup -n test -d /backups/quarter --partition-list 0-1024

EXIT STATUS
  0  everything is in the backup    1  not, the reason is on standard error    2  the command line is wrong)";
constexpr const char* kRestoreText =
    R"(cairn-restore - bring the records of a backup back, over the clients' protocol: to any server that speaks it.

Reads files of version 3.1, of cairn-backup or asbackup. Without an option, bins are merged into records that exist, and
a record of the same or a newer generation stays as it is. Times to live go on from where they were: what has expired
since is left out.)";
constexpr const char* kRestoreFooter =
    R"(EXAMPLES
  cairn-restore -d /backups/monday
  cairn-restore -d /backups/monday -n copy --no-generation
  cairn-restore -d /backups/monday -s people --unique
  cairn-restore -d /backups/monday --verify                  read it, and say what is in it
  gzip -dc test.asb.gz | cairn-restore -i -

EXIT STATUS
  0  done    1  not done, or records were refused: the reason is on standard error    2  the command line is wrong)";

void add_common(CLI::App& app, Common& common, std::string& host, std::string& timeout) {
    app.add_option("-H,--host", host, "Any node of the cluster: HOST, HOST:PORT or [IPv6]:PORT")
        ->check(into<runtime::Endpoint>(ctl::parse_host,
                                        [&](runtime::Endpoint at) { common.settings.host = std::move(at); }))
        ->option_text("HOST[:PORT] (127.0.0.1:3000)");
    app.add_option("--timeout", timeout, "How long to wait for an answer: 500ms, 5s, 2m")
        ->check(into<Duration>(ctl::parse_duration, [&](Duration time) { common.settings.timeout = time; }))
        ->option_text("TIME (30s)");
    app.add_flag("--json", common.settings.json, "Report in JSON");
    app.add_flag("-q,--quiet", common.quiet, "No progress on standard error");
}

/// Compression and encryption. @return  what checks, after parsing, that they belong together.
std::function<std::string()> add_coding(CLI::App& app, Common& common) {
    static const std::map<std::string, CipherKey::Kind> kCiphers = {{"aes128", CipherKey::Kind::aes128},
                                                                    {"aes256", CipherKey::Kind::aes256}};
    app.add_option_function<std::string>(
           "-z,--compress", [&](const std::string&) { common.coding.zstd = true; }, "Files are compressed: zstd")
        ->check(CLI::IsMember({"zstd"}))
        ->option_text("zstd");
    app.add_option_function<CipherKey::Kind>(
           "-y,--encrypt", [&](CipherKey::Kind kind) { common.cipher = kind; }, "Files are encrypted")
        ->transform(CLI::CheckedTransformer(kCiphers))
        ->option_text("aes128|aes256");
    auto* file = app.add_option("--encryption-key-file", common.key.file, "Private key that encrypts, in PEM");
    file->option_text("FILE");
    app.add_option("--encryption-key-env", common.key.variable, "Variable that has it, the base64 of its DER")
        ->excludes(file)
        ->option_text("NAME");
    return [&common]() -> std::string {
        const bool has_key = !common.key.file.empty() || !common.key.variable.empty();
        if (common.cipher && !has_key) return "--encrypt needs --encryption-key-file or --encryption-key-env";
        if (!common.cipher && has_key) return "a key was given, but not --encrypt";
        return "";
    };
}

/// Parses, and tells help and mistakes. @return  nothing when the program can go on.
std::optional<int> parse(CLI::App& app, int argc, char** argv, const std::function<std::string()>& wrong) {
    try {
        app.parse(argc, argv);
        if (const auto what = wrong(); !what.empty()) throw CLI::ValidationError(what, CLI::ExitCodes::ValidationError);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageError;
    }
    return std::nullopt;
}

Result<std::string> parse_filter(std::string_view text) {
    auto packed = decode_base64(text);
    if (!packed || packed->empty()) return fail("an expression is base64, got '" + std::string(text) + "'");
    return std::move(*packed);
}

/// "[######------]"
std::string bar_text(double part) {
    constexpr size_t kWidth = 24;
    const auto full = static_cast<size_t>(part * kWidth);
    return "[" + std::string(full, '#') + std::string(kWidth - full, '-') + "] ";
}

std::string number(uint64_t count) { return ctl::count_text(static_cast<int64_t>(count)); }

std::string rate_text(uint64_t count, double seconds) {
    return number(static_cast<uint64_t>(static_cast<double>(count) / std::max(seconds, 0.001)));
}

}  // namespace

std::variant<BackupCommand, int> parse_backup(int argc, char** argv, uint64_t now_ms) {
    BackupCommand command;
    auto& options = command.options;
    auto& plan = options.plan;
    std::string host, timeout, partitions, after_digest, filter, after, before;
    double mib_per_second = 0;
    uint64_t file_mib = 250;
    CLI::App app(kBackupText, "cairn-backup");
    app.footer(kBackupFooter);
    app.get_formatter()->column_width(30);
    add_common(app, command, host, timeout);
    const auto wrong = add_coding(app, command);
    const auto past = [&](uint64_t& into_ms) {
        return CLI::Validator(
            [&into_ms, now_ms](std::string& text) {
                const auto parsed = ctl::parse_past(text, now_ms);
                if (parsed) into_ms = *parsed;
                return parsed ? std::string() : parsed.error().detail;
            },
            "");
    };
    app.add_option("-n,--namespace", plan.ns, "Namespace")->required()->option_text("NAME");
    auto* directory = app.add_option("-d,--directory", command.directory, "Write files to this directory");
    auto* file = app.add_option("-o,--output-file", command.file, "Write one file; '-' is standard output");
    directory->excludes(file)->option_text("DIR");
    file->option_text("FILE");
    app.add_option("-s,--set", plan.sets, "Only these sets")->delimiter(',')->option_text("SET,...");
    app.add_option("-B,--bin-list", plan.bins, "Only these bins")->delimiter(',')->option_text("BIN,...");
    app.add_option("-X,--partition-list", partitions,
                   "Only these partitions: 12,100-50 (50 from 100 on), or what follows a digest (base64) in its own")
        ->check(into<Part>(parse_partitions, [&](Part wanted) { plan.part = std::move(wanted); }))
        ->option_text("FIRST[-COUNT],...");
    app.add_option("-D,--after-digest", after_digest,
                   "Only what follows this digest (base64) in its partition, and the partitions behind it")
        ->check(into<Part>(parse_after_digest, [&](Part wanted) { plan.part = std::move(wanted); }))
        ->excludes("--partition-list")
        ->option_text("DIGEST");
    app.add_option("-f,--filter-exp", filter,
                   "Only records for which this expression (base64, as clients pack it) is true")
        ->check(into<std::string>(parse_filter, [&](std::string packed) { plan.filter = std::move(packed); }))
        ->option_text("BASE64");
    app.add_flag("--no-ttl-only", plan.no_ttl_only, "Only records that never expire");
    app.add_option("-a,--modified-after", after, "Only records written since: a date, or how long ago")
        ->check(past(plan.modified_after_ms))
        ->option_text("TIME");
    app.add_option("-b,--modified-before", before, "Only records last written before")
        ->check(past(plan.modified_before_ms))
        ->option_text("TIME");
    app.add_flag("-x,--no-bins", plan.no_bins, "Digests and keys only");
    app.add_flag("-R,--no-records", plan.no_records, "No records");
    app.add_flag("-I,--no-indexes", plan.no_indexes, "No definitions of indexes");
    app.add_flag("-u,--no-udfs", plan.no_modules, "No modules");
    app.add_option("-w,--parallel", options.parallel, "Scans of each node at once")
        ->check(CLI::Range(1, 64))
        ->option_text("N (4)");
    app.add_option("-L,--records-per-second", options.records_per_second, "Limit of each scan")->option_text("N");
    app.add_option("-N,--nice", mib_per_second, "Limit of the whole backup")->option_text("MIB/S");
    app.add_option("-F,--file-limit", file_mib, "Begin another file at this size")
        ->check(CLI::Range(1, 1 << 20))
        ->option_text("MIB (250)");
    auto* resume = app.add_flag("-c,--resume", options.resume, "Go on with the unfinished backup in the directory");
    app.add_flag("-r,--remove-files", options.remove_files, "Remove an older backup from the directory")
        ->excludes(resume);
    app.add_option("-l,--compression-level", command.coding.level, "Of zstd: 1 is fastest, 22 is smallest")
        ->check(CLI::Range(1, 22))
        ->needs("--compress")
        ->option_text("1-22 (3)");
    app.set_version_flag("--version", std::string("cairn-backup ") + CAIRN_VERSION);
    if (const auto status = parse(app, argc, argv, wrong)) return *status;
    if (command.directory.empty() == command.file.empty()) {
        app.exit(CLI::RequiredError("--directory or --output-file"));
        return kUsageError;
    }
    options.bytes_per_second = static_cast<uint64_t>(mib_per_second * (1 << 20));
    options.file_bytes_max = file_mib << 20;
    return command;
}

std::variant<RestoreCommand, int> parse_restore(int argc, char** argv) {
    RestoreCommand command;
    auto& options = command.options;
    std::string host, timeout;
    bool no_generation = false, unique = false, replace = false;
    CLI::App app(kRestoreText, "cairn-restore");
    app.footer(kRestoreFooter);
    app.get_formatter()->column_width(30);
    add_common(app, command, host, timeout);
    const auto wrong = add_coding(app, command);
    auto* directory = app.add_option("-d,--directory", command.directory, "Read the backup files of this directory");
    auto* file = app.add_option("-i,--input-file", command.file, "Read one file; '-' is standard input");
    directory->excludes(file)->option_text("DIR");
    file->option_text("FILE");
    app.add_option("-n,--namespace", options.ns, "Write to this namespace instead of the backup's")
        ->option_text("NAME");
    app.add_option("-s,--set-list", options.sets, "Only these sets")->delimiter(',')->option_text("SET,...");
    app.add_option("-B,--bin-list", options.bins, "Only these bins")->delimiter(',')->option_text("BIN,...");
    auto* unique_flag = app.add_flag("-u,--unique", unique, "Leave records that exist alone");
    app.add_flag("-r,--replace", replace, "Replace records that exist, instead of merging bins")->excludes(unique_flag);
    app.add_flag("-g,--no-generation", no_generation, "Write whatever the record's generation is");
    app.add_flag("-R,--no-records", options.no_records, "No records");
    app.add_flag("-I,--no-indexes", options.no_indexes, "No definitions of indexes");
    app.add_flag("-F,--no-udfs", options.no_modules, "No modules");
    app.add_flag("--ignore-record-error", options.ignore_record_errors, "Go on after records that the server refuses");
    app.add_option("-t,--threads", options.parallel, "Files read at once")
        ->check(CLI::Range(1, 64))
        ->option_text("N (4)");
    app.add_option("--window", options.window, "Records under way of each file")
        ->check(CLI::Range(1, 65536))
        ->option_text("N (256)");
    app.add_option("-L,--records-per-second", options.records_per_second, "Limit of the whole restore")
        ->option_text("N");
    app.add_flag("--verify", options.verify, "Only read the backup and report; no server is asked");
    app.set_version_flag("--version", std::string("cairn-restore ") + CAIRN_VERSION);
    if (const auto status = parse(app, argc, argv, wrong)) return *status;
    if (command.directory.empty() == command.file.empty()) {
        app.exit(CLI::RequiredError("--directory or --input-file"));
        return kUsageError;
    }
    options.check_generation = !no_generation;
    if (unique) options.exists = client::Exists::create_only;
    if (replace) options.exists = client::Exists::replace;
    return command;
}

Result<void> take_key(const Common& command, Coding& coding, runtime::Disk& disk) {
    coding = command.coding;
    if (!command.cipher) return {};
    auto key = read_key(*command.cipher, command.key, disk);
    if (!key) return std::unexpected(key.error());
    coding.key = std::move(*key);
    return {};
}

std::string report(const BackupProgress& p, double seconds, bool json) {
    if (json) {
        return nlohmann::ordered_json{{"records", p.records},
                                      {"bytes", p.bytes},
                                      {"files", p.files},
                                      {"indexes", p.indexes},
                                      {"modules", p.modules},
                                      {"left_out", p.left_out},
                                      {"partitions", p.partitions_done},
                                      {"seconds", seconds}}
                   .dump() +
               "\n";
    }
    return number(p.records) + " records, " + number(p.indexes) + " indexes, " + number(p.modules) + " modules in " +
           number(p.files) + " files, " + ctl::bytes_text(p.bytes) + ", " + ctl::decimal(seconds, 1) + " s (" +
           rate_text(p.records, seconds) + " records/s)\n";
}

std::string report(const RestoreProgress& p, double seconds, bool json) {
    if (json) {
        return nlohmann::ordered_json{{"files", p.files},
                                      {"bytes", p.bytes},
                                      {"records", p.records},
                                      {"written", p.written},
                                      {"expired", p.expired},
                                      {"fresher", p.fresher},
                                      {"existed", p.existed},
                                      {"missing", p.missing},
                                      {"refused", p.refused},
                                      {"tried_again", p.tried_again},
                                      {"indexes", p.indexes},
                                      {"modules", p.modules},
                                      {"indexes_there", p.indexes_there},
                                      {"seconds", seconds}}
                   .dump() +
               "\n";
    }
    std::string text = number(p.records) + " records, " + number(p.indexes) + " indexes, " + number(p.modules) +
                       " modules in " + number(p.files) + " files, " + ctl::bytes_text(p.bytes) + "\n" +
                       number(p.written) + " written";
    const std::pair<uint64_t, const char*> others[] = {
        {p.expired, " expired"}, {p.fresher, " fresher"}, {p.existed, " existed"}, {p.refused, " refused"}};
    for (const auto& [count, word] : others) {
        if (count != 0) text += ", " + number(count) + word;
    }
    return text + ", " + ctl::decimal(seconds, 1) + " s (" + rate_text(p.records, seconds) + " records/s)\n";
}

std::string progress_line(const BackupProgress& p, double seconds) {
    const double part = p.partitions_wanted == 0
                            ? 1.0
                            : static_cast<double>(p.partitions_done) / static_cast<double>(p.partitions_wanted);
    std::string line = bar_text(part) + ctl::decimal(part * 100, 1) + " %, " + number(p.records) + " records, " +
                       ctl::bytes_text(p.bytes) + ", " + rate_text(p.records, seconds) + " records/s";
    if (part > 0 && part < 1)
        line += ", " + ctl::age_text(static_cast<uint64_t>(seconds / part * (1 - part))) + " to go";
    return line;
}

std::string progress_line(const RestoreProgress& p, double seconds) {
    return std::to_string(p.files) + " of " + std::to_string(p.files_wanted) + " files, " + number(p.records) +
           " records, " + ctl::bytes_text(p.bytes) + ", " + rate_text(p.records, seconds) + " records/s";
}

}  // namespace cairn::backup
