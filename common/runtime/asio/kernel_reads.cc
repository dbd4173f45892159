#include "common/runtime/asio/kernel_reads.h"

#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace cairn::runtime {
namespace {

long io_setup(unsigned count, aio_context_t* queue) { return ::syscall(SYS_io_setup, count, queue); }
long io_submit(aio_context_t queue, long count, iocb** reads) { return ::syscall(SYS_io_submit, queue, count, reads); }
long io_getevents(aio_context_t queue, long least, long most, io_event* events, timespec* limit) {
    return ::syscall(SYS_io_getevents, queue, least, most, events, limit);
}

}  // namespace

KernelReads::~KernelReads() {
    if (queue_ != 0) ::syscall(SYS_io_destroy, queue_);
}

bool KernelReads::open() {
    tried_ = true;
    const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) return false;
    ended_ = std::make_unique<asio::posix::stream_descriptor>(loop_.executor(), event);
    if (io_setup(kReadsMax, &queue_) != 0) {  // no more queues on this machine (fs.aio-max-nr), or forbidden
        queue_ = 0;
        ended_.reset();
        return false;
    }
    slots_.resize(kReadsMax);
    for (uint32_t slot = kReadsMax; slot > 0; --slot) free_.push_back(slot - 1);
    arm();
    return true;
}

bool KernelReads::take(IoPool& pool, IoPool::Client& client, IoPool::Request& request) {
    if (queue_ == 0 && (tried_ || !open())) return false;
    if (free_.empty()) return false;
    const uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.pool = &pool;
    slot.client = &client;
    slot.request = std::move(request);
    slot.read = {};
    slot.read.aio_data = index;
    slot.read.aio_lio_opcode = IOCB_CMD_PREAD;
    slot.read.aio_fildes = static_cast<uint32_t>(client.file.descriptor());
    slot.read.aio_buf = reinterpret_cast<uint64_t>(slot.request.into);
    slot.read.aio_nbytes = slot.request.bytes;
    slot.read.aio_offset = static_cast<int64_t>(slot.request.offset);
    slot.read.aio_flags = IOCB_FLAG_RESFD;
    slot.read.aio_resfd = static_cast<uint32_t>(ended_->native_handle());
    ++client.kernel_reads;
    to_submit_.push_back(&slot.read);
    if (to_submit_.size() == 1) loop_.at_turn_end([this] { submit(); });
    return true;
}

void KernelReads::submit() {
    size_t given = 0;
    while (given < to_submit_.size()) {
        const long taken = io_submit(queue_, static_cast<long>(to_submit_.size() - given), to_submit_.data() + given);
        if (taken <= 0) break;
        given += static_cast<size_t>(taken);
    }
    under_way_ += given;
    // The kernel has no room for the rest, or does not take such reads of this file.
    for (size_t i = given; i < to_submit_.size(); ++i) {
        const auto index = static_cast<uint32_t>(to_submit_[i]->aio_data);
        Slot& slot = slots_[index];
        --slot.client->kernel_reads;
        slot.pool->submit(*slot.client, std::move(slot.request));
        free_.push_back(index);
    }
    to_submit_.clear();
}

void KernelReads::arm() {
    ended_->async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
        if (error) return;
        fetch();
        arm();
    });
}

void KernelReads::fetch() {
    uint64_t count = 0;
    if (::read(ended_->native_handle(), &count, sizeof(count)) < 0) return;  // somebody has fetched them already
    fetch_more();
}

void KernelReads::fetch_more() {
    loop_.clock().refresh();
    if (fetch_some(0) == events_.size()) loop_.post([this] { fetch_more(); });
}

size_t KernelReads::fetch_some(long least) {
    timespec at_once{};
    const long count =
        io_getevents(queue_, least, static_cast<long>(events_.size()), events_.data(), least == 0 ? &at_once : nullptr);
    if (count <= 0) return 0;
    for (long i = 0; i < count; ++i) {
        const io_event& event = events_[static_cast<size_t>(i)];
        const auto index = static_cast<uint32_t>(event.data);
        auto request = std::move(slots_[index].request);
        const DeviceFile& file = slots_[index].client->file;
        auto result = file.read_result(request.offset, request.bytes, static_cast<int64_t>(event.res));
        free_.push_back(index);
        --under_way_;
        --slots_[index].client->kernel_reads;
        if (least == 0) request.done(std::move(result));
    }
    return static_cast<size_t>(count);
}

void KernelReads::drain() {
    for (const iocb* read : to_submit_) {
        Slot& slot = slots_[read->aio_data];
        slot.request.done = nullptr;
        --slot.client->kernel_reads;
        free_.push_back(static_cast<uint32_t>(read->aio_data));
    }
    to_submit_.clear();
    while (under_way_ > 0) fetch_some(1);
}

}  // namespace cairn::runtime
