#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/time.h"
#include "common/runtime/loop.h"
#include "node/fabric/figures.h"
#include "node/fabric/link_frames.h"

namespace cairn::fabric {

/// One connection between two nodes. Who dialled it speaks on it; the other end greets, echoes pulses, and listens: so a
/// pair of nodes has two, and none depends on how the other came about. Bounds what the other end can make it hold:
/// before its Hello a small frame, then one frame as far as it has arrived.
class Link final : runtime::Socket::Handler {
public:
    class Owner {
    public:
        /// A whole frame. The owner may close the link.
        virtual void on_frame(Link& link, const FrameStart& start, Bytes body) = 0;
        /// Bytes that are no frame; the owner closes the link.
        virtual void on_garbage(Link& link, const std::string& what) = 0;
        /// The other end closed it, or it broke.
        virtual void on_broken(Link& link) = 0;

    protected:
        ~Owner() = default;
    };
    using Frame = std::shared_ptr<const std::vector<uint8_t>>;

    /// @param dialed       where to; nothing: accepted.
    /// @param queue_bytes  of frames that wait to go out.
    Link(std::unique_ptr<runtime::Socket> socket, std::optional<runtime::Endpoint> dialed, Owner& owner,
         Figures& figures, Instant now, size_t queue_bytes);

    const std::optional<runtime::Endpoint>& dialed() const { return dialed_; }
    /// The other end's address, as the machine sees it.
    const std::string& address() const { return address_; }
    /// What the other end said of itself; nothing: not yet.
    const std::optional<Hello>& peer() const { return peer_; }
    void set_peer(Hello hello) { peer_ = std::move(hello); }
    bool open() const { return socket_ != nullptr; }

    /// When something last arrived; the owner moves it when the process itself slept.
    Instant heard_at() const { return heard_at_; }
    void set_heard_at(Instant at) { heard_at_ = at; }

    /// Begins to read.
    void start();
    /// @param pulse  replaces one that has not begun to go out.
    /// @return  false when there is no room: the frame is dropped.
    bool send(Frame frame, bool pulse = false);
    /// Closes the connection; nothing is told any more.
    void close();

    static constexpr size_t kQueueBytesMax = 72 << 20;  // two of the largest frames

private:
    struct Waiting {
        Frame frame;
        bool pulse;
    };
    void on_read(size_t size) override;
    void on_writable() override;
    void read_more();
    bool take_frames();

    std::unique_ptr<runtime::Socket> socket_;
    const std::optional<runtime::Endpoint> dialed_;
    const std::string address_;
    Owner& owner_;  // outlives this
    Figures& figures_;  // likewise
    const size_t queue_bytes_max_;
    std::optional<Hello> peer_;
    Instant heard_at_;
    Buffer arrived_;
    std::deque<Waiting> queue_;
    size_t queued_bytes_ = 0;
    size_t sent_of_first_ = 0;
    bool waits_to_write_ = false;
};

}  // namespace cairn::fabric
