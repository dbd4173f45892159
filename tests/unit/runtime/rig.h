#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <unistd.h>

#include "common/base/check.h"
#include "common/runtime/asio/asio_machine.h"
#include "tests/sim/world.h"

namespace cairn::runtime {

/// A machine under test, real or simulated, behind the same three calls.
class Rig {
public:
    virtual ~Rig() = default;
    virtual Machine& machine() = 0;
    /// Runs `start` on loop 0, then the machine until finish(). Once per rig.
    virtual void run(Work start) = 0;
    /// Ends run(). Callable from any loop.
    virtual void finish() = 0;
    /// A folder for files, empty at first.
    virtual std::string folder() = 0;
};

class RealRig final : public Rig {
public:
    explicit RealRig(size_t loops, IoOptions io = {}) : machine_(loops, io) {}
    ~RealRig() override {
        if (!folder_.empty()) std::filesystem::remove_all(folder_);
    }
    Machine& machine() override { return machine_; }
    void run(Work start) override {
        machine_.loop(0).post(std::move(start));
        machine_.run();
    }
    void finish() override { machine_.stop(); }
    std::string folder() override {
        std::string name = std::filesystem::temp_directory_path() / "cairn-XXXXXX";
        CAIRN_CHECK(mkdtemp(name.data()) != nullptr);
        return folder_ = name;
    }
    AsioMachine& real() { return machine_; }

private:
    AsioMachine machine_;
    std::string folder_;
};

class SimRig final : public Rig {
public:
    explicit SimRig(uint64_t seed) : world_(seed), machine_(world_.machine("machine")) {}
    Machine& machine() override { return machine_; }
    void run(Work start) override {
        machine_.loop(0).post(std::move(start));
        CAIRN_CHECK(world_.run_until([this] { return finished_; }, std::chrono::hours(1)));
    }
    void finish() override { finished_ = true; }
    std::string folder() override { return "/folder"; }

private:
    sim::World world_;
    sim::SimMachine& machine_;
    bool finished_ = false;
};

}  // namespace cairn::runtime
