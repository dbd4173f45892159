#pragma once
#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "common/base/buffer.h"
#include "common/client/connection.h"
#include "tests/sim/whole_cluster.h"

namespace cairn::sim {

/// What counters of all users should hold.
struct CounterSums {
    int64_t acknowledged = 0;
    int64_t in_doubt = 0;
};
using Counters = std::array<CounterSums, 4>;

/// A client of a WholeCluster that does one thing at a time, at whoever is master. Its registers are its own: their
/// values count up, so a reading that is behind an acknowledged write tells by itself. It looks at each answer, and at
/// how long that took. On one loop of the users' machine.
class ClusterUser {
public:
    /// @param number    of this user, from 0.
    /// @param counters  of all users; these and the others outlive this.
    ClusterUser(World& world, WholeCluster& cluster, runtime::Loop& loop, size_t number, size_t registers,
                Counters& counters);

    // From outside the loops.
    /// Writes each register once.
    void write_each();
    /// Reads each register, and each counter, once, while no user does anything else.
    void read_each();
    /// Reads, writes and counts by chance until rest().
    void work();
    void rest() { working_ = false; }
    /// Whether all it was told to do has come to an end.
    bool idle() const { return !busy_ && todo_.empty(); }

    struct Totals {
        size_t acknowledged = 0;
        size_t in_doubt = 0;
        size_t reads = 0;
        size_t elsewhere = 0;  // answers that another node is to be asked
        size_t given_up = 0;   // never done: no node served for a long time
    };
    const Totals& totals() const { return totals_; }

private:
    enum class Kind : uint8_t { write, read, add, read_counter };
    struct Operation {
        Kind kind;
        size_t key;  // of this user's registers, or of the counters
        bool alone = false;  // no user does anything else meanwhile
    };
    struct Register {
        int64_t asked = 0;         // the highest value that was sent
        int64_t acknowledged = 0;  // may not be read below
    };
    void next();
    void attempt();
    void attempt_later();
    void send(size_t node);
    void take(size_t node, Instant asked, const Result<client::Record>& record);
    void check_time(size_t node, Instant asked) const;
    void acknowledged(const client::Record& record);
    void in_doubt();
    void check_register(int64_t value);
    void check_counter(int64_t value);
    Buffer encode() const;
    Digest digest() const;
    void violate(const std::string& what) const;
    void done();

    World& world_;
    WholeCluster& cluster_;
    runtime::Loop& loop_;
    const size_t number_;
    Counters& counters_;
    std::vector<Register> registers_;
    std::array<int64_t, std::tuple_size_v<Counters>> counted_{};  // what its own additions gave last
    std::vector<std::unique_ptr<client::Connection>> connections_;  // by node
    std::unique_ptr<runtime::Timer> timer_;
    std::deque<Operation> todo_;
    Operation now_{};
    Instant began_{};
    bool busy_ = false;
    bool working_ = false;
    Totals totals_;
};

}  // namespace cairn::sim
