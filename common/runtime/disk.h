#pragma once
#include <string>

#include "common/base/result.h"

namespace cairn::runtime {

/// Small files read and written whole, before serving begins or on control paths: configuration, node id, UDF modules.
/// Calls block. (Devices and write blocks come with the storage engine: docs/status.md.)
class Disk {
public:
    virtual ~Disk() = default;

    /// @error not_found  there is no such file; any other code: the sentence names path and reason.
    virtual Result<std::string> read_file(const std::string& path) = 0;
    /// Replaces the file as a whole and makes it durable: readers see the old content or the new, never a part.
    /// Creates missing parent directories.
    virtual Result<void> write_file(const std::string& path, std::string_view content) = 0;
};

}  // namespace cairn::runtime
