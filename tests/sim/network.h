#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/runtime/machine.h"
#include "tests/sim/connection.h"

namespace cairn::sim {

class SimMachine;

/// The network between the machines of one World. Machines are found by name or address ("10.0.0.1" is the first);
/// "127.0.0.1" and "localhost" are the machine itself.
class Network {
public:
    explicit Network(Scheduler& scheduler);

    /// What new connections are made of; drawn by the seed, and free to set for a test that needs it.
    LinkShape& shape() { return shape_; }

    // Faults on one connection, named by either of its sockets.
    /// Both ends get a reset, each after a while; what was on its way is partly lost.
    void cut(runtime::Socket& socket);
    /// The socket's end says no more, but still reads.
    void half_close(runtime::Socket& socket);
    /// Nothing arrives any more, in either direction, and nobody is told.
    void stall(runtime::Socket& socket);

    // Faults between machines.
    /// What `from` sends to `to` stays on its way until unblock(), old connections and new ones.
    void block(const SimMachine& from, const SimMachine& to) { set_blocked(from, to, true); }
    void unblock(const SimMachine& from, const SimMachine& to) { set_blocked(from, to, false); }
    /// Every connection between the two is cut.
    void cut(const SimMachine& a, const SimMachine& b);
    /// A name of its own with these addresses from now on; none: there is no such name any more.
    void set_name(const std::string& name, std::vector<std::string> addresses) { names_[name] = std::move(addresses); }

    // For machines and loops.
    void add(SimMachine& machine) { machines_.push_back(&machine); }
    Result<std::unique_ptr<runtime::Listener>> listen(SimMachine& machine, const runtime::Endpoint& at,
                                                      runtime::Machine::Accept accept, size_t loops);
    void connect(SimLoop& from, const runtime::Endpoint& to, runtime::Loop::Connected done, Duration limit);
    void resolve(SimLoop& from, const std::string& host,
                 std::move_only_function<void(Result<std::vector<std::string>>)> done);
    /// The machine is gone: its listeners with it, and its peers get resets.
    void crash(const SimMachine& machine);

private:
    struct Binding {
        SimMachine& machine;
        std::string host;
        uint16_t port;
        runtime::Machine::Accept accept;
        size_t loops;  // that connections are dealt to
        size_t next_loop = 0;
        bool open = true;
    };
    class SimListener;
    struct Dial;

    void arrive(const std::shared_ptr<Dial>& dial);
    void refuse(const std::shared_ptr<Dial>& dial, ResultCode code, const char* reason);
    void establish(const std::shared_ptr<Dial>& dial, const std::shared_ptr<Binding>& binding);
    SimMachine* find(const std::string& host, SimMachine& from) const;
    std::shared_ptr<Binding> bound(const SimMachine& machine, const std::string& host, uint16_t port) const;
    void set_blocked(const SimMachine& from, const SimMachine& to, bool blocked);
    bool blocked(const SimMachine& from, const SimMachine& to) const;
    Duration delay() { return scheduler_.dice().up_to(shape_.delay_max); }
    std::vector<std::shared_ptr<Connection>> living();

    Scheduler& scheduler_;
    LinkShape shape_;
    std::vector<SimMachine*> machines_;
    std::map<std::string, std::vector<std::string>> names_;
    std::vector<std::shared_ptr<Binding>> bindings_;
    std::vector<std::weak_ptr<Connection>> connections_;
    std::set<std::pair<size_t, size_t>> blocked_;  // machines by their index: from, to
    uint64_t connections_made_ = 0;
    uint16_t next_port_ = 40000;
};

}  // namespace cairn::sim
