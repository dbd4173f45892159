#pragma once
#include <functional>
#include <memory>

#include "common/client/connection.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// One user of a node: works over one connection, connects again when it breaks, and takes up its work where it was.
/// On one loop of the clients' machine.
class NodeSession {
public:
    /// Begins operations. At most `depth` are begun and not ended at any time.
    class Work {
    public:
        virtual ~Work() = default;
        /// Begins one operation on session.connection(), which tells session.ended() later.
        /// @return  false, and begins nothing, when there is none to begin now.
        virtual bool begin(NodeSession& session) = 0;
        /// Whether nothing is left to do once all that began has ended.
        virtual bool finished() const = 0;
    };
    struct Plan {
        runtime::Endpoint node;
        size_t depth = 1;
        Duration patience = 2s;  // with a node that says nothing
    };
    NodeSession(World& world, runtime::Loop& loop, Plan plan, std::unique_ptr<Work> work);

    client::Connection& connection() { return *connection_; }
    /// @param answered  false when the connection broke first.
    void ended(bool answered);
    bool finished() const { return running_ == 0 && work_->finished(); }
    /// For faults; null while there is no connection.
    runtime::Socket* socket() { return connection_ && !connection_->broken() ? socket_ : nullptr; }
    size_t connections_made() const { return connections_made_; }

private:
    void open();
    void greet();
    void fill();
    void open_later();

    World& world_;
    runtime::Loop& loop_;
    const Plan plan_;
    std::unique_ptr<Work> work_;
    std::unique_ptr<runtime::Timer> timer_;
    std::unique_ptr<client::Connection> connection_;
    runtime::Socket* socket_ = nullptr;  // the connection's
    bool greeted_ = false;
    bool lost_ = false;  // an operation ended without an answer: the connection is of no more use
    size_t running_ = 0;
    size_t connections_made_ = 0;
};

}  // namespace cairn::sim
