#pragma once
#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "common/base/buffer.h"
#include "common/client/connection.h"
#include "tests/sim/cluster_model.h"
#include "tests/sim/whole_cluster.h"

namespace cairn::sim {

/// What all users of a cluster change together.
struct SharedRecords {
    std::array<SharedCounter, 4> counters;
    std::array<SharedSet, 2> sets;
};

/// A client of a WholeCluster that does one thing at a time, mostly at whoever is master. It has records of its own, and
/// shares counters and sets with all. It looks at each answer, and at how long that took. On one loop of the users'
/// machine.
class ClusterUser {
public:
    /// @param number  of this user, from 0.
    /// @param shared  with all users; these and the others outlive this.
    ClusterUser(World& world, WholeCluster& cluster, runtime::Loop& loop, size_t number, SharedRecords& shared);

    // From outside the loops.
    /// Writes each record of its own once.
    void write_each();
    /// Reads each record of its own, and what is shared, once, and scans them, while no user does anything else.
    void read_each();
    /// All kinds of things by chance until rest().
    void work();
    void rest() { working_ = false; }
    /// Whether all it was told to do has come to an end.
    bool idle() const { return !busy_ && todo_.empty(); }

    struct Totals {
        size_t acknowledged = 0;
        size_t in_doubt = 0;
        size_t reads = 0;
        size_t scans = 0;
        size_t elsewhere = 0;  // answers that another node is to be asked
        size_t given_up = 0;  // never done: no node served for a long time
    };
    const Totals& totals() const { return totals_; }

private:
    enum class Kind : uint8_t {
        write,
        remove,
        read,
        add,
        read_counter,
        append,
        read_set,
        write_batch,
        read_batch,
        scan
    };
    struct Operation {
        Kind kind{};
        size_t key = 0;  // of this user's records, of the counters, or of the sets
        bool alone = false;  // no user does anything else meanwhile
        std::vector<size_t> keys{};  // of a batch
        std::string word{};  // of append
        size_t words = 0;  // that are to be found
    };
    void next();
    Operation draw();
    void begin();
    void attempt();
    void attempt_later();
    std::optional<size_t> choose_node();
    void send(size_t node);
    void send_single(size_t node);
    void send_stream(size_t node, client::StreamKind kind);
    void take(size_t node, Instant asked, const Result<client::Record>& record);
    void take_batch(size_t node, Instant asked, const Result<client::Stream>& reply);
    void take_scan(size_t node, Instant asked, const Result<client::Stream>& reply);
    void check_time(size_t node, Instant asked) const;
    void give_up();
    void acknowledged(const client::Record& record);
    void in_doubt();
    /// Until what islands had is merged, reads may find the older version of what both had.
    bool lossy() const { return shape_.lossy() || (shape_.trouble == ClusterShape::Trouble::islands && working_); }
    void check_own(size_t key, const client::Record& record);
    void check(const std::optional<std::string>& wrong) const;
    bool reads() const;
    Buffer encode();
    Buffer encode_batch();
    Buffer encode_scan(size_t node);
    Digest own(size_t key) const;
    Digest digest() const;
    void violate(const std::string& what) const;
    void done();

    World& world_;
    WholeCluster& cluster_;
    const ClusterShape& shape_;
    runtime::Loop& loop_;
    const size_t number_;
    SharedRecords& shared_;
    std::vector<OwnRecord> own_;
    std::array<int64_t, 4> counted_{};  // what its own additions gave last
    std::vector<PartitionId> scanned_;  // what is asked for now
    std::vector<std::unique_ptr<client::Connection>> connections_;  // by node
    std::unique_ptr<runtime::Timer> timer_;
    std::deque<Operation> todo_;
    Operation now_{};
    Instant began_{};
    size_t node_ = 0;  // that was asked last
    bool busy_ = false;
    bool working_ = false;
    Totals totals_;
};

}  // namespace cairn::sim
