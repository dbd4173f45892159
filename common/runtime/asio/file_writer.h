#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace cairn::runtime {

/// One thread that writes small files for those who must not wait, one after another. It starts with the first work.
class FileWriter {
public:
    using Work = std::move_only_function<void()>;

    FileWriter() = default;
    /// What has not begun is dropped.
    ~FileWriter();
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    /// From any thread.
    void add(Work work);

private:
    void serve();

    std::mutex mutex_;  // guards all below
    std::condition_variable wake_;
    std::deque<Work> line_;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace cairn::runtime
