#include "common/runtime/asio/asio_machine.h"

#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <thread>

#include "common/base/check.h"
#include "common/runtime/asio/asio_loop.h"
#include "common/runtime/asio/descriptor.h"
#include "common/runtime/asio/machine_disk.h"
#include "common/runtime/asio/machine_stats.h"

namespace cairn::runtime {
namespace {

using asio::ip::tcp;

constexpr int kLargeBlock =
    1 << 20;  // bytes from which memory comes from the machine itself, and goes back to it at once

/// Accepts on loop 0 and hands each connection, as a bare descriptor, to the next loop in turn: a hash over ports
/// (SO_REUSEPORT) would leave loops idle when connections are few.
class AsioListener final : public Listener {
public:
    AsioListener(Machine& machine, AsioLoop& loop, Machine::Accept accept, size_t loops)
        : state_(std::make_shared<State>(machine, loop, std::move(accept), loops)) {}
    ~AsioListener() override {
        state_->closed = true;
        asio::error_code ignored;
        state_->acceptor.close(ignored);
        state_->pause.cancel();
    }

    Result<void> open(const Endpoint& at) {
        asio::error_code error;
        const auto address = asio::ip::make_address(at.host, error);
        if (error) return fail("cannot listen on '" + at.host + "': not an IP address");
        const tcp::endpoint endpoint(address, at.port);
        auto& acceptor = state_->acceptor;
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(4096, error);
        if (error) return fail("cannot listen on " + at.text() + ": " + error.message());
        endpoint_ = {at.host, acceptor.local_endpoint().port()};
        accept_next(state_);
        return {};
    }
    const Endpoint& endpoint() const override { return endpoint_; }

private:
    struct State {
        State(Machine& on, AsioLoop& loop, Machine::Accept taken, size_t dealt_to)
            : machine(on), acceptor(loop.context()), pause(loop.context()), accept(std::move(taken)), loops(dealt_to) {}
        Machine& machine;
        tcp::acceptor acceptor;
        asio::steady_timer pause;
        Machine::Accept accept;
        const size_t loops;
        size_t next_loop = 0;
        bool closed = false;
    };

    static void accept_next(const std::shared_ptr<State>& state) {
        state->acceptor.async_accept([state](const asio::error_code& error, tcp::socket socket) {
            if (state->closed) return;
            if (error) {  // out of descriptors or memory: the queue stays, so look again a little later
                state->pause.expires_after(20ms);
                state->pause.async_wait([state](const asio::error_code& cancelled) {
                    if (!cancelled && !state->closed) accept_next(state);
                });
                return;
            }
            deal(*state, std::move(socket));
            accept_next(state);
        });
    }

    static void deal(State& state, tcp::socket socket) {
        const size_t index = state.next_loop++ % state.loops;
        asio::error_code failed;
        socket.set_option(tcp::no_delay(true), failed);
        const auto peer = socket.remote_endpoint(failed);
        // Owned on the way: closed when the other loop never takes it.
        Descriptor descriptor(failed ? -1 : socket.release(failed));
        if (failed) return;
        auto& loop = static_cast<AsioLoop&>(state.machine.loop(index));
        loop.post([&loop, index, descriptor = std::move(descriptor), accept = state.accept,
                   name = Endpoint{peer.address().to_string(), peer.port()}.text()]() mutable {
            accept(index, loop.sockets().adopt(std::move(descriptor), std::move(name)));
        });
    }

    std::shared_ptr<State> state_;
    Endpoint endpoint_;
};

/// Shared with its outstanding wait, so that a handler may replace the watch it runs in.
struct SignalWatch {
    SignalWatch(AsioLoop& loop, std::function<void(int)> told) : set(loop.context()), handler(std::move(told)) {}
    asio::signal_set set;
    std::function<void(int)> handler;
    bool closed = false;

    static void wait(const std::shared_ptr<SignalWatch>& watch) {
        watch->set.async_wait([watch](const asio::error_code& error, int signal) {
            if (error || watch->closed) return;
            watch->handler(signal);
            if (!watch->closed) wait(watch);
        });
    }
    void close() {
        closed = true;
        asio::error_code ignored;
        set.clear(ignored);
        set.cancel(ignored);
    }
};

}  // namespace

struct AsioMachine::Parts {
    explicit Parts(IoOptions io) : disk(io, loops) {}
    std::vector<std::unique_ptr<AsioLoop>> loops;
    MachineDisk disk;  // after the loops: its threads answer to them
    std::shared_ptr<SignalWatch> signals;
    std::jthread aside;  // last: it posts to a loop when it ends
};

AsioMachine::AsioMachine(size_t loops, IoOptions io) : parts_(std::make_unique<Parts>(io)) {
    CAIRN_CHECK(io.readers >= 1 && io.writers >= 1);
    CAIRN_CHECK(loops >= 1 && loops <= 1024);
    // Without it the allocator learns from one large request to keep blocks of up to 32 MiB, for every thread.
    mallopt(M_MMAP_THRESHOLD, kLargeBlock);
    for (size_t i = 0; i < loops; ++i) parts_->loops.push_back(std::make_unique<AsioLoop>());
}

AsioMachine::~AsioMachine() {
    if (parts_->signals) parts_->signals->close();
}

size_t AsioMachine::loop_count() const { return parts_->loops.size(); }
Loop& AsioMachine::loop(size_t index) { return *parts_->loops[index]; }
Disk& AsioMachine::disk() { return parts_->disk; }
ProcessStats AsioMachine::process_stats() { return read_process_stats(); }
std::vector<std::string> AsioMachine::local_addresses() { return read_local_addresses(); }

void AsioMachine::run_aside(std::move_only_function<void(Clock&)> work, Work done) {
    parts_->aside = std::jthread([this, work = std::move(work), done = std::move(done)]() mutable {
        pthread_setname_np(pthread_self(), "loader");
        MachineClock clock;
        work(clock);
        loop(0).post(std::move(done));
    });
}

void AsioMachine::side_by_side(size_t count, const std::function<void(size_t)>& part) {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < count; ++i) threads.emplace_back([&part, i] { part(i); });
    if (count != 0) part(0);
}

Result<std::unique_ptr<Listener>> AsioMachine::listen(const Endpoint& at, Accept accept, size_t loops) {
    CAIRN_CHECK(loops <= loop_count());
    auto listener =
        std::make_unique<AsioListener>(*this, *parts_->loops[0], std::move(accept), loops == 0 ? loop_count() : loops);
    if (auto opened = listener->open(at); !opened) return std::unexpected(opened.error());
    return listener;
}

void AsioMachine::run() {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < parts_->loops.size(); ++i) {
        threads.emplace_back([loop = parts_->loops[i].get()] { loop->run(); });
        pthread_setname_np(threads.back().native_handle(), ("worker-" + std::to_string(i)).c_str());
    }
    parts_->loops[0]->run();
}

void AsioMachine::stop() {
    for (auto& loop : parts_->loops) loop->context().stop();
}

void AsioMachine::on_signals(std::initializer_list<int> signals, std::function<void(int)> handler) {
    if (parts_->signals) parts_->signals->close();
    parts_->signals = std::make_shared<SignalWatch>(*parts_->loops[0], std::move(handler));
    for (const int signal : signals) parts_->signals->set.add(signal);
    SignalWatch::wait(parts_->signals);
}

size_t usable_cpus() {
    cpu_set_t allowed;
    size_t cpus = 1;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) cpus = static_cast<size_t>(CPU_COUNT(&allowed));
    // A container's CPU limit (cgroup v2): "quota period" in microseconds, or "max".
    std::ifstream limit("/sys/fs/cgroup/cpu.max");
    double quota = 0;
    double period = 0;
    if (limit >> quota >> period && period > 0) cpus = std::min(cpus, static_cast<size_t>(std::ceil(quota / period)));
    return std::max<size_t>(cpus, 1);
}

uint64_t usable_memory_bytes() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGE_SIZE);
    uint64_t bytes = pages > 0 && page > 0 ? uint64_t(pages) * uint64_t(page) : 0;
    // A container's limit (cgroup v2): bytes, or "max".
    std::ifstream limit("/sys/fs/cgroup/memory.max");
    uint64_t allowed = 0;
    if (limit >> allowed && allowed > 0) bytes = bytes == 0 ? allowed : std::min(bytes, allowed);
    return bytes;
}

}  // namespace cairn::runtime
