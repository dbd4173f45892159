#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/runtime/clock.h"
#include "common/runtime/disk.h"

namespace cairn::udf {

constexpr size_t kModuleBytesMax = 1 << 20;

/// A script as it was registered. A module that is registered again is another one.
struct Module {
    std::string file;    // its name, with an extension
    std::string source;  // text
    uint64_t version;    // never the same for two
};

/// All modules at one moment, by file name.
using ModuleSet = std::map<std::string, std::shared_ptr<const Module>, std::less<>>;

/// Why a script does not load.
struct CompileError {
    int line = 0;  // 0: unknown
    std::string message;
};

/// Loads the script as a call would, and runs its outermost level.
/// @return  what is wrong with it; nothing when it is fine.
std::optional<CompileError> compile(std::string_view file, std::string_view source, runtime::Clock& clock);

/// Whether a module may be called so: a file name of at most 127 bytes with an extension, that leads nowhere else.
bool valid_file_name(std::string_view file);

/// The scripts of a node: kept in one file, replaced as a whole with each change. Its functions may be called from any
/// thread; those that change it wait for the disk.
class Modules {
public:
    /// @param path  of the file; empty: nothing is kept.
    Modules(runtime::Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

    /// Reads what was kept.
    /// @error server_error  the file is there, but cannot be read, or is damaged.
    Result<void> load();
    /// Registers a script that compile() has passed, in place of one of the same name.
    /// @error parameter     its name or size; any other: it could not be made durable, and nothing has changed.
    Result<void> put(std::string_view file, std::string_view source);
    /// Forgets a script, if there is one.
    Result<void> remove(std::string_view file);

    /// Has these scripts and no others from now on. Those that stay as they are stay the same modules.
    /// @param wanted  sources that compile() has passed, by file name.
    Result<void> replace(const std::map<std::string, std::string>& wanted);

    /// Published as a whole; never null.
    std::shared_ptr<const ModuleSet> all() const;

private:
    Result<void> publish(ModuleSet modules);

    runtime::Disk& disk_;
    const std::string path_;
    mutable std::mutex mutex_;  // held for a copy of a pointer, except among those who change
    std::mutex changes_;        // one change at a time
    std::shared_ptr<const ModuleSet> modules_ = std::make_shared<ModuleSet>();
    uint64_t last_version_ = 0;
};

}  // namespace cairn::udf
