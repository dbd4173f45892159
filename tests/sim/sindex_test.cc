// Goal: whatever happens around it, a query over a secondary index finds each record that stays in its range exactly
// once and none that is outside, and the index holds what the records say. Method: the production Node on a simulated
// machine, in memory or on a file; users write, replace, remove and let records expire while another pages through the
// index, which was made before there were records, or after. A node on a file ends and begins anew, and is asked again.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "common/client/reply.h"
#include "common/wire/encode.h"
#include "tests/sim/node_work.h"
#include "tests/sim/simulated_node.h"
#include "tests/unit/sindex/parameters.h"

namespace cairn::sim {
namespace {

using client::Value;
using wire::FieldType;

constexpr std::string_view kSet = "indexed";
constexpr int64_t kValues = 10;

/// Of a record that stays.
int64_t value_of(const Digest& digest) { return digest.bytes[19] % kValues; }

/// Writes the records that stay, each until it is acknowledged.
class Filling final : public NodeSession::Work {
public:
    explicit Filling(std::vector<Digest> records) : records_(std::move(records)) {}
    bool begin(NodeSession& session) override {
        if (asked_ || records_.empty()) return false;
        asked_ = true;
        const client::Bin bins[] = {{"n", Value::integer(value_of(records_.back()))}};
        Buffer frame;
        client::append_put(frame, {kNamespace, kSet, records_.back()}, bins);
        session.connection().send(frame.bytes(), [this, &session](Result<client::Record> record) {
            asked_ = false;
            if (record) records_.pop_back();
            session.ended(record.has_value());
        });
        return true;
    }
    bool finished() const override { return records_.empty(); }

private:
    std::vector<Digest> records_;  // not acknowledged yet
    bool asked_ = false;
};

/// Changes other bins of the records that stay, and all of others.
class Churning final : public NodeSession::Work {
public:
    Churning(World& world, std::vector<Digest> staying, std::vector<Digest> others, size_t operations)
        : world_(world), staying_(std::move(staying)), others_(std::move(others)), left_(operations) {}
    bool begin(NodeSession& session) override {
        if (left_ == 0) return false;
        --left_;
        auto& dice = world_.dice();
        const bool stays = dice.once_in(4);
        const auto& from = stays ? staying_ : others_;
        const client::Target target{kNamespace, kSet, from[dice.below(from.size())]};
        const client::Bin value[] = {{"n", Value::integer(static_cast<int64_t>(dice.below(kValues)))}};
        const client::Bin other[] = {{"m", Value::integer(static_cast<int64_t>(left_))}};
        const auto ttl = static_cast<uint32_t>(dice.between(1, 2));
        Buffer frame;
        switch (stays ? 0 : dice.between(1, 5)) {
            case 0: client::append_put(frame, target, other); break;
            case 1: client::append_delete(frame, target); break;
            case 2: client::append_put(frame, target, value, {.ttl = ttl}); break;
            case 3: client::append_put(frame, target, other, {.exists = client::Exists::replace}); break;
            default: client::append_put(frame, target, value); break;
        }
        session.connection().send(frame.bytes(),
                                  [&session](Result<client::Record> record) { session.ended(record.has_value()); });
        return true;
    }
    bool finished() const override { return left_ == 0; }

private:
    World& world_;
    const std::vector<Digest> staying_, others_;
    size_t left_;  // operations
};

/// Asks for the records of a range again and again, in pages.
class Paging final : public NodeSession::Work {
public:
    struct Plan {
        int64_t first, last;
        std::vector<PartitionId> partitions;
        uint64_t page_records;
        size_t rounds;
    };
    Paging(World& world, Plan plan) : world_(world), plan_(std::move(plan)) {}
    bool begin(NodeSession& session) override {
        if (asked_ || finished()) return false;
        asked_ = true;
        Buffer frame;
        append_query(frame);
        session.connection().send_stream(frame.bytes(), client::StreamKind::query,
                                         [this, &session](Result<client::Stream> page) {
                                             asked_ = false;
                                             if (page) take(*page);
                                             session.ended(page.has_value());
                                         });
        return true;
    }
    bool finished() const override { return rounds_.size() == plan_.rounds; }

    /// For each round that came to its end: how often each record was seen.
    using Round = std::map<std::array<uint8_t, Digest::kSize>, int>;
    const std::vector<Round>& rounds() const { return rounds_; }
    const Plan& plan() const { return plan_; }
    /// Errors, pages too long, records out of range.
    size_t wrong() const { return wrong_; }

private:
    struct Row {
        int64_t value;
        Digest digest;
    };

    void append_query(Buffer& out) {
        std::vector<uint8_t> pids, digests, values, range(28);
        range[0] = range[1] = range[3] = 1;  // version, size of the bin's name, integers
        range[2] = 'n';
        store_be(&range[4], uint32_t{8});
        store_be(&range[8], static_cast<uint64_t>(plan_.first));
        store_be(&range[16], uint32_t{8});
        store_be(&range[20], static_cast<uint64_t>(plan_.last));
        for (const PartitionId partition : plan_.partitions) {
            const auto last = last_.find(partition);
            if (last == last_.end()) {
                pids.resize(pids.size() + 2);
                store_le(pids.data() + pids.size() - 2, partition);
                continue;
            }
            const Row& row = last->second;
            digests.insert(digests.end(), row.digest.bytes.begin(), row.digest.bytes.end());
            values.resize(values.size() + 8);
            store_le(values.data() + values.size() - 8, row.value);
        }
        std::array<uint8_t, 8> most, id;
        store_be(most.data(), plan_.page_records);
        store_be(id.data(), world_.dice().next() | 1);
        wire::FrameWriter frame(out, wire::FrameType::message);
        wire::UnitWriter unit(out);
        unit.field(FieldType::ns, as_bytes(kNamespace));
        unit.field(FieldType::set, as_bytes(kSet));
        unit.field(FieldType::query_id, id);
        unit.field(FieldType::max_records, most);
        unit.field(FieldType::index_range, range);
        if (!pids.empty()) unit.field(FieldType::pid_array, pids);
        if (!digests.empty()) {
            unit.field(FieldType::digest_array, digests);
            unit.field(FieldType::bval_array, values);
        }
        unit.finish({.info1 = wire::info1::read, .info3 = wire::info3::partition_done});
        frame.finish();
    }

    void take(const client::Stream& page) {
        if (page.result == ResultCode::sindex_not_readable) return;  // asked again, until it is built
        wrong_ += page.result != ResultCode::ok || page.records.size() > plan_.page_records;
        for (const auto& record : page.records) {
            const Value* found = record.find("n");
            const auto value = found == nullptr ? std::nullopt : found->as_integer();
            wrong_ += !value || *value < plan_.first || *value > plan_.last;
            ++seen_[record.digest.bytes];
            last_[record.digest.partition()] = {value.value_or(0), record.digest};
        }
        if (page.result == ResultCode::ok && page.records.size() == plan_.page_records) return;
        rounds_.push_back(std::exchange(seen_, {}));
        last_.clear();
    }

    World& world_;
    const Plan plan_;
    std::vector<Round> rounds_;
    bool asked_ = false;
    Round seen_;
    std::map<PartitionId, Row> last_;
    size_t wrong_ = 0;
};

class IndexHistory {
public:
    explicit IndexHistory(uint64_t seed) : world(seed), on_file(world.dice().once_in(2)), settings_(settings()) {
        auto& dice = world.dice();
        for (uint64_t left = dice.between(1, 4); left > 0; --left) {
            const auto pid = static_cast<PartitionId>(dice.below(kPartitionCount));
            if (std::ranges::find(partitions, pid) == partitions.end()) partitions.push_back(pid);
        }
        draw(staying, dice.once_in(10) ? 400 : dice.between(1, 60), 10'000);
        draw(others_, dice.between(1, 40), 20'000);
        begin_node();
    }

    /// Everybody works; then, on a file, the node begins anew.
    void run() {
        auto& dice = world.dice();
        const bool index_first = dice.once_in(2);
        if (index_first) make_index();
        add<Filling>(1, staying);
        ended &= run_to_end();
        if (!index_first) make_index();
        for (uint64_t left = dice.between(1, 3); left > 0; --left) {
            add<Churning>(dice.between(1, 4), world, staying, others_, dice.between(10, 80));
        }
        ask(2);
    }
    void begin_anew() {
        sessions_.clear();
        ended &= node->stop();
        node.reset();
        begin_node();
        ask(1);
    }
    /// Pages while everybody works.
    void ask(size_t rounds) {
        auto& dice = world.dice();
        const auto first = static_cast<int64_t>(dice.below(kValues));
        const auto last = first + static_cast<int64_t>(dice.below(static_cast<uint64_t>(kValues - first)));
        paging = add<Paging>(1, world,
                             Paging::Plan{.first = first,
                                          .last = last,
                                          .partitions = partitions,
                                          .page_records = dice.between(1, 2 * staying.size()),
                                          .rounds = rounds});
        ended &= run_to_end();
    }

    World world;
    const bool on_file;
    std::optional<SimulatedNode> node;
    std::vector<PartitionId> partitions;
    std::vector<Digest> staying;
    const Paging* paging = nullptr;
    bool ended = true;  // everybody came to an end

private:
    NamespaceConfig settings() {
        NamespaceConfig settings;
        settings.nsup_period_s = static_cast<uint32_t>(world.dice().between(1, 5));
        if (!on_file) return settings;
        settings.storage_engine.type = StorageEngine::device;
        settings.storage_engine.files = {"/data/0"};
        settings.storage_engine.file_size_bytes = 32 << 20;
        settings.storage_engine.write_block_size_bytes = 128 << 10;
        return settings;
    }
    void draw(std::vector<Digest>& into, uint64_t count, uint64_t first) {
        for (uint64_t i = 0; i < count; ++i) {
            into.push_back(digest_in(partitions[i % partitions.size()], first + i));
        }
    }
    void begin_node() {
        node.emplace(world, machine_, settings_);
        ended &= world.run_until([&] { return (**node).state().ready.load(); }, 60s);
    }
    void make_index() {
        auto& ns = node->ns();
        auto& state = (**node).state();
        const auto made = ns.indexes.add(*sindex::parse("ns=test;set=indexed;indexname=i;bin=n;type=numeric"),
                                         [&](const std::string& text) { return state.keep_indexes(ns, text); });
        ASSERT_TRUE(made);
        state.build_index(ns, *made);
    }
    template <class Work, class... Arguments>
    Work* add(size_t depth, Arguments&&... arguments) {
        auto work = std::make_unique<Work>(std::forward<Arguments>(arguments)...);
        Work* const added = work.get();
        auto& loop = users_on_.loop(world.dice().below(users_on_.loop_count()));
        sessions_.push_back(std::make_unique<NodeSession>(world, loop, NodeSession::Plan{node->endpoint(), depth, 60s},
                                                          std::move(work)));
        return added;
    }
    bool run_to_end() {
        return world.run_until(
            [&] { return std::ranges::all_of(sessions_, [](const auto& session) { return session->finished(); }); },
            600s);
    }

    NamespaceConfig settings_;
    SimMachine& machine_ = world.machine("node");
    SimMachine& users_on_ = world.machine("users");
    std::vector<Digest> others_;
    std::vector<std::unique_ptr<NodeSession>> sessions_;
};

void expect_pages_are_whole(const IndexHistory& run) {
    const auto& plan = run.paging->plan();
    EXPECT_EQ(run.paging->wrong(), 0u);
    for (const auto& round : run.paging->rounds()) {
        for (const Digest& digest : run.staying) {
            const bool in_range = value_of(digest) >= plan.first && value_of(digest) <= plan.last;
            const auto found = round.find(digest.bytes);
            EXPECT_EQ(found == round.end() ? 0 : found->second, in_range ? 1 : 0) << to_hex(digest.bytes);
        }
    }
}

/// Of a node in memory.
void expect_index_holds_what_records_say(IndexHistory& run) {
    auto& ns = run.node->ns();
    const auto index = ns.indexes.find("i");
    std::set<std::pair<sindex::Value, uint64_t>> held, said;
    for (size_t i = 0; i < ns.partitions.slice_count(); ++i) {
        ns.partitions.with_slice(i, [&](partition::SliceView& slice) {
            constexpr sindex::Entry kFirst{}, kLast{UINT64_MAX, UINT64_MAX};
            slice.find(*index)->entries.visit(slice.pool(), kFirst, kLast, SIZE_MAX,
                                              [&](sindex::Entry entry) { held.insert({entry.value, entry.key}); });
        });
    }
    sindex::RecordValues values(index->definition);
    std::vector<sindex::Value> of_one;
    std::vector<record::Head*> leaf;
    for (const PartitionId pid : run.partitions) {
        for (partition::WalkPosition position; !position.done;) {
            ns.partitions.with(pid, [&](partition::Partition& partition) {
                partition.walk(position, leaf);
                for (const record::Head* record : leaf) {
                    values.of({.digest = record->digest, .set = kSet, .now_ms = 0, .head = record}, of_one);
                    for (const auto value : of_one) said.insert({value, sindex::Entry::key_of(record->digest)});
                }
            });
        }
    }
    EXPECT_EQ(held, said);
}

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(1, 301), testing::PrintToStringParamName());

TEST_P(EachSeed, QueriesOverAnIndexAreExact) {
    IndexHistory run(GetParam());
    run.run();
    ASSERT_TRUE(run.ended);
    expect_pages_are_whole(run);
    if (!run.on_file) return expect_index_holds_what_records_say(run);
    run.begin_anew();
    ASSERT_TRUE(run.ended);
    expect_pages_are_whole(run);
}

}  // namespace
}  // namespace cairn::sim
