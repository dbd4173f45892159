#include "tests/sim/network.h"

#include <asio/ip/address.hpp>

#include <algorithm>

#include "common/base/check.h"
#include "tests/sim/machine.h"

namespace cairn::sim {
namespace {

bool loopback(const std::string& host) { return host == "127.0.0.1" || host == "localhost" || host == "::1"; }
bool any_address(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

SimSocket& simulated(runtime::Socket& socket) {
    auto* const found = dynamic_cast<SimSocket*>(&socket);
    CAIRN_CHECK(found != nullptr);
    return *found;
}

}  // namespace

class Network::SimListener final : public runtime::Listener {
public:
    SimListener(std::shared_ptr<Binding> binding, runtime::Endpoint endpoint)
        : binding_(std::move(binding)), endpoint_(std::move(endpoint)) {}
    ~SimListener() override {
        binding_->machine.sim_loop(0).check_here();
        binding_->open = false;
    }
    const runtime::Endpoint& endpoint() const override { return endpoint_; }

private:
    std::shared_ptr<Binding> binding_;
    runtime::Endpoint endpoint_;
};

struct Network::Dial {
    SimLoop& from;
    runtime::Endpoint to;
    runtime::Loop::Connected done;  // empty once it has run
};

// Each world has its own kind of network: instant or slow, bytes one by one or in large pieces, narrow or wide.
Network::Network(Scheduler& scheduler) : scheduler_(scheduler) {
    auto& dice = scheduler.dice();
    shape_.delay_max = Duration(10us) * (1 << dice.below(10));  // 10 µs to 5 ms
    shape_.piece_max = size_t{1} << dice.below(13);       // 1 byte to 4 KiB
    shape_.window_bytes = dice.between(1, 64) * shape_.piece_max + dice.below(16);
}

void Network::cut(runtime::Socket& socket) {
    auto& connection = simulated(socket).connection();
    connection.reset(0);
    connection.reset(1);
}

void Network::half_close(runtime::Socket& socket) {
    simulated(socket).connection().half_close(simulated(socket).end());
}

void Network::stall(runtime::Socket& socket) {
    auto& connection = simulated(socket).connection();
    connection.hold(0, true);
    connection.hold(1, true);
}

void Network::cut(const SimMachine& a, const SimMachine& b) {
    for (const auto& connection : living()) {
        const auto* const dialed = &connection->loop(0).machine();
        const auto* const accepted = &connection->loop(1).machine();
        if ((dialed != &a || accepted != &b) && (dialed != &b || accepted != &a)) continue;
        connection->reset(0);
        connection->reset(1);
    }
}

void Network::set_blocked(const SimMachine& from, const SimMachine& to, bool blocked) {
    if (blocked) {
        blocked_.insert({from.index(), to.index()});
    } else {
        blocked_.erase({from.index(), to.index()});
    }
    for (const auto& connection : living()) {
        for (const Connection::End end : {0, 1}) {
            if (&connection->loop(end).machine() == &from && &connection->loop(1 - end).machine() == &to)
                connection->hold(end, blocked);
        }
    }
}

bool Network::blocked(const SimMachine& from, const SimMachine& to) const {
    return blocked_.contains({from.index(), to.index()});
}

std::vector<std::shared_ptr<Connection>> Network::living() {
    std::vector<std::shared_ptr<Connection>> found;
    std::erase_if(connections_, [](const auto& connection) { return connection.expired(); });
    for (const auto& connection : connections_) found.push_back(connection.lock());
    return found;
}

SimMachine* Network::find(const std::string& host, SimMachine& from) const {
    if (loopback(host)) return &from;
    if (const auto named = names_.find(host); named != names_.end()) {
        return named->second.empty() ? nullptr : find(named->second.front(), from);
    }
    const auto found = std::ranges::find_if(
        machines_, [&](const SimMachine* machine) { return machine->name() == host || machine->address() == host; });
    return found == machines_.end() ? nullptr : *found;
}

std::shared_ptr<Network::Binding> Network::bound(const SimMachine& machine, const std::string& host,
                                                 uint16_t port) const {
    for (const auto& binding : bindings_) {
        if (!binding->open || &binding->machine != &machine || binding->port != port) continue;
        if (binding->host == host || any_address(binding->host) || any_address(host)) return binding;
    }
    return nullptr;
}

Result<std::unique_ptr<runtime::Listener>> Network::listen(SimMachine& machine, const runtime::Endpoint& at,
                                                           runtime::Machine::Accept accept, size_t loops) {
    machine.sim_loop(0).check_here();
    asio::error_code invalid;
    asio::ip::make_address(at.host, invalid);
    if (invalid) return fail("cannot listen on '" + at.host + "': not an IP address");
    if (!any_address(at.host) && !loopback(at.host) && at.host != machine.address()) {
        return fail("cannot listen on " + at.text() + ": Cannot assign requested address");
    }
    const uint16_t port = at.port == 0 ? next_port_++ : at.port;
    if (bound(machine, at.host, port)) return fail("cannot listen on " + at.text() + ": Address already in use");
    std::erase_if(bindings_, [](const auto& binding) { return !binding->open; });
    bindings_.push_back(std::make_shared<Binding>(machine, at.host, port, std::move(accept),
                                                  loops == 0 ? machine.loop_count() : loops));
    return std::make_unique<SimListener>(bindings_.back(), runtime::Endpoint{at.host, port});
}

void Network::connect(SimLoop& from, const runtime::Endpoint& to, runtime::Loop::Connected done, Duration limit) {
    auto dial = std::make_shared<Dial>(from, to, std::move(done));
    if (limit > Duration::zero()) {
        scheduler_.after(limit, from.id(), [dial] {
            if (!dial->done) return;
            auto told = std::exchange(dial->done, nullptr);
            told(fail(ResultCode::timeout, "cannot connect to " + dial->to.text() + ": Connection timed out"));
        });
    }
    scheduler_.after(delay(), Scheduler::kNoLoop, [this, dial = std::move(dial)] { arrive(dial); });
}

void Network::arrive(const std::shared_ptr<Dial>& dial) {
    auto& from = dial->from.machine();
    if (!dial->from.alive() || !dial->done) return;
    SimMachine* const target = find(dial->to.host, from);
    if (target == nullptr) return refuse(dial, ResultCode::server_error, "Host not found (authoritative)");
    if (blocked(from, *target) || blocked(*target, from)) {  // TCP asks again
        scheduler_.after(1s, Scheduler::kNoLoop, [this, dial] { arrive(dial); });
        return;
    }
    const auto binding = bound(*target, loopback(dial->to.host) ? "127.0.0.1" : target->address(), dial->to.port);
    if (!binding) return refuse(dial, ResultCode::not_found, "Connection refused");
    establish(dial, binding);
}

void Network::refuse(const std::shared_ptr<Dial>& dial, ResultCode code, const char* reason) {
    scheduler_.note("refuse", dial->from.id(), dial->to.port);
    scheduler_.after(delay(), dial->from.id(), [dial, code, reason] {
        if (!dial->done) return;
        auto told = std::exchange(dial->done, nullptr);
        told(fail(code, "cannot connect to " + dial->to.text() + ": " + reason));
    });
}

void Network::resolve(SimLoop& from, const std::string& host,
                      std::move_only_function<void(Result<std::vector<std::string>>)> done) {
    scheduler_.after(delay(), from.id(), [this, &from, host, done = std::move(done)]() mutable {
        asio::error_code named;
        asio::ip::make_address(host, named);
        const auto known = names_.find(host);
        const SimMachine* const machine = find(host, from.machine());
        if (!named) return done(std::vector{host});
        if (known != names_.end() && !known->second.empty()) return done(known->second);
        if (known == names_.end() && machine != nullptr) return done(std::vector{machine->address()});
        done(fail(ResultCode::not_found, "cannot resolve '" + host + "': Host not found (authoritative)"));
    });
}

void Network::establish(const std::shared_ptr<Dial>& dial, const std::shared_ptr<Binding>& binding) {
    auto& machine = binding->machine;
    const size_t index = binding->next_loop++ % binding->loops;
    auto& accepting = machine.sim_loop(index);
    const bool local = &machine == &dial->from.machine();
    const auto address = [&](const SimMachine& of, uint16_t port) {
        return runtime::Endpoint{local ? "127.0.0.1" : of.address(), port}.text();
    };
    const auto connection =
        std::make_shared<Connection>(scheduler_, ++connections_made_, shape_,
                                     Connection::Place{&dial->from, address(dial->from.machine(), next_port_++)},
                                     Connection::Place{&accepting, address(machine, binding->port)});
    connections_.push_back(connection);
    scheduler_.note("connect", connections_made_, dial->from.id(), accepting.id());
    auto accepted = connection->make_socket(1);
    auto dialed = connection->make_socket(0);

    // As the real machine does: loop 0 accepts, then posts the connection to the loop that will own it.
    scheduler_.after(Duration::zero(), machine.sim_loop(0).id(),
                     [binding, index, &accepting, socket = std::move(accepted)]() mutable {
                         if (!binding->open) {  // came too late: closed where it would have lived
                             accepting.post([unwanted = std::move(socket)] {});
                             return;
                         }
                         accepting.post([binding, index, socket = std::move(socket)]() mutable {
                             binding->accept(index, std::move(socket));
                         });
                     });
    scheduler_.after(delay(), dial->from.id(), [dial, socket = std::move(dialed)]() mutable {
        if (!dial->done) return;  // came too late
        auto told = std::exchange(dial->done, nullptr);
        told(std::move(socket));
    });
}

void Network::crash(const SimMachine& machine) {
    for (const auto& binding : bindings_) {
        if (&binding->machine == &machine) binding->open = false;
    }
    for (const auto& connection : living()) {
        for (const Connection::End end : {0, 1}) {
            if (&connection->loop(end).machine() == &machine) connection->reset(end);
        }
    }
}

}  // namespace cairn::sim
