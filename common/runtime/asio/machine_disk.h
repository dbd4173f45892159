#pragma once
#include "common/runtime/disk.h"

namespace cairn::runtime {

/// Files of the real machine.
class MachineDisk final : public Disk {
public:
    Result<std::string> read_file(const std::string& path) override;
    Result<void> write_file(const std::string& path, std::string_view content) override;
};

}  // namespace cairn::runtime
