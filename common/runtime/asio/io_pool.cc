#include "common/runtime/asio/io_pool.h"

#include <pthread.h>
#include <signal.h>

#include "common/runtime/asio/completions.h"

namespace cairn::runtime {

IoPool::~IoPool() {
    std::deque<Task> dropped[2];
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (size_t i = 0; i < 2; ++i) {
            dropped[i].swap(lanes_[i].line);
            lanes_[i].wake.notify_all();
        }
    }
    for (auto& lane : lanes_) lane.threads.clear();
}

void IoPool::submit(Client& client, Request request) {
    Lane& lane = lanes_[request.kind == Request::Kind::read ? 0 : 1];
    const std::lock_guard lock(mutex_);
    ++client.busy;
    lane.line.push_back({&client, std::move(request)});
    if (lane.idle > lane.woken) {
        ++lane.woken;
        lane.wake.notify_one();
    } else if (lane.threads.size() < lane.threads_max) {
        lane.threads.emplace_back([this, &lane] { serve(lane); });
        pthread_setname_np(lane.threads.back().native_handle(), &lane == lanes_ ? "disk-read" : "disk-write");
    }
}

void IoPool::leave(Client& client) {
    std::vector<Task> dropped;  // their ends may do anything, so not under the lock
    std::unique_lock lock(mutex_);
    for (auto& lane : lanes_) {
        std::deque<Task> kept;
        for (auto& task : lane.line) {
            if (task.client == &client) dropped.push_back(std::move(task));
            else kept.push_back(std::move(task));
        }
        lane.line.swap(kept);
    }
    client.busy -= dropped.size();
    ended_.wait(lock, [&] { return client.busy == 0; });
    lock.unlock();
}

void IoPool::serve(Lane& lane) {
    // Signals belong to the loops.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);

    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (lane.line.empty()) {
            ++lane.idle;
            lane.wake.wait(lock, [&] { return lane.woken > 0 || stopping_; });
            --lane.idle;
            if (lane.woken > 0) --lane.woken;
            continue;
        }
        Task task = std::move(lane.line.front());
        lane.line.pop_front();
        lock.unlock();
        run(task);
        lock.lock();
        if (--task.client->busy == 0) ended_.notify_all();
    }
}

void IoPool::run(Task& task) {
    const DeviceFile& file = task.client->file;
    Request& request = task.request;
    Result<void> result;
    switch (request.kind) {
        case Request::Kind::read: result = file.read(request.offset, request.into, request.bytes); break;
        case Request::Kind::write: result = file.write(request.offset, request.from, request.bytes); break;
        case Request::Kind::sync: result = file.sync(); break;
        case Request::Kind::discard: result = file.discard(request.offset, request.bytes); break;
    }
    request.answers->add(std::move(request.done), std::move(result));
}

}  // namespace cairn::runtime
