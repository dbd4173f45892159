#pragma once
#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/runtime/asio/descriptor.h"
#include "common/runtime/device.h"

namespace cairn::runtime {

/// Makes the name of the file at `path` durable, or its absence.
Result<void> sync_folder_of(const std::string& path);

/// An open file or block device and its blocking calls, for any thread.
class DeviceFile {
public:
    /// Opens, locks, creates and reserves as Disk::open_device() says.
    static Result<DeviceFile> open(const std::string& path, const DeviceOptions& options);

    const std::string& path() const { return path_; }
    uint64_t size() const { return size_; }
    uint32_t sector() const { return sector_; }
    bool direct() const { return direct_; }
    int descriptor() const { return file_.get(); }

    /// Whether reads go another way than writes: through the page cache.
    bool cached_reads() const { return cached_.get() >= 0; }

    Result<void> read(uint64_t offset, uint8_t* into, size_t bytes) const;
    /// The same, never through the page cache when direct().
    Result<void> read_direct(uint64_t offset, uint8_t* into, size_t bytes) const;
    /// What a read by the kernel's queue came to. @param outcome  bytes, or a negated error number.
    Result<void> read_result(uint64_t offset, size_t bytes, int64_t outcome) const;
    Result<void> write(uint64_t offset, const uint8_t* from, size_t bytes) const;
    Result<void> sync() const;
    Result<void> discard(uint64_t offset, uint64_t bytes) const;

    /// Aborts unless the range and the address are the device's.
    void check_range(uint64_t offset, uint64_t bytes) const;
    void check_address(const void* address) const;
    void check_writable() const;

private:
    DeviceFile(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
    Result<void> open_block_device();
    Result<void> open_regular(const DeviceOptions& options);
    Result<void> reserve(uint64_t bytes);
    Result<void> fill_holes(uint64_t bytes);
    std::unexpected<Error> not_reserved(uint64_t bytes, int number) const;
    void try_direct();
    Result<void> open_cached();
    Result<void> read_from(int descriptor, uint64_t offset, uint8_t* into, size_t bytes) const;

    std::string path_;
    Descriptor file_;
    Descriptor cached_{-1};
    uint64_t size_ = 0;
    uint32_t sector_ = 4096;
    bool direct_ = false;
    bool block_device_ = false;
    bool read_only_ = false;
};

}  // namespace cairn::runtime
