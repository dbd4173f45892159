#include "node/backup/local_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace cairn::backup {
namespace {

std::unexpected<Error> path_error(const char* doing, const std::string& path, int number) {
    return fail(number == ENOENT ? ResultCode::not_found : ResultCode::server_error,
                std::string("cannot ") + doing + " '" + path + "': " + std::strerror(number));
}

/// A descriptor with its name; the standard streams stay open.
class LocalFile final : public OutputFile, public InputFile {
public:
    LocalFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
    ~LocalFile() override {
        if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
    }
    LocalFile(const LocalFile&) = delete;
    LocalFile& operator=(const LocalFile&) = delete;

    Result<void> write(Bytes bytes) override {
        while (!bytes.empty()) {
            const ssize_t size = ::write(descriptor_, bytes.data(), bytes.size());
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) return path_error("write", path_, errno);
            bytes = bytes.subspan(static_cast<size_t>(size));
            unsent_ += size;
        }
        if (unsent_ >= kSendBytes) send();
        return {};
    }
    Result<void> sync() override {
        // A pipe or a terminal has nothing to make durable.
        if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS)
            return path_error("make durable", path_, errno);
        return {};
    }
    Result<size_t> read(MutableBytes into) override {
        while (true) {
            const ssize_t size = ::read(descriptor_, into.data(), into.size());
            if (size >= 0) return static_cast<size_t>(size);
            if (errno != EINTR) return path_error("read", path_, errno);
        }
    }

private:
    static constexpr off_t kSendBytes = 8 << 20;

    /// Tells the kernel to begin writing what it holds: sync() has little left to wait for. It may decline.
    void send() {
        (void)::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
        unsent_ = 0;
    }

    const std::string path_;
    const int descriptor_;
    off_t unsent_ = 0;  // bytes written since send()
};

Result<std::unique_ptr<LocalFile>> open_file(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) return path_error("open", path, errno);
    return std::make_unique<LocalFile>(path, descriptor);
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
    std::vector<std::string> names;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(path, failed)) {
        auto name = entry.path().filename().string();
        if (name.ends_with(kFileEnd)) names.push_back(std::move(name));
    }
    if (failed) return path_error("list", path, failed.value());
    std::ranges::sort(names);
    return names;
}

class FolderSink final : public Sink {
public:
    FolderSink(std::string path, runtime::Disk& disk) : path_(std::move(path)), disk_(disk) {}

    bool keeps_files() const override { return true; }
    Result<std::vector<std::string>> list() override {
        std::error_code failed;
        std::filesystem::create_directories(path_, failed);
        if (failed) return path_error("create", path_, failed.value());
        return list_folder(path_);
    }
    Result<std::unique_ptr<OutputFile>> create(const std::string& name) override {
        return open_file(at(name), O_WRONLY | O_CREAT | O_TRUNC);
    }
    Result<std::unique_ptr<OutputFile>> resume(const std::string& name, uint64_t bytes) override {
        std::error_code failed;
        const uint64_t there = std::filesystem::file_size(at(name), failed);
        if (failed) return path_error("go on with", at(name), failed.value());
        if (there < bytes) return fail("cannot go on with '" + at(name) + "': it is shorter than the state says");
        if (::truncate(at(name).c_str(), static_cast<off_t>(bytes)) != 0) return path_error("cut", at(name), errno);
        return open_file(at(name), O_WRONLY | O_APPEND);
    }
    Result<void> remove(const std::string& name) override { return disk_.remove_file(at(name)); }
    Result<void> put(const std::string& name, const std::string& content) override {
        return disk_.write_file(at(name), content);
    }
    Result<std::string> get(const std::string& name) override { return disk_.read_file(at(name)); }

private:
    std::string at(const std::string& name) const { return path_ + "/" + name; }

    const std::string path_;
    runtime::Disk& disk_;
};

class StreamSink final : public Sink {
public:
    explicit StreamSink(std::string path) : path_(std::move(path)) {}

    bool keeps_files() const override { return false; }
    Result<std::vector<std::string>> list() override { return {}; }
    Result<std::unique_ptr<OutputFile>> create(const std::string&) override {
        if (path_ == "-") return std::make_unique<LocalFile>("standard output", STDOUT_FILENO);
        return open_file(path_, O_WRONLY | O_CREAT | O_TRUNC);
    }
    Result<std::unique_ptr<OutputFile>> resume(const std::string& name, uint64_t) override { return create(name); }
    Result<void> remove(const std::string&) override { return {}; }
    Result<void> put(const std::string&, const std::string&) override { return {}; }
    Result<std::string> get(const std::string&) override {
        return fail(ResultCode::not_found, "a stream has no state");
    }

private:
    const std::string path_;
};

class FolderSource final : public Source {
public:
    explicit FolderSource(std::string path) : path_(std::move(path)) {}

    Result<std::vector<std::string>> list() override { return list_folder(path_); }
    Result<std::unique_ptr<InputFile>> open(const std::string& name) override {
        return open_file(path_ + "/" + name, O_RDONLY);
    }

private:
    const std::string path_;
};

class StreamSource final : public Source {
public:
    explicit StreamSource(std::string path) : path_(std::move(path)) {}

    Result<std::vector<std::string>> list() override { return std::vector{path_}; }
    Result<std::unique_ptr<InputFile>> open(const std::string&) override {
        if (path_ == "-") return std::make_unique<LocalFile>("standard input", STDIN_FILENO);
        return open_file(path_, O_RDONLY);
    }

private:
    const std::string path_;
};

}  // namespace

std::unique_ptr<Sink> open_folder(const std::string& path, runtime::Disk& disk) {
    return std::make_unique<FolderSink>(path, disk);
}
std::unique_ptr<Sink> open_stream(const std::string& path) { return std::make_unique<StreamSink>(path); }
std::unique_ptr<Source> read_folder(const std::string& path) { return std::make_unique<FolderSource>(path); }
std::unique_ptr<Source> read_stream(const std::string& path) { return std::make_unique<StreamSource>(path); }

}  // namespace cairn::backup
