#pragma once
#include "common/runtime/disk.h"
#include "node/backup/store.h"

namespace cairn::backup {

/// Ends of the names of backup files.
constexpr std::string_view kFileEnd = ".asb";

/// A folder of this machine; created when a backup is written.
/// @param disk  outlives it.
std::unique_ptr<Sink> open_folder(const std::string& path, runtime::Disk& disk);
/// A file, or with "-" standard output.
std::unique_ptr<Sink> open_stream(const std::string& path);

/// All files of a folder that end like backup files.
std::unique_ptr<Source> read_folder(const std::string& path);
/// A file, or with "-" standard input.
std::unique_ptr<Source> read_stream(const std::string& path);

}  // namespace cairn::backup
