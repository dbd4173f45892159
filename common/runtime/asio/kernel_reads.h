#pragma once
#include <asio/posix/stream_descriptor.hpp>
#include <linux/aio_abi.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/runtime/asio/io_pool.h"
#include "common/runtime/loop.h"

namespace cairn::runtime {

/// Reads of one loop in the kernel's own queue (io_submit), without a thread for each: what a turn asked for is handed
/// over in one call, and what has ended is fetched by some at a time. Only for files past the page cache: the kernel makes
/// others wait inside the call. What has no place here, or where the kernel gives no queue, goes through the pool.
class KernelReads {
public:
    static constexpr size_t kReadsMax = 256;  // under way at once
    /// Fetched at once, before sockets have their turn: who was answered asks again, and the disk is never without work.
    static constexpr size_t kFetchMax = 8;

    explicit KernelReads(Loop& loop) : loop_(loop) {}
    ~KernelReads();
    KernelReads(const KernelReads&) = delete;
    KernelReads& operator=(const KernelReads&) = delete;

    /// On the loop's thread. `request` is a read; the pool is where it goes when the queue refuses it later.
    /// @return  false when there is no place now: `request` is untouched.
    bool take(IoPool& pool, IoPool::Client& client, IoPool::Request& request);
    /// Waits for what is under way, and drops its answers: once the loop has stopped.
    void drain();

private:
    struct Slot {
        iocb read{};
        IoPool* pool = nullptr;
        IoPool::Client* client = nullptr;
        IoPool::Request request{};
    };
    /// Everything that the first read needs.
    bool open();
    void submit();
    void arm();
    void fetch();
    void fetch_more();
    size_t fetch_some(long least);

    Loop& loop_;  // owns this
    bool tried_ = false;
    aio_context_t queue_ = 0;
    std::unique_ptr<asio::posix::stream_descriptor> ended_;  // an eventfd
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
    std::vector<iocb*> to_submit_;
    size_t under_way_ = 0;
    std::array<io_event, kFetchMax> events_{};
};

}  // namespace cairn::runtime
