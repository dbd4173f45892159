#pragma once
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/runtime/device.h"

namespace cairn::runtime {

/// Files and devices of a machine. All calls but write_file_later() block: for start-up, tools and control paths.
class Disk {
public:
    virtual ~Disk() = default;

    /// Small files read and written whole: configuration, node id, UDF modules.
    /// @error not_found  there is no such file; any other code: the sentence names path and reason.
    virtual Result<std::string> read_file(const std::string& path) = 0;
    /// Replaces the file as a whole and makes it durable: readers see the old content or the new, never a part.
    /// Creates missing parent directories.
    virtual Result<void> write_file(const std::string& path, std::string_view content) = 0;
    /// The same without blocking: `done` runs once, later, on `home`, when it is durable. One write of a path at a time.
    /// A process that ends before leaves the old content or the new.
    virtual void write_file_later(Loop& home, std::string path, std::string content, Device::Done done) = 0;
    /// Removes the file, durably.
    /// @error not_found  there is no such file.
    virtual Result<void> remove_file(const std::string& path) = 0;

    /// Opens a regular file or a raw block device for reading and writing at offsets. Creates a missing file, with its
    /// parent directories, when the options give it a size. Large files that are written in pieces (snapshots) are
    /// devices too. The device is destroyed before the machine.
    /// @error not_found  there is no such file or device; any other code (in use, no room, not permitted): the sentence
    ///                   names path and reason.
    virtual Result<std::unique_ptr<Device>> open_device(const std::string& path, const DeviceOptions& options) = 0;
};

}  // namespace cairn::runtime
