#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/device.h"
#include "tests/sim/medium.h"
#include "tests/sim/scheduler.h"

namespace cairn::sim {

class SimLoop;

/// What devices are made of, and how fast they are.
struct DiskShape {
    uint32_t sector = 512;  // bytes, a power of two from 16 on; of devices created from now on
    Duration delay_max{};   // an operation takes up to this long
};

/// Faults by chance, each once in so many operations that it could strike; 0: never. As a result: how often it struck.
struct DiskFaults {
    uint64_t read_error = 0;
    uint64_t write_error = 0;      // some of its sectors are written all the same
    uint64_t sync_error = 0;       // and what it covered is durable or never will be, each write by itself
    uint64_t lost_sync = 0;        // answered as a success, and nothing is durable
    uint64_t lost_write = 0;       // answered as a success, and the old bytes stay
    uint64_t misplaced_write = 0;  // answered as a success, and written somewhere else
    uint64_t flipped_bit = 0;      // a write whose bytes have one wrong bit
    uint64_t slow = 0;             // an operation that takes up to slow_max
    Duration slow_max = 10s;
};

/// One device of a simulated machine, open or not: its bytes, and the operations under way.
class Volume {
public:
    using Done = runtime::Device::Done;
    enum class Kind : uint8_t { read, write, sync, discard };
    struct Operation {
        Kind kind;
        uint64_t offset;
        uint64_t bytes;
        MutableBytes into;  // of a read
        Bytes from;         // of a write
    };
    /// All outlive the volume.
    Volume(Scheduler& scheduler, const DiskShape& shape, const DiskFaults& faults, DiskFaults& struck, std::string path,
           uint64_t bytes);

    const std::string& path() const { return path_; }
    Medium& medium() { return medium_; }

    /// What an open device is still owed.
    struct Answers {
        size_t due = 0;
        bool wanted = true;
    };

    /// Performs the operation after a while and answers on `home`.
    void begin(SimLoop& home, const Operation& operation, Done done, std::shared_ptr<Answers> answers);
    /// Performs it at once.
    Result<void> perform(const Operation& operation);
    /// Nobody waits any more: writes under way are done, undone or torn.
    void abandon();

    // Who has it open.
    size_t alone = 0;
    size_t sharing = 0;
    uint64_t process = 0;  // counts the processes that could have had it open: a handle of an earlier one is dead

private:
    struct UnderWay {
        Operation operation;
        uint64_t mark;  // of the medium when it began
        uint64_t hash;  // of what is written
        Scheduler::EventId event;
        SimLoop* home;
        Done done;
        std::shared_ptr<Answers> answers;
    };
    bool strikes(uint64_t DiskFaults::* fault);
    Duration delay();
    void finish(uint64_t number);
    Result<void> perform(const Operation& operation, uint64_t mark);
    Result<void> read(const Operation& operation);
    Result<void> write(const Operation& operation);
    Result<void> sync(uint64_t mark);
    void discard(const Operation& operation);
    std::string text(const char* doing, const Operation& operation) const;

    Scheduler& scheduler_;
    const DiskShape& shape_;
    const DiskFaults& faults_;
    DiskFaults& struck_;
    const std::string path_;
    Medium medium_;
    std::map<uint64_t, UnderWay> under_way_;
    uint64_t operations_made_ = 0;
};

/// A Volume that a process has open.
class SimDevice final : public runtime::Device {
public:
    SimDevice(std::shared_ptr<Volume> volume, Scheduler& scheduler, const runtime::DeviceOptions& options);
    ~SimDevice() override;

    const std::string& path() const override { return volume_->path(); }
    uint64_t size() const override { return size_; }
    uint32_t sector() const override { return volume_->medium().sector(); }
    bool direct() const override { return direct_; }

    void read(runtime::Loop& home, uint64_t offset, MutableBytes into, Done done) override;
    void write(runtime::Loop& home, uint64_t offset, Bytes from, Done done) override;
    void sync(runtime::Loop& home, Done done) override;
    void discard(runtime::Loop& home, uint64_t offset, uint64_t bytes, Done done) override;
    Result<void> read_now(uint64_t offset, MutableBytes into) override;
    Result<void> write_now(uint64_t offset, Bytes from) override;
    Result<void> sync_now() override;

private:
    /// Its process lives.
    bool alive() const { return volume_->process == process_; }
    void begin(runtime::Loop& home, const Volume::Operation& operation, Done done);
    Result<void> perform(const Volume::Operation& operation);
    void check(const Volume::Operation& operation) const;

    const std::shared_ptr<Volume> volume_;
    Scheduler& scheduler_;
    const uint64_t process_;
    const uint64_t size_;
    const bool direct_;
    const bool read_only_;
    const bool exclusive_;
    const std::shared_ptr<Volume::Answers> answers_ = std::make_shared<Volume::Answers>();
};

}  // namespace cairn::sim
