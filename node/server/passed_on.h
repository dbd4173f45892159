#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/runtime/loop.h"

namespace cairn::server {

/// A request that another node has passed on, as the socket of a connection: the request is what it brings, and what is
/// written to it the reply. It ends when the reply is whole: one frame, or those of a batch up to its last unit.
class PassedOn final : public runtime::Socket {
public:
    /// @param frame  one whole request.
    /// @param done   runs once: with the reply, or with nothing when the connection ended without one: it is in doubt.
    PassedOn(runtime::Loop& loop, std::vector<uint8_t> frame, std::string peer,
             std::move_only_function<void(Bytes reply)> done)
        : loop_(loop), frame_(std::move(frame)), peer_(std::move(peer)), done_(std::move(done)) {}
    ~PassedOn() override;

    void read_some(MutableBytes into, Handler& handler) override;
    ptrdiff_t write(Bytes bytes) override;
    void wait_writable(Handler&) override {}  // it always is
    const std::string& peer() const override { return peer_; }

private:
    void tell(Handler& handler, size_t size);
    bool whole();

    runtime::Loop& loop_;
    const std::vector<uint8_t> frame_;
    const std::string peer_;
    std::move_only_function<void(Bytes reply)> done_;
    size_t given_ = 0;  // of the frame
    Buffer reply_;
    size_t looked_at_ = 0;  // of the reply: whole frames of a batch
    bool replied_ = false;
    Handler* reader_ = nullptr;  // waits for more than the frame
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cairn::server
