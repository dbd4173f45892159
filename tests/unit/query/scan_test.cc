#include "node/query/scan.h"

#include <map>

#include "tests/unit/record/hex.h"
#include "tests/unit/txn/desk.h"

namespace cairn::query {
namespace {

using client::Value;
using txn::digest_of;

uint64_t key_of(const Digest& digest) { return uint64_t(digest.bytes[1] >> 4) << 8 | digest.bytes[2]; }

class ScanTest : public testing::Test {
protected:
    /// Keys 0 to count - 1 in partition 5; a scan sees the highest first.
    void fill(uint64_t count, size_t size = 10) {
        for (uint64_t key = 0; key < count; ++key) {
            desk.put(key, {{"a", Value::integer(int64_t(key))}, {"b", Value::blob(std::string(size, 'x'))}});
        }
    }
    struct Answer {
        std::vector<uint64_t> keys;  // of digests made by digest_of
        std::vector<client::Record> records;
        ResultCode result = ResultCode::server_error;
        size_t steps = 0;
    };
    /// Runs a scan; `between` is called after each step.
    Answer run(const client::Scan& scan, size_t bytes_max = 128 << 10, const std::function<void()>& between = [] {}) {
        Buffer frame;
        client::append_scan(frame, scan);
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        auto request = parse_request(message);
        EXPECT_TRUE(request);
        job = std::make_shared<Job>();
        Scan running(desk.ns, desk.worker, message, *std::move(request), desk.ns.sets.find(scan.set), job);
        Buffer out;
        Answer answer;
        for (bool done = false; !done; ++answer.steps) {
            const StepResult step = running.step(out, bytes_max);
            done = step.done;
            waited += step.wait;
            desk.clock.pass(step.wait + 1ms);
            between();
        }
        client::Stream stream{.kind = client::StreamKind::query};
        for (Bytes rest = out.bytes(); !rest.empty();) {
            EXPECT_FALSE(stream.done);
            const size_t size = wire::ProtoHeader::load(rest.data()).body_size;
            EXPECT_TRUE(client::decode_stream(rest.subspan(wire::kProtoHeaderSize, size), stream));
            rest = rest.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(stream.done);
        answer.result = stream.result;
        for (const auto& record : stream.records) answer.keys.push_back(key_of(record.digest));
        answer.records = std::move(stream.records);
        return answer;
    }
    client::Scan of(std::string_view set = "s") const { return {.ns = "test", .set = set, .partitions = partition_}; }
    client::Scan after(const Digest& last, uint64_t records_max = 0) {
        last_ = last;
        return {.ns = "test", .set = "s", .resume_after = {&last_, 1}, .records_max = records_max};
    }

    txn::Desk desk;
    std::vector<PartitionId> partition_{5};
    Digest last_{};
    std::shared_ptr<Job> job;
    Duration waited{};
};

std::vector<uint64_t> down(uint64_t from, uint64_t to) {
    std::vector<uint64_t> keys;
    for (uint64_t key = from + 1; key-- > to;) keys.push_back(key);
    return keys;
}

TEST_F(ScanTest, SeesEveryRecordOnceInDescendingOrderOverManyLeaves) {
    fill(2000);
    EXPECT_EQ(run(of()).keys, down(1999, 0));
}

TEST_F(ScanTest, GoesOnAfterADigest) {
    fill(1000);
    EXPECT_EQ(run(after(digest_of(500))).keys, down(499, 0));
}

TEST_F(ScanTest, GoesOnAfterADigestThatIsGone) {
    fill(1000);
    for (uint64_t key = 400; key <= 600; ++key) desk.remove(key);
    EXPECT_EQ(run(after(digest_of(500))).keys, down(399, 0));
}

TEST_F(ScanTest, PagesOfAnySizeMeetWithoutGapOrOverlap) {
    fill(900);
    for (const uint64_t page : {1u, 7u, 128u, 399u, 400u, 401u, 900u, 901u}) {
        std::vector<uint64_t> all;
        client::Scan scan = of();
        scan.records_max = page;
        for (auto answer = run(scan);; answer = run(after(digest_of(all.back()), page))) {
            all.insert(all.end(), answer.keys.begin(), answer.keys.end());
            if (answer.keys.size() < page) break;
            ASSERT_EQ(answer.keys.size(), page);
        }
        EXPECT_EQ(all, down(899, 0)) << page;
    }
}

TEST_F(ScanTest, SeesWhatStaysOnceWhileOthersComeAndGoBetweenSteps) {
    fill(1500, 200);
    uint64_t turn = 0;
    const auto answer = run(of(), 1, [&] {
        for (uint64_t i = 0; i < 40; ++i) {
            const uint64_t key = 5000 + (turn * 37 + i) % 500;
            if (i % 2 == 0) desk.put(key * 2 % 1500 + 2000, 1);
            else desk.remove(key * 2 % 1500 + 2000);
            desk.put((turn * 41 + i) % 1500, int64_t(turn));
        }
        ++turn;
    });
    EXPECT_GT(turn, 2u);
    std::map<uint64_t, int> seen;
    for (const uint64_t key : answer.keys) ++seen[key];
    for (uint64_t key = 0; key < 1500; ++key) EXPECT_EQ(seen[key], 1) << key;
    for (const auto& [key, times] : seen) EXPECT_EQ(times, 1) << key;
}

TEST_F(ScanTest, SendsTheBinsAskedForAndLeavesOutRecordsWithNone) {
    fill(3);
    desk.put(1, {{"a", Value{}}});
    client::Scan scan = of();
    const std::string_view bins[] = {"a"};
    scan.bins = bins;
    const auto answer = run(scan);
    EXPECT_EQ(answer.keys, (std::vector<uint64_t>{2, 0}));
    EXPECT_EQ(answer.records[0].bins, (std::vector<client::Bin>{{"a", Value::integer(2)}}));
}

TEST_F(ScanTest, SendsWhatPassesItsFilter) {
    fill(10);
    const auto above_six = from_hex("93 03 93 51 02 A161 06");
    client::Scan scan = of();
    scan.filter = above_six;
    EXPECT_EQ(run(scan).keys, (std::vector<uint64_t>{9, 8, 7}));
    EXPECT_EQ(job->records_filtered_bins.load(), 7u);
    scan.records_max = 2;  // of those that pass
    EXPECT_EQ(run(scan).keys, (std::vector<uint64_t>{9, 8}));

    const auto of_another_set = from_hex("93 01 91 46 A20378");
    scan = of();
    scan.filter = of_another_set;
    EXPECT_TRUE(run(scan).keys.empty());
    EXPECT_EQ(job->records_filtered_meta.load(), 10u);
}

TEST_F(ScanTest, SendsNoBinsWhenNoneAreWanted) {
    fill(3);
    client::Scan scan = of();
    scan.no_bins = true;
    const auto answer = run(scan);
    ASSERT_EQ(answer.records.size(), 3u);
    EXPECT_TRUE(answer.records[0].bins.empty());
    EXPECT_EQ(answer.records[0].generation, 1u);
    EXPECT_EQ(answer.records[0].set, "s");
}

TEST_F(ScanTest, OfASetSeesThatSetAndOfNoneAll) {
    fill(10);
    desk.set = "t";
    desk.put(100, 1);
    EXPECT_EQ(run(of("t")).keys, (std::vector<uint64_t>{100}));
    EXPECT_EQ(run(of("")).keys.size(), 11u);
}

TEST_F(ScanTest, LeavesOutWhatIsExpiredOrTruncated) {
    fill(3);
    desk.put(1, 1, {.ttl = 10});
    desk.clock.pass(10s);
    EXPECT_EQ(run(of()).keys, (std::vector<uint64_t>{2, 0}));
    desk.ns.truncate_lut.store(desk.clock.epoch_ms());
    EXPECT_TRUE(run(of()).keys.empty());
}

TEST_F(ScanTest, KeepsToItsRate) {
    fill(1000);
    client::Scan scan = of();
    scan.records_per_second = 100;
    EXPECT_EQ(run(scan).keys.size(), 1000u);
    EXPECT_GE(waited, 9s);
    EXPECT_LE(waited, 11s);
}

TEST_F(ScanTest, EndsWhenToldTo) {
    fill(2000, 200);
    const auto answer = run(of(), 1, [&] { job->abort_asked = true; });
    EXPECT_EQ(answer.result, ResultCode::query_abort);
    EXPECT_LT(answer.keys.size(), 2000u);
}

TEST_F(ScanTest, TakesLittleMoreRoomThanItIsGiven) {
    fill(2000, 1000);
    Buffer frame;
    client::append_scan(frame, of());
    wire::Message message;
    ASSERT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
    Scan scan(desk.ns, desk.worker, message, *parse_request(message), desk.ns.sets.find("s"), std::make_shared<Job>());
    for (bool done = false; !done;) {
        Buffer out;
        done = scan.step(out, 128 << 10).done;
        EXPECT_LE(out.size(), 2 * (128u << 10) + 2000);
    }
}

TEST_F(ScanTest, CountsWhatItDid) {
    fill(10);
    run(of());
    EXPECT_EQ(job->records_succeeded.load(), 10u);
    EXPECT_EQ(job->partitions_done.load(), 1u);
    EXPECT_GT(job->net_bytes.load(), 10u * 22);
}

// Requests.

std::expected<Request, ResultCode> parse(const client::Scan& scan, uint8_t info1 = 1, uint8_t info3 = 4) {
    Buffer frame;
    client::append_scan(frame, scan);
    wire::Message message;
    EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
    message.header.info1 = info1;
    message.header.info3 = info3;
    return parse_request(message);
}

TEST(Request, NeedsPartitionsAndTheirFlag) {
    const PartitionId one[] = {5};
    EXPECT_TRUE(parse({.ns = "test", .partitions = one}));
    EXPECT_EQ(parse({.ns = "test"}).error(), ResultCode::unsupported_feature);
    EXPECT_EQ(parse({.ns = "test", .partitions = one}, 1, 0).error(), ResultCode::unsupported_feature);
}

TEST(Request, NamesEachPartitionOnce) {
    const PartitionId twice[] = {5, 5};
    const PartitionId one[] = {5};
    const PartitionId bad[] = {4096};
    const Digest in_five[] = {digest_of(1, 5)};
    const Digest in_six[] = {digest_of(1, 6)};
    EXPECT_EQ(parse({.ns = "test", .partitions = twice}).error(), ResultCode::parameter);
    EXPECT_EQ(parse({.ns = "test", .partitions = bad}).error(), ResultCode::parameter);
    EXPECT_EQ(parse({.ns = "test", .partitions = one, .resume_after = in_five}).error(), ResultCode::parameter);
    EXPECT_EQ(parse({.ns = "test", .partitions = one, .resume_after = in_six})->starts.size(), 2u);
}

TEST(Request, AShortOneHasNoRate) {
    const PartitionId one[] = {5};
    const client::Scan scan{.ns = "test", .partitions = one, .records_per_second = 7};
    EXPECT_EQ(parse(scan, 1)->records_per_second, 7u);
    EXPECT_EQ(parse(scan, 1 | wire::info1::short_query).error(), ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::query
