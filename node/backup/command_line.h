#pragma once
#include <string>
#include <variant>

#include "node/backup/backup_job.h"
#include "node/backup/restore_job.h"
#include "node/backup/secrets.h"

namespace cairn::backup {

/// What both programs ask of their caller.
struct Common {
    ctl::Settings settings{.timeout = 30s};
    std::string directory;  // one of these two
    std::string file;
    bool quiet = false;
    Coding coding = {};  // without its key
    std::optional<CipherKey::Kind> cipher = {};
    KeyPlace key = {};
};
constexpr int kUsageError = 2;

struct BackupCommand : Common {
    BackupOptions options;
};
struct RestoreCommand : Common {
    RestoreOptions options;
};

/// Read the command line; write help, version and mistakes themselves.
/// @param now_ms  milliseconds since 2010, for times given as ages.
/// @return        what to do, or the status to exit with.
std::variant<BackupCommand, int> parse_backup(int argc, char** argv, uint64_t now_ms);
std::variant<RestoreCommand, int> parse_restore(int argc, char** argv);

/// Completes how files are coded with the key that the command names.
/// @error  what is wrong with the key, naming the option.
Result<void> take_key(const Common& command, Coding& coding, runtime::Disk& disk);

/// What a run did: lines for people, or an object of JSON.
std::string report(const BackupProgress& progress, double seconds, bool json);
std::string report(const RestoreProgress& progress, double seconds, bool json);
/// One line while it runs.
std::string progress_line(const BackupProgress& progress, double seconds);
std::string progress_line(const RestoreProgress& progress, double seconds);

}  // namespace cairn::backup
