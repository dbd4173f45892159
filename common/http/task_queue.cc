#include "common/http/task_queue.h"

namespace cairn::http {

BoundedTaskQueue::BoundedTaskQueue(size_t threads, size_t waiting_max) : waiting_max_(waiting_max) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void BoundedTaskQueue::enqueue(std::function<void()> task) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.size() < waiting_max_; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
}

void BoundedTaskQueue::shutdown() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void BoundedTaskQueue::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;

        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        changed_.notify_all();
        lock.unlock();
        task();
        lock.lock();
    }
}

}  // namespace cairn::http
