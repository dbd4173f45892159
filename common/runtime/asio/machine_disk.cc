#include "common/runtime/asio/machine_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/runtime/asio/asio_loop.h"
#include "common/runtime/asio/descriptor.h"
#include "common/runtime/asio/machine_device.h"

namespace cairn::runtime {
namespace {

std::unexpected<Error> file_error(const char* doing, const std::string& path, int number) {
    return fail(number == ENOENT ? ResultCode::not_found : ResultCode::server_error,
                std::string("cannot ") + doing + " '" + path + "': " + std::strerror(number));
}

}  // namespace

Result<std::string> MachineDisk::read_file(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return file_error("open", path, errno);
    std::string content;
    char chunk[16384];
    for (;;) {
        const ssize_t size = ::read(file.get(), chunk, sizeof(chunk));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return file_error("read", path, errno);
        if (size == 0) return content;
        content.append(chunk, static_cast<size_t>(size));
    }
}

Result<void> MachineDisk::write_file(const std::string& path, std::string_view content) {
    std::error_code failed;
    const auto parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failed);
    if (failed) return file_error("create the directory of", path, failed.value());

    const std::string fresh = path + ".new";
    {
        const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (file.get() < 0) return file_error("create", fresh, errno);
        while (!content.empty()) {
            const ssize_t size = ::write(file.get(), content.data(), content.size());
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) return file_error("write", fresh, errno);
            content.remove_prefix(static_cast<size_t>(size));
        }
        if (::fsync(file.get()) != 0) return file_error("make durable", fresh, errno);
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) return file_error("replace", path, errno);
    return sync_folder_of(path);
}

void MachineDisk::write_file_later(Loop& home, std::string path, std::string content, Device::Done done) {
    auto& answers = static_cast<AsioLoop&>(home).completions();
    writer_.add([this, &answers, path = std::move(path), content = std::move(content),
                 done = std::move(done)]() mutable { answers.add(std::move(done), write_file(path, content)); });
}

Result<void> MachineDisk::remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
    return sync_folder_of(path);
}

Result<std::unique_ptr<Device>> MachineDisk::open_device(const std::string& path, const DeviceOptions& options) {
    auto file = DeviceFile::open(path, options);
    if (!file) return std::unexpected(file.error());
    return std::make_unique<MachineDevice>(std::move(*file), pool_, loops_, options_.kernel_reads);
}

}  // namespace cairn::runtime
