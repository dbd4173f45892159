#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/storage/tools/bodies.h"
#include "node/storage/tools/device_file.h"

/// cairn-dump: the records on devices as lines of JSON. The page of the tool: docs/cairn-check.md.
namespace cairn::storage {

struct DumpSettings {
    std::vector<std::string> paths{};
    KeySource key{};
    /// Each stored version and tombstone, and not only the newest version of each record.
    bool all = false;
    bool no_bins = false;
    std::optional<std::string> set{};
    uint64_t limit = UINT64_MAX;
};

/// One stored version as a line of JSON.
/// @param plain  its body is plain; nothing: it could not be opened.
std::string dump_line(const record::Head& stored, const record::Head* plain, std::string_view set,
                      const std::string& device, const DeviceVisitor::At& at, bool bins);

/// All of the tool but its command line.
/// @param print  takes lines; false ends the run.
/// @param warn   takes sentences about what could not be read.
/// @return  whether everything could be read.
bool dump(runtime::Disk& disk, const DumpSettings& settings, const std::function<bool(const std::string&)>& print,
          const std::function<void(const std::string&)>& warn);

}  // namespace cairn::storage
