#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace cairn::runtime {

/// An address to listen on or connect to. `host` is an IP address or a name; port 0 lets the machine choose.
struct Endpoint {
    std::string host;
    uint16_t port = 0;

    bool operator==(const Endpoint&) const = default;
    std::string text() const {
        return host.contains(':') ? "[" + host + "]:" + std::to_string(port) : host + ":" + std::to_string(port);
    }
};

/// One TCP connection, owned and used on one loop. It never calls back from inside one of its own calls, and never
/// after it is destroyed; destroying it closes the connection.
class Socket {
public:
    class Handler {
    public:
        /// `size` bytes arrived in the buffer given to read_some(); 0 means the peer closed or the connection broke.
        virtual void on_read(size_t size) = 0;
        /// write() can take bytes again (or will tell that the connection broke).
        virtual void on_writable() = 0;

    protected:
        ~Handler() = default;
    };
    virtual ~Socket() = default;

    /// Begins one read; on_read() follows once. At most one is outstanding, and `into`, not empty, stays valid until then.
    virtual void read_some(MutableBytes into, Handler& handler) = 0;
    /// Hands over as much of `bytes` as the machine takes without waiting.
    /// @return  bytes taken, 0 when the peer does not read; -1 when the connection is broken.
    virtual ptrdiff_t write(Bytes bytes) = 0;
    /// on_writable() follows once. At most one is outstanding.
    virtual void wait_writable(Handler& handler) = 0;
    /// The other end, "127.0.0.1:41234".
    virtual const std::string& peer() const = 0;
};

/// Listens until destroyed.
class Listener {
public:
    virtual ~Listener() = default;
    /// Where it listens, with the port the machine chose.
    virtual const Endpoint& endpoint() const = 0;
};

}  // namespace cairn::runtime
