#include "common/runtime/asio/machine_device.h"

#include "common/runtime/asio/asio_loop.h"

namespace cairn::runtime {
namespace {

using Kind = IoPool::Request::Kind;

Completions* answers_of(Loop& home) { return &static_cast<AsioLoop&>(home).completions(); }

}  // namespace

MachineDevice::~MachineDevice() {
    pool_.leave(client_);
    // Not all answered: the loops have stopped, and the kernel may still be at the buffers.
    if (client_.kernel_reads > 0) {
        for (const auto& loop : loops_) loop->kernel_reads().drain();
    }
}

void MachineDevice::read(Loop& home, uint64_t offset, MutableBytes into, Done done) {
    file_.check_range(offset, into.size());
    file_.check_address(into.data());
    IoPool::Request request{Kind::read, offset, into.size(), into.data(), nullptr, answers_of(home), std::move(done)};
    auto& loop = static_cast<AsioLoop&>(home);
    if (kernel_reads_ && loop.running_here() && loop.kernel_reads().take(pool_, client_, request)) return;
    pool_.submit(client_, std::move(request));
}

void MachineDevice::write(Loop& home, uint64_t offset, Bytes from, Done done) {
    file_.check_writable();
    file_.check_range(offset, from.size());
    file_.check_address(from.data());
    pool_.submit(client_, {Kind::write, offset, from.size(), nullptr, from.data(), answers_of(home), std::move(done)});
}

void MachineDevice::sync(Loop& home, Done done) {
    file_.check_writable();
    pool_.submit(client_, {Kind::sync, 0, 0, nullptr, nullptr, answers_of(home), std::move(done)});
}

void MachineDevice::discard(Loop& home, uint64_t offset, uint64_t bytes, Done done) {
    file_.check_writable();
    file_.check_range(offset, bytes);
    pool_.submit(client_, {Kind::discard, offset, bytes, nullptr, nullptr, answers_of(home), std::move(done)});
}

Result<void> MachineDevice::read_now(uint64_t offset, MutableBytes into) {
    file_.check_range(offset, into.size());
    file_.check_address(into.data());
    return file_.read_direct(offset, into.data(), into.size());
}

Result<void> MachineDevice::write_now(uint64_t offset, Bytes from) {
    file_.check_writable();
    file_.check_range(offset, from.size());
    file_.check_address(from.data());
    return file_.write(offset, from.data(), from.size());
}

Result<void> MachineDevice::sync_now() {
    file_.check_writable();
    return file_.sync();
}

}  // namespace cairn::runtime
