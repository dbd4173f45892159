#pragma once
#include <array>
#include <memory>
#include <vector>

#include "common/base/buffer.h"
#include "common/wire/proto.h"
#include "tests/sim/machine.h"

namespace cairn::sim {

/// A user of a node who says bytes, frames or not, and hears bytes: on loop 0 of its machine.
class RawUser final : runtime::Socket::Handler {
public:
    /// @param reads  false: takes nothing from its connection, until read() is called.
    RawUser(SimMachine& machine, const runtime::Endpoint& node, bool reads = true);

    /// What is said before the connection is made is sent then. Between two runs of the world.
    void say(Bytes bytes);
    void read();
    bool said() const { return socket_ && says_.empty(); }
    /// The other end closed, or the connection broke.
    bool closed() const { return closed_; }
    const Buffer& heard() const { return heard_; }
    struct Frame {
        wire::FrameType type;
        Bytes body;
        Bytes whole;
    };
    /// Whole frames heard so far; views into heard().
    std::vector<Frame> frames() const;
    /// How many, without a look at each: for conditions that are asked often.
    size_t frame_count() const { return frame_count_; }
    /// Bytes heard after the last whole frame.
    size_t rest() const;

private:
    void flush();
    void on_writable() override;
    void on_read(size_t size) override;

    Buffer says_;
    bool reads_;
    bool waits_ = false;
    std::unique_ptr<runtime::Socket> socket_;
    std::array<uint8_t, 4096> into_;
    Buffer heard_;
    size_t frame_count_ = 0;
    size_t counted_ = 0;  // bytes heard that they take
    bool closed_ = false;
};

}  // namespace cairn::sim
