#pragma once
#include <memory>
#include <string>

#include "common/base/buffer.h"
#include "common/log/memory_sink.h"
#include "node/node.h"
#include "tests/sim/world.h"

namespace cairn::fuzz {

/// Forgets what is logged: inputs make a node complain a lot.
class NoSink final : public log::Sink {
public:
    void write(std::string_view) override {}
};

/// A whole node on a simulated machine, and a client machine that sends it streams of bytes. What one stream wrote is
/// there for the next, until the rig is rebuilt.
class Rig {
public:
    Rig();
    ~Rig();

    /// How one stream travels.
    struct Link {
        size_t piece_max = 4096;      // bytes that arrive together
        size_t window_bytes = 65536;  // sent and not yet read; replies too
    };
    /// Sends `stream` on a new connection, says no more, and reads until the node closes; cuts the connection when the
    /// node waits longer than a slow scan may.
    /// @return  all the node sent.
    const Buffer& exchange(Bytes stream, Link link);

    Node& node() { return *node_; }
    sim::World& world() { return world_; }
    runtime::Clock& clock() { return node_on_.loop(0).clock(); }

private:
    class Client;

    sim::World world_{1};
    NoSink sink_;
    log::Logger logger_{log::Format::text, log::Level::info, sink_};
    sim::SimMachine& node_on_ = world_.machine("node", 1);
    sim::SimMachine& client_on_ = world_.machine("client", 1);
    std::unique_ptr<Node> node_;
    Buffer replies_;
};

/// The rig of a fuzz target: built anew from time to time, so that inputs meet young nodes and full ones, and memory
/// does not grow for ever. A failing input is replayed alone, on a fresh one.
Rig& shared_rig();

}  // namespace cairn::fuzz
