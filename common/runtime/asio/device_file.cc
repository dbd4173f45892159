#include "common/runtime/asio/device_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/check.h"

namespace cairn::runtime {
namespace {

constexpr uint32_t kFileSector = 4096;

ResultCode code_of(int number) {
    if (number == ENOENT) return ResultCode::not_found;
    return number == ENOSPC || number == EDQUOT ? ResultCode::out_of_space : ResultCode::server_error;
}

std::unexpected<Error> path_error(const std::string& doing, const std::string& path, int number) {
    return fail(code_of(number), "cannot " + doing + " '" + path + "': " + std::strerror(number));
}

std::unexpected<Error> range_error(const char* doing, uint64_t bytes, uint64_t offset, const std::string& path,
                                   const std::string& reason, ResultCode code = ResultCode::server_error) {
    return fail(code, std::string("cannot ") + doing + " " + std::to_string(bytes) + " bytes at offset " +
                          std::to_string(offset) + " of '" + path + "': " + reason);
}

std::unexpected<Error> in_use(const std::string& path) {
    return fail("cannot open '" + path + "': it is in use by another process");
}

}  // namespace

Result<void> sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    const Descriptor folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) return path_error("make durable", path, errno);
    return {};
}

Result<DeviceFile> DeviceFile::open(const std::string& path, const DeviceOptions& options) {
    const bool create = options.create_bytes != 0 && !options.read_only;
    struct stat found{};
    const bool exists = ::stat(path.c_str(), &found) == 0;
    if (!exists && errno == ENOENT && create) {
        std::error_code failed;
        const auto parent = std::filesystem::path(path).parent_path();
        if (!parent.empty()) std::filesystem::create_directories(parent, failed);
        if (failed) return path_error("create the directory of", path, failed.value());
    }
    const bool block_device = exists && S_ISBLK(found.st_mode);
    if (exists && !block_device && !S_ISREG(found.st_mode))
        return fail("cannot open '" + path + "': it is neither a file nor a block device");

    int flags = O_CLOEXEC | (options.read_only ? O_RDONLY : O_RDWR);
    if (block_device && options.exclusive && !options.read_only) flags |= O_EXCL;  // nor mounted
    if (create && !block_device) flags |= O_CREAT;
    Descriptor descriptor(::open(path.c_str(), flags, 0600));
    if (descriptor.get() < 0) return errno == EBUSY ? in_use(path) : path_error("open", path, errno);
    if (options.exclusive && ::flock(descriptor.get(), (options.read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? in_use(path) : path_error("lock", path, errno);

    DeviceFile file(path, std::move(descriptor));
    file.block_device_ = block_device;
    file.read_only_ = options.read_only;
    if (auto opened = block_device ? file.open_block_device() : file.open_regular(options); !opened) {
        if (!exists) ::unlink(path.c_str());
        return std::unexpected(opened.error());
    }
    if (options.direct) file.try_direct();
    if (options.cached_reads && file.direct_) {
        if (auto opened = file.open_cached(); !opened) return std::unexpected(opened.error());
    }
    return file;
}

Result<void> DeviceFile::open_block_device() {
    int logical = 0;
    unsigned physical = 0;
    uint64_t bytes = 0;
    if (::ioctl(file_.get(), BLKSSZGET, &logical) != 0 || ::ioctl(file_.get(), BLKPBSZGET, &physical) != 0 ||
        ::ioctl(file_.get(), BLKGETSIZE64, &bytes) != 0)
        return path_error("ask for the size of", path_, errno);
    sector_ = std::max(static_cast<uint32_t>(logical), physical);
    size_ = bytes - bytes % sector_;
    return {};
}

Result<void> DeviceFile::open_regular(const DeviceOptions& options) {
    sector_ = kFileSector;
    struct stat found{};
    if (::fstat(file_.get(), &found) != 0) return path_error("ask for the size of", path_, errno);
    auto bytes = static_cast<uint64_t>(found.st_size);
    const uint64_t wanted = options.create_bytes - options.create_bytes % sector_;
    if (wanted > bytes && !options.read_only) {
        if (auto reserved = reserve(wanted); !reserved) return reserved;
        bytes = wanted;
    } else if (!options.read_only && static_cast<uint64_t>(found.st_blocks) * 512 < bytes) {
        if (auto reserved = fill_holes(bytes); !reserved) return reserved;
    }
    size_ = bytes - bytes % sector_;
    return {};
}

std::unexpected<Error> DeviceFile::not_reserved(uint64_t bytes, int number) const {
    struct statfs room{};
    std::string left;
    if (code_of(number) == ResultCode::out_of_space && ::fstatfs(file_.get(), &room) == 0)
        left = " (" + std::to_string(room.f_bavail * static_cast<uint64_t>(room.f_bsize)) + " bytes are free)";
    return fail(code_of(number), "cannot reserve " + std::to_string(bytes) + " bytes for '" + path_ +
                                     "': " + std::strerror(number) + left);
}

Result<void> DeviceFile::fill_holes(uint64_t bytes) {
    // Not posix_fallocate(): where the file system cannot reserve, that would touch every page of a file in use.
    if (::fallocate(file_.get(), 0, 0, static_cast<off_t>(bytes)) != 0) {
        if (errno == EOPNOTSUPP) return {};
        return not_reserved(bytes, errno);
    }
    if (::fsync(file_.get()) != 0) return path_error("make durable", path_, errno);
    return {};
}

Result<void> DeviceFile::reserve(uint64_t bytes) {
    // Where the file system cannot reserve, this writes: slow, but the promise holds.
    if (const int number = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes)); number != 0) {
        return not_reserved(bytes, number);
    }
    if (::fsync(file_.get()) != 0) return path_error("make durable", path_, errno);
    return sync_folder_of(path_);
}

void DeviceFile::try_direct() {
    // A tmpfs takes the flag on newer kernels, and has nothing but the page cache all the same.
    struct statfs system{};
    if (!block_device_ && ::fstatfs(file_.get(), &system) == 0 && system.f_type == TMPFS_MAGIC) return;
    const int flags = ::fcntl(file_.get(), F_GETFL);
    direct_ = flags >= 0 && ::fcntl(file_.get(), F_SETFL, flags | O_DIRECT) == 0;
}

Result<void> DeviceFile::open_cached() {
    cached_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (cached_.get() < 0) return path_error("open", path_, errno);
    ::posix_fadvise(cached_.get(), 0, 0, POSIX_FADV_RANDOM);  // records are small and anywhere: no reading ahead
    return {};
}

Result<void> DeviceFile::read(uint64_t offset, uint8_t* into, size_t bytes) const {
    return read_from(cached_reads() ? cached_.get() : file_.get(), offset, into, bytes);
}

Result<void> DeviceFile::read_direct(uint64_t offset, uint8_t* into, size_t bytes) const {
    return read_from(file_.get(), offset, into, bytes);
}

Result<void> DeviceFile::read_from(int descriptor, uint64_t offset, uint8_t* into, size_t bytes) const {
    for (size_t have = 0; have < bytes;) {
        const ssize_t size = ::pread(descriptor, into + have, bytes - have, static_cast<off_t>(offset + have));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return range_error("read", bytes, offset, path_, std::strerror(errno));
        if (size == 0) return range_error("read", bytes, offset, path_, "it has become shorter");
        have += static_cast<size_t>(size);
    }
    return {};
}

Result<void> DeviceFile::read_result(uint64_t offset, size_t bytes, int64_t outcome) const {
    if (outcome == static_cast<int64_t>(bytes)) return {};
    return range_error("read", bytes, offset, path_,
                       outcome < 0 ? std::strerror(static_cast<int>(-outcome)) : "it has become shorter");
}

Result<void> DeviceFile::write(uint64_t offset, const uint8_t* from, size_t bytes) const {
    for (size_t have = 0; have < bytes;) {
        const ssize_t size = ::pwrite(file_.get(), from + have, bytes - have, static_cast<off_t>(offset + have));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return range_error("write", bytes, offset, path_, std::strerror(errno), code_of(errno));
        if (size == 0) return range_error("write", bytes, offset, path_, "it takes nothing");
        have += static_cast<size_t>(size);
    }
    return {};
}

Result<void> DeviceFile::sync() const {
    if (::fdatasync(file_.get()) != 0) return path_error("make durable", path_, errno);
    return {};
}

Result<void> DeviceFile::discard(uint64_t offset, uint64_t bytes) const {
    uint64_t range[2] = {offset, bytes};
    const int failed = block_device_ ? ::ioctl(file_.get(), BLKDISCARD, range)
                                     : ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                                   static_cast<off_t>(offset), static_cast<off_t>(bytes));
    if (failed == 0 || errno == EOPNOTSUPP) return {};
    return range_error("discard", bytes, offset, path_, std::strerror(errno));
}

void DeviceFile::check_range(uint64_t offset, uint64_t bytes) const {
    CAIRN_CHECK(offset % sector_ == 0 && bytes % sector_ == 0 && bytes > 0);
    CAIRN_CHECK(offset <= size_ && bytes <= size_ - offset);
}

void DeviceFile::check_address(const void* address) const {
    CAIRN_CHECK(reinterpret_cast<uintptr_t>(address) % sector_ == 0);
}

void DeviceFile::check_writable() const { CAIRN_CHECK(!read_only_); }

}  // namespace cairn::runtime
