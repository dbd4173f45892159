#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "common/runtime/asio/device_file.h"
#include "common/runtime/device.h"

namespace cairn::runtime {

class Completions;

/// How the calls of devices are made; docs/bench.md, "The disk", has what it is worth.
struct IoOptions {
    /// Reads by threads under way at once, over all devices; more wait in line.
    size_t readers = 16;
    /// Writes, syncs and discards under way at once. Apart from the readers: a sync may take long.
    size_t writers = 4;
    /// Reads past the page cache without a thread, where the kernel has a queue for them (io_submit).
    bool kernel_reads = true;
};

/// The threads that make the blocking calls of all devices of a process. They start when the first work finds none
/// idle. The lines before them have no limit: whoever asks bounds what is under way.
class IoPool {
public:
    /// An asynchronous operation of a device.
    struct Request {
        enum class Kind : uint8_t { read, write, sync, discard };
        Kind kind = Kind::read;
        uint64_t offset = 0;
        uint64_t bytes = 0;
        uint8_t* into = nullptr;        // of a read
        const uint8_t* from = nullptr;  // of a write
        Completions* answers = nullptr;
        Device::Done done = nullptr;
    };
    /// A device's part in the pool.
    struct Client {
        const DeviceFile& file;
        size_t busy = 0;  // requests waiting or under way in the pool, and guarded by it
        std::atomic<size_t> kernel_reads = 0;  // and in the kernel's queues
    };

    explicit IoPool(IoOptions options) : lanes_{Lane{options.readers}, Lane{options.writers}} {}
    ~IoPool();
    IoPool(const IoPool&) = delete;
    IoPool& operator=(const IoPool&) = delete;

    void submit(Client& client, Request request);
    /// Drops the client's requests that have not begun, and waits for the others.
    void leave(Client& client);

private:
    struct Task {
        Client* client;
        Request request;
    };
    struct Lane {
        explicit Lane(size_t most) : threads_max(most) {}
        size_t threads_max;
        std::deque<Task> line;
        size_t idle = 0;  // threads that wait
        size_t woken = 0;  // of these, told to look; woken <= idle
        std::condition_variable wake;
        std::vector<std::jthread> threads;
    };
    void serve(Lane& lane);
    static void run(Task& task);

    std::mutex mutex_;  // guards all below
    bool stopping_ = false;
    std::condition_variable ended_;  // a request of a client has
    Lane lanes_[2];
};

}  // namespace cairn::runtime
