#pragma once
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

/// Threads for the blocking calls of devices; docs/decisions has what their number is worth.
struct IoThreads {
    /// Reads under way at once, over all devices; more wait in line.
    size_t readers = 16;
    /// Writes, syncs and discards under way at once. Apart from the readers: a sync may take long.
    size_t writers = 4;
};

/// The threads that make the blocking calls of all devices of a process. They start when the first work finds none
/// idle. The lines before them have no limit: whoever asks bounds what is under way.
class IoPool {
public:
    /// An asynchronous operation of a device.
    struct Request {
        enum class Kind : uint8_t { read, write, sync, discard };
        Kind kind;
        uint64_t offset;
        uint64_t bytes;
        uint8_t* into;        // of a read
        const uint8_t* from;  // of a write
        Completions* answers;
        Device::Done done;
    };
    /// A device's part in the pool.
    struct Client {
        const DeviceFile& file;
        size_t busy = 0;  // requests waiting or under way; guarded by the pool
    };

    explicit IoPool(IoThreads threads) : lanes_{Lane{threads.readers}, Lane{threads.writers}} {}
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
