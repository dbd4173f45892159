#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/runtime/network.h"
#include "node/cluster/pulse.h"

namespace cairn::fabric {

struct TargetSettings {
    Duration back_off_first = 150ms;
    Duration back_off_most = 2s;
    Duration held = 1s;          // a connection that lasted so long proves the address good
    Duration turned_away = 10s;  // until a stranger is asked again
    Duration forget = 60s;       // addresses that nobody names any more and that lead nowhere
};

/// Where other nodes may be reached, and when to try: seeds, and what peers tell of themselves and others. A machine:
/// the time and a random number go in; the Mesh makes the connections.
class Targets {
public:
    using Process = cluster::Process;

    explicit Targets(TargetSettings settings) : settings_(settings) {}

    /// A seed stands for these addresses from now on. Those it stood for before are forgotten when nobody else names
    /// them.
    void set_seed(const std::string& seed, const std::vector<runtime::Endpoint>& addresses, Instant now);
    /// A peer names these addresses; kTargetsMax at most are kept.
    void learn(const std::vector<runtime::Endpoint>& addresses, Instant now);

    /// A process that listens there has connected to us: it is tried at once, however long it was away.
    void came(const std::vector<runtime::Endpoint>& addresses, Instant now);

    /// What is to be dialled now, one attempt each, until failed(), linked() or turned_away() tells what came of it.
    /// @param linked  whether there is a connection to this process already.
    std::vector<runtime::Endpoint> due(Instant now, const std::function<bool(Process)>& linked);

    /// The attempt brought no connection, or one that ended before the other side was known.
    /// @param refused  the machine answered that nobody listens.
    /// @return  the process that has ended: its connection broke, and the one attempt at once was refused.
    std::optional<Process> failed(const runtime::Endpoint& at, bool refused, Instant now, uint64_t random);
    /// The attempt brought a connection that the other end closed before it greeted.
    void cut_short(const runtime::Endpoint& at, Instant now, uint64_t random);
    void linked(const runtime::Endpoint& at, Process process, Instant now);
    /// The process there is connected already, by another of its addresses.
    void known(const runtime::Endpoint& at, Process process);
    /// Somebody answers there who is no peer: another cluster, or ourselves.
    void turned_away(const runtime::Endpoint& at, Instant now);
    /// The connection that linked() told of has ended.
    /// @param by_peer  reset or closed by the other end: it is tried again at once.
    void unlinked(const runtime::Endpoint& at, bool by_peer, Instant now, uint64_t random);

    /// Whether an address of this seed has not answered yet.
    bool pending(const std::string& seed) const;
    size_t size() const { return targets_.size(); }

    static constexpr size_t kTargetsMax = 4096;
    static constexpr uint32_t kCutShortMax = 5;

private:
    struct Target {
        runtime::Endpoint at;
        std::vector<std::string> seeds{};  // that stand for it
        Instant named_at{};  // by a peer, the last time
        Instant next{};
        Duration back_off{};
        bool busy = false;  // an attempt is under way, or a connection there
        bool answered = false;  // ever
        std::optional<Process> leads_to{};
        std::optional<Process> lost{};  // its connection broke; the attempt at once tells whether it ended
        uint32_t cut_short = 0;  // attempts since then
        Instant linked_at{};
        std::optional<Instant> at_once_at{};
    };
    Target* find(const runtime::Endpoint& at);
    Target& add(const runtime::Endpoint& at, Instant now);
    void wait(Target& target, Instant now, uint64_t random);

    const TargetSettings settings_;
    std::map<std::string, Target> targets_;  // by text of the endpoint
};

}  // namespace cairn::fabric
