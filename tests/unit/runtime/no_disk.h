#pragma once
#include "common/runtime/disk.h"

namespace cairn::runtime::test {

/// Files are never there, and cannot be written.
class NoDisk final : public Disk {
public:
    Result<std::string> read_file(const std::string&) override { return fail(ResultCode::not_found, "none"); }
    Result<void> write_file(const std::string&, std::string_view) override { return fail("none"); }
    void write_file_later(Loop&, std::string, std::string, Device::Done) override {}
    Result<void> remove_file(const std::string&) override { return fail("none"); }
    Result<std::unique_ptr<Device>> open_device(const std::string&, const DeviceOptions&) override {
        return fail("none");
    }
};

}  // namespace cairn::runtime::test
