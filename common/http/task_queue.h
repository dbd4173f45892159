#pragma once
#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::http {

/// The library's thread pool with a bound: when too many connections wait, accepting waits too.
class BoundedTaskQueue : public httplib::TaskQueue {
public:
    BoundedTaskQueue(size_t threads, size_t waiting_max);
    ~BoundedTaskQueue() override { shutdown(); }

    void enqueue(std::function<void()> task) override;
    /// Runs what waits, and joins.
    void shutdown() override;

private:
    void run();

    const size_t waiting_max_;
    std::mutex mutex_;  // guards tasks_ and stopping_
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace cairn::http
