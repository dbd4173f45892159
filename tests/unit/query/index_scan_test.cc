// Queries over secondary indexes; what a query asks and which records match is in tests/unit/sindex.
#include <algorithm>
#include <map>
#include <random>

#include "node/query/build_index.h"
#include "node/query/scan.h"
#include "tests/unit/sindex/parameters.h"
#include "tests/unit/txn/desk.h"

namespace cairn::query {
namespace {

using client::Value;
using txn::digest_of;
using wire::FieldType;

struct Row {
    int64_t value;
    Digest digest;
};

/// Answers for all partitions but one.
class OthersHave final : public partition::Replicator {
public:
    explicit OthersHave(PartitionId partition) : partition_(partition) {}
    Access may_write(PartitionId partition) const override { return may_read(partition); }
    Access may_read(PartitionId partition) const override {
        return partition == partition_ ? Access::elsewhere : Access::ok;
    }
    uint64_t master(PartitionId) const override { return 0; }
    void prefetch(PartitionId) const override {}
    bool wrote(partition::Partition&, const Written&) override { return false; }

private:
    const PartitionId partition_;
};

class IndexScan : public testing::Test {
protected:
    std::shared_ptr<partition::SecondaryIndex> add(std::string_view line) {
        auto made = desk.ns.indexes.add(*sindex::parse(line), [](const std::string&) { return Result<void>(); });
        EXPECT_TRUE(made);
        build_small_index(desk.ns, **made);
        return *made;
    }
    void put(uint64_t number, PartitionId pid, int64_t value) {
        Buffer frame;
        const client::Bin bin{"a", Value::integer(value)};
        client::append_put(frame, {"test", "s", digest_of(number, pid)}, {&bin, 1});
        EXPECT_EQ(desk.run(frame).result, ResultCode::ok);
    }
    struct Page {
        std::vector<Row> rows;
        std::vector<PartitionId> refused = {};
        ResultCode result = ResultCode::server_error;
    };
    /// Values from `first` to `last` in these partitions; after `resume`, in its own.
    /// @param rate     records per second, of which a step has a tenth; 0: no limit.
    /// @param between  is called after each step.
    Page ask(
        int64_t first, int64_t last, const std::vector<PartitionId>& pids, const std::vector<Row>& resume = {},
        uint64_t records_max = 0, uint32_t rate = 0, const std::function<void()>& between = [] {}) {
        std::vector<uint8_t> pid_bytes, digests, values, range{1, 1, 'a', 1, 0, 0, 0, 8};
        const auto big = [&](int64_t number) {
            for (int shift = 56; shift >= 0; shift -= 8) range.push_back(uint8_t(uint64_t(number) >> shift));
        };
        big(first);
        range.insert(range.end(), {0, 0, 0, 8});
        big(last);
        for (const PartitionId pid : pids) {
            pid_bytes.push_back(uint8_t(pid));
            pid_bytes.push_back(uint8_t(pid >> 8));
        }
        for (const Row& row : resume) {
            digests.insert(digests.end(), row.digest.bytes.begin(), row.digest.bytes.end());
            values.resize(values.size() + 8);
            store_le(values.data() + values.size() - 8, row.value);
        }
        std::array<uint8_t, 8> most;
        store_be(most.data(), records_max);
        std::array<uint8_t, 4> fastest;
        store_be(fastest.data(), rate);
        Buffer frame;
        wire::UnitWriter unit(frame);
        unit.field(FieldType::ns, as_bytes("test"));
        unit.field(FieldType::set, as_bytes("s"));
        unit.field(FieldType::index_range, range);
        if (!pids.empty()) unit.field(FieldType::pid_array, pid_bytes);
        if (!resume.empty()) {
            unit.field(FieldType::digest_array, digests);
            unit.field(FieldType::bval_array, values);
        }
        unit.field(FieldType::max_records, most);
        unit.field(FieldType::records_per_second, fastest);
        unit.finish({.info1 = wire::info1::read, .info3 = wire::info3::partition_done});
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes()));
        auto request = parse_request(message);
        EXPECT_TRUE(request);
        auto query = sindex::Query::parse(message.fields);
        EXPECT_TRUE(query);
        auto named = desk.ns.indexes.find(*query, "s");
        EXPECT_NE(named.index, nullptr);
        auto walk = std::make_unique<IndexWalk>(desk.ns, named.index, *std::move(query), request->starts);
        Scan scan(desk.ns, desk.worker, message, *std::move(request), desk.ns.sets.find("s"), std::make_shared<Job>(),
                  std::move(walk));
        Buffer out;
        for (bool done = false; !done;) {
            done = scan.step(out, 128 << 10).done;
            between();
        }
        Page page;
        client::Stream stream{.kind = client::StreamKind::query};
        for (Bytes rest = out.bytes(); !rest.empty();) {
            const size_t size = wire::ProtoHeader::load(rest.data()).body_size;
            EXPECT_TRUE(client::decode_stream(rest.subspan(wire::kProtoHeaderSize, size), stream));
            rest = rest.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(stream.done);
        page.result = stream.result;
        for (const auto& partition : stream.failed_partitions) page.refused.push_back(partition.id);
        for (const auto& record : stream.records)
            page.rows.push_back({record.bins.at(0).value.as_integer().value(), record.digest});
        return page;
    }

    txn::Desk desk;
};

TEST_F(IndexScan, FindsWhatIsInRangeInThePartitionsAskedFor) {
    for (uint64_t number = 0; number < 100; ++number) {
        for (const auto pid : {PartitionId{5}, PartitionId{6}}) put(number, pid, int64_t(number));
    }
    add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    EXPECT_EQ(ask(10, 19, {5}).rows.size(), 10u);
    EXPECT_EQ(ask(10, 19, {5, 6}).rows.size(), 20u);
    EXPECT_EQ(ask(10, 19, {7}).rows.size(), 0u);
    EXPECT_EQ(ask(42, 42, {5}).rows.size(), 1u);
    EXPECT_EQ(ask(100, 200, {5}).result, ResultCode::ok);
}

TEST_F(IndexScan, RecordsThatChangeAfterTheIndexWasMadeAreFoundToo) {
    add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    put(1, 5, 1);
    put(2, 5, 1);
    put(2, 5, 2);
    const auto rows = ask(1, 1, {5}).rows;
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].digest, digest_of(1, 5));
}

TEST_F(IndexScan, EachPartitionComesByValueThenDigestAndPagesMeetWithoutGapOrOverlap) {
    std::mt19937_64 random(3);
    for (uint64_t number = 0; number < 700; ++number)
        put(number, PartitionId(5 + number % 3 * 32), int64_t(random() % 9));
    add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    const std::vector<PartitionId> pids{5, 37, 69};
    for (const uint64_t page : {1u, 7u, 128u, 699u, 700u, 701u}) {
        std::map<PartitionId, Row> last;
        size_t seen = 0;
        while (true) {
            std::vector<PartitionId> fresh;
            std::vector<Row> resume;
            for (const PartitionId pid : pids) {
                if (last.contains(pid)) resume.push_back(last.at(pid));
                else fresh.push_back(pid);
            }
            const auto rows = ask(0, 8, fresh, resume, page).rows;
            for (const Row& row : rows) {
                const auto before = last.find(row.digest.partition());
                if (before != last.end()) {
                    const int order = Digest::compare_in_partition(before->second.digest, row.digest);
                    ASSERT_TRUE(before->second.value < row.value || (before->second.value == row.value && order < 0));
                }
                last[row.digest.partition()] = row;
            }
            seen += rows.size();
            if (rows.size() < page) break;
        }
        EXPECT_EQ(seen, 700u) << page;
    }
}

TEST_F(IndexScan, WhatStaysIsSentOnceWhileOthersComeAndGoBetweenSteps) {
    for (uint64_t number = 0; number < 600; ++number) put(number, 5, int64_t(number % 7));
    add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    uint64_t turn = 0;
    std::map<std::array<uint8_t, Digest::kSize>, int> seen;
    const auto page = ask(0, 6, {5}, {}, 0, 500, [&] {
        for (uint64_t i = 0; i < 30; ++i) put(1000 + (turn * 31 + i) % 900, 5, int64_t(i % 7));
        ++turn;
    });
    for (const Row& row : page.rows) ++seen[row.digest.bytes];
    EXPECT_TRUE(std::ranges::all_of(seen, [](const auto& each) { return each.second == 1; }));
    for (uint64_t number = 0; number < 600; ++number) EXPECT_EQ(seen[digest_of(number, 5).bytes], 1) << number;
}

TEST_F(IndexScan, EndsWithAnErrorWhenItsIndexIsDeletedMeanwhile) {
    for (uint64_t number = 0; number < 600; ++number) put(number, 5, 1);
    add("ns=test;set=s;indexname=i;bin=a;type=numeric");
    const auto page = ask(0, 6, {5}, {}, 0, 500, [&] {
        EXPECT_TRUE(desk.ns.indexes.remove("i", [](const std::string&) { return Result<void>(); }));
    });
    EXPECT_EQ(page.result, ResultCode::sindex_not_found);
    EXPECT_LT(page.rows.size(), 600u);
}

TEST_F(IndexScan, APartitionOfAnotherNodeIsRefusedOnceWithOrWithoutRecords) {
    add("ns=test;indexname=i;bin=a;type=numeric");
    for (uint64_t number = 0; number < 300; ++number) put(number, PartitionId(5 + number % 2), 7);
    for (const PartitionId elsewhere : {PartitionId{6}, PartitionId{7}}) {
        OthersHave others(elsewhere);
        desk.ns.replicator.store(&others);
        const Page page = ask(7, 7, {5, 6, 7});
        desk.ns.replicator.store(nullptr);
        EXPECT_EQ(page.rows.size(), elsewhere == 6 ? 150u : 300u);
        EXPECT_EQ(page.refused, std::vector{elsewhere});
        EXPECT_EQ(page.result, ResultCode::ok);
    }
}

}  // namespace
}  // namespace cairn::query
