#include "common/runtime/asio/file_writer.h"

#include <pthread.h>
#include <signal.h>

namespace cairn::runtime {

FileWriter::~FileWriter() {
    std::deque<Work> dropped;  // their ends may do anything, so not under the lock
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(line_);
        wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void FileWriter::add(Work work) {
    const std::lock_guard lock(mutex_);
    line_.push_back(std::move(work));
    if (thread_.joinable()) return wake_.notify_one();
    thread_ = std::jthread([this] { serve(); });
    pthread_setname_np(thread_.native_handle(), "file-write");
}

void FileWriter::serve() {
    // Signals belong to the loops.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);

    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !line_.empty(); });
        if (stopping_) return;
        Work work = std::move(line_.front());
        line_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace cairn::runtime
