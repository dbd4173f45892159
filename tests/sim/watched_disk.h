#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/forwarding_machine.h"

namespace cairn::sim {

/// What every storage device may be told to write, whoever writes it and over all its runs: looks at what goes by.
/// S11: a sector is written once in a block's life, and lives have growing sequences. S18: no block is written while the
/// superblock says that the device was left in order.
class DeviceWatch {
public:
    void saw(const std::string& path, uint64_t offset, Bytes bytes, uint32_t sector);
    const std::optional<std::string>& violation() const { return violation_; }

private:
    struct Seen {
        std::vector<uint64_t> sector_seq;  // of the block life that wrote it last
        bool clean = false;
    };
    std::map<std::string, Seen> devices_;
    std::optional<std::string> violation_;
};

/// A machine like another one, whose devices are watched.
class WatchedMachine final : public ForwardingMachine {
public:
    /// Both outlive this.
    WatchedMachine(runtime::Machine& machine, DeviceWatch& watch) : ForwardingMachine(machine), watch_(watch) {}

private:
    std::unique_ptr<runtime::Device> wrap(std::unique_ptr<runtime::Device> device) override;

    DeviceWatch& watch_;
};

}  // namespace cairn::sim
