#pragma once
#include <map>
#include <set>
#include <vector>

#include "common/base/buffer.h"
#include "common/client/request.h"
#include "tests/sim/history.h"
#include "tests/sim/node_session.h"

/// What the users of a simulated node do, and what each of them looks at in the answers.
namespace cairn::sim {

constexpr std::string_view kNamespace = "test";

/// A digest of our own choosing: any key, in the partition the test wants.
Digest digest_in(PartitionId partition, uint64_t key);

/// Reads and writes keys that hold a number, and a filling made from it. Every operation is in the history.
class RegisterWork final : public NodeSession::Work {
public:
    struct Plan {
        uint32_t keys = 4;        // key 0 is only ever added to and read
        size_t operations = 12;
        size_t fill_max = 100;    // bytes beside the number
        /// How additions are made. The last two read, and write the sum back: without a check an update is lost now and
        /// then. They are in the history as an addition, too.
        enum class Adding : uint8_t { by_the_node, with_generation_check, without_check } adding = Adding::by_the_node;
        bool only_add = false;
        bool read_each = false;  // nothing but one read of each key
    };
    RegisterWork(World& world, History& history, Plan plan);
    bool begin(NodeSession& session) override;
    bool finished() const override { return left_ == 0; }

    /// Values that no write wrote: torn, mixed up or made up.
    size_t damaged() const { return damaged_; }

private:
    void single(NodeSession& session, const Operation& operation);
    void batch(NodeSession& session);
    void add_by_reading(NodeSession& session, uint32_t key, int64_t value);
    void write_sum(NodeSession& session, uint32_t key, const client::Record& found, int64_t value, size_t number);
    Operation draw();
    void note(size_t number, Operation::Kind kind, const client::Record& record);
    Buffer encode(const Operation& operation);

    World& world_;
    History& history_;
    const Plan plan_;
    size_t left_;  // operations
    size_t damaged_ = 0;
};

/// Writes records, each until it is acknowledged.
class LoadWork final : public NodeSession::Work {
public:
    LoadWork(std::string_view set, std::vector<Digest> records, size_t value_size)
        : set_(set), records_(std::move(records)), value_size_(value_size) {}
    bool begin(NodeSession& session) override;
    bool finished() const override { return records_.empty(); }

private:
    const std::string_view set_;
    std::vector<Digest> records_;  // not acknowledged yet
    const size_t value_size_;
};

/// Reads a set again and again, in pages, while others write to it.
class ScanWork final : public NodeSession::Work {
public:
    struct Plan {
        std::string_view set;
        std::vector<PartitionId> partitions;
        uint64_t page_records = 10;
        size_t rounds = 1;
    };
    ScanWork(World& world, Plan plan);
    bool begin(NodeSession& session) override;
    bool finished() const override { return rounds_.size() == plan_.rounds && !going_; }

    /// For each round that came to its end: how often each record was seen.
    using Round = std::map<std::array<uint8_t, Digest::kSize>, int>;
    const std::vector<Round>& rounds() const { return rounds_; }
    /// Pages with an error, or with more records than were asked for.
    size_t wrong_pages() const { return wrong_pages_; }

private:
    void take(const client::Stream& page);

    World& world_;
    const Plan plan_;
    std::vector<Round> rounds_;
    bool going_ = false;
    bool asked_ = false;
    Round seen_;
    std::map<PartitionId, Digest> last_;
    size_t wrong_pages_ = 0;
};

/// Writes and removes records around those that stay, and writes those that stay.
class ChurnWork final : public NodeSession::Work {
public:
    struct Plan {
        std::string_view set;
        std::vector<Digest> staying;
        std::vector<Digest> coming_and_going;
        size_t operations = 50;
        size_t value_max = 60;
    };
    ChurnWork(World& world, Plan plan) : world_(world), plan_(std::move(plan)), left_(plan_.operations) {}
    bool begin(NodeSession& session) override;
    bool finished() const override { return left_ == 0; }

private:
    World& world_;
    const Plan plan_;
    size_t left_;
};

/// Writes records that live for a second or a few, and reads them as they go.
class FleetingWork final : public NodeSession::Work {
public:
    /// @param node_clock  the node's calendar.
    FleetingWork(World& world, runtime::Clock& node_clock, uint64_t first_key, size_t operations)
        : world_(world), node_clock_(node_clock), first_key_(first_key), left_(operations) {}
    bool begin(NodeSession& session) override;
    bool finished() const override { return left_ == 0; }

    /// Reads that saw a record after its time, or missed one before.
    size_t wrong() const { return wrong_; }

private:
    uint32_t node_now_s() {
        node_clock_.refresh();
        return node_clock_.epoch_s();
    }
    World& world_;
    runtime::Clock& node_clock_;
    const uint64_t first_key_;
    size_t left_;
    std::vector<uint32_t> void_times_;  // of the keys from first_key_; 0 when the write's answer was lost
    size_t wrong_ = 0;
};

/// Starts jobs that add 1 to a bin of every record of a set.
class BackgroundWork final : public NodeSession::Work {
public:
    BackgroundWork(World& world, std::string_view set, size_t jobs) : world_(world), set_(set), left_(jobs) {}
    bool begin(NodeSession& session) override;
    bool finished() const override { return left_ == 0; }
    /// Ids of the jobs asked for, started or not.
    const std::vector<uint64_t>& ids() const { return ids_; }

private:
    World& world_;
    const std::string_view set_;
    size_t left_;
    std::vector<uint64_t> ids_;
};

/// A whole frame that starts a background job: adds 1 to bin "jobs" of every record of `set`.
void append_background_add(Buffer& out, std::string_view set, uint64_t id);

}  // namespace cairn::sim
