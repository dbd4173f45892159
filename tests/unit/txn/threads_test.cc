// Real threads on one namespace: under TSan a data race is found here, everywhere a lost update is.
#include <atomic>
#include <thread>

#include "node/query/scan.h"
#include "node/txn/sweep.h"
#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

constexpr int kThreads = 4;
constexpr uint64_t kShared = 8;  // keys that all threads add to
constexpr int kRounds = 3000;

/// One thread's worker: its own clock, draft and counters.
struct Hand {
    explicit Hand(partition::Namespace& shared) : ns(shared), worker(clock, 1) {}

    client::Record run(const Buffer& frame) {
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        Buffer out;
        execute(
            ns, worker,
            {message.header, message.fields, message.ops, Digest::from(message.fields[wire::FieldType::digest].data())},
            out);
        return *client::decode_record(out.bytes());
    }
    void add_to_shared(uint64_t key) {
        Buffer frame;
        const Value one = Value::integer(1);
        const wire::Op ops[] = {client::add_op("n", one), client::read_op("n")};
        client::append_operate(frame, {"test", "s", digest_of(key, static_cast<PartitionId>(key))}, ops);
        EXPECT_EQ(run(frame).result, ResultCode::ok);
    }
    void write_and_remove_own(int thread, int round) {
        const uint64_t key = 1000 + uint64_t(thread) * 100 + uint64_t(round % 50);
        const client::Target target{"test", "own", digest_of(key, static_cast<PartitionId>(key % kShared))};
        Buffer frame;
        const client::Bin bins[] = {{"v", Value::blob(std::string(size_t(round % 700), 'v'))}};
        client::append_put(frame, target, bins, {.ttl = 1000});
        EXPECT_EQ(run(frame).result, ResultCode::ok);
        frame.clear();
        client::append_get(frame, target);
        EXPECT_EQ(run(frame).bins[0].value.bytes.size(), size_t(round % 700));
        frame.clear();
        client::append_delete(frame, target);
        if (round % 3 == 0) EXPECT_EQ(run(frame).result, ResultCode::ok);
    }
    void sweep() {
        for (PartitionId pid = 0; pid < kShared; ++pid) {
            for (partition::WalkPosition position; !position.done;)
                sweep_leaf(ns, worker, pid, position, *worker.reads);
        }
        ns.partitions.memory_use();
        ns.partitions.tidy_slice(3);
    }
    /// @return  records of the shared set seen.
    size_t scan() {
        std::vector<PartitionId> partitions;
        for (PartitionId pid = 0; pid < kShared; ++pid) partitions.push_back(pid);
        Buffer frame;
        client::append_scan(frame, {.ns = "test", .set = "s", .partitions = partitions});
        wire::Message asked;
        EXPECT_TRUE(asked.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        auto request = query::parse_request(asked);
        query::Scan scan(ns, worker, asked, *std::move(request), ns.sets.find("s"), std::make_shared<query::Job>());
        Buffer out;
        while (!scan.step(out, 1000).done) {
        }
        size_t records = 0;
        for (Bytes rest = out.bytes(); !rest.empty();) {
            const size_t size = wire::ProtoHeader::load(rest.data()).body_size;
            client::Stream stream{.kind = client::StreamKind::query};
            EXPECT_TRUE(client::decode_stream(rest.subspan(wire::kProtoHeaderSize, size), stream));
            records += stream.records.size();
            rest = rest.subspan(wire::kProtoHeaderSize + size);
        }
        return records;
    }

    partition::Namespace& ns;
    SetClock clock;
    Worker worker;
    wire::Message message;
};

TEST(Threads, ShareANamespaceAndLoseNothing) {
    partition::Namespace ns(0, usual(), kThreads);
    {
        Hand first(ns);
        for (uint64_t key = 0; key < kShared; ++key) first.add_to_shared(key);
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&ns, i] {
            Hand hand(ns);
            for (int round = 0; round < kRounds; ++round) {
                hand.add_to_shared(uint64_t(round) % kShared);
                hand.write_and_remove_own(i, round);
                if (round % 40 == i) hand.sweep();
                if (round % 20 == i) EXPECT_EQ(hand.scan(), kShared);
                if (round % 100 == i) {  // others read what this changes
                    NamespaceConfig changed = usual();
                    changed.sets.push_back({.name = "set" + std::to_string(i * 1000 + round)});
                    ns.apply(changed);
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();

    Hand last(ns);
    int64_t sum = 0;
    for (uint64_t key = 0; key < kShared; ++key) {
        Buffer frame;
        client::append_get(frame, {"test", "s", digest_of(key, static_cast<PartitionId>(key))});
        sum += *last.run(frame).find("n")->as_integer();
    }
    EXPECT_EQ(sum, kThreads * kRounds + int64_t(kShared));
    EXPECT_EQ(ns.sets[ns.sets.find("s")].objects.load(), kShared);
}

}  // namespace
}  // namespace cairn::txn
