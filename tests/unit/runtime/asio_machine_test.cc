#include "common/runtime/asio/asio_machine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/unit/runtime/rig.h"

namespace cairn::runtime {
namespace {

TEST(AsioMachine, HandsSignalsToLoopZero) {
    AsioMachine machine(2);
    std::vector<int> got;
    std::thread::id on;
    machine.on_signals({SIGUSR1, SIGUSR2}, [&](int signal) {
        got.push_back(signal);
        on = std::this_thread::get_id();
        if (got.size() == 2) return machine.stop();
        raise(SIGUSR2);
    });
    machine.loop(1).post([] { raise(SIGUSR1); });
    machine.run();
    EXPECT_EQ(got, (std::vector{SIGUSR1, SIGUSR2}));
    EXPECT_EQ(on, std::this_thread::get_id());
}

TEST(AsioMachine, ReplacesItsSignalHandlerFromInsideIt) {
    AsioMachine machine(1);
    std::string got;
    machine.on_signals({SIGUSR1}, [&, note = std::string("first ")](int) {
        machine.on_signals({SIGUSR2}, [&](int) {
            got += "second";
            machine.stop();
        });
        got += note;  // still alive
        raise(SIGUSR2);
    });
    raise(SIGUSR1);
    machine.run();
    EXPECT_EQ(got, "first second");
}

TEST(AsioMachine, ReturnsAtOnceWhenStoppedBeforeItRuns) {
    AsioMachine machine(2);
    machine.stop();
    machine.run();
    SUCCEED();
}

TEST(AsioMachine, StopsFromAnyLoop) {
    AsioMachine machine(2);
    machine.loop(1).post([&] { machine.stop(); });
    machine.run();
    SUCCEED();
}

size_t open_descriptors() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

// A connection on its way to its loop when the machine stops is closed with the machine. Loop 1 is kept busy until loop 0
// has accepted three connections; the second of them waits for loop 1 and never gets there.
TEST(AsioMachine, ClosesConnectionsThatTheirLoopNeverTook) {
    const size_t before = open_descriptors();
    {
        AsioMachine machine(2);
        std::atomic<bool> dealt = false;
        int accepted = 0;
        std::vector<std::unique_ptr<Socket>> sockets;
        const auto listener = machine.listen({"127.0.0.1", 0}, [&](size_t index, std::unique_ptr<Socket> socket) {
            EXPECT_EQ(index, 0);
            sockets.push_back(std::move(socket));
            if (++accepted < 2) return;
            dealt = true;
            dealt.notify_one();
        });
        machine.loop(1).post([&] {
            dealt.wait(false);
            machine.stop();
        });
        machine.loop(0).post([&] {
            for (int i = 0; i < 3; ++i) {
                machine.loop(0).connect((*listener)->endpoint(), [&](Result<std::unique_ptr<Socket>> socket) {
                    sockets.push_back(std::move(*socket));
                });
            }
        });
        machine.run();
        EXPECT_GT(open_descriptors(), before);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(UsableCpus, IsAtLeastOne) { EXPECT_GE(usable_cpus(), 1); }

}  // namespace
}  // namespace cairn::runtime
