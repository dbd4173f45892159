#include "node/replication/transfer.h"
#include "tests/unit/replication/rig.h"

namespace cairn::replication {
namespace {

class CopyTest : public Rig {};

TEST_F(CopyTest, TakesTheMastersVersionWhateverItHasFromBefore) {
    Version leftover = version(99);
    leftover.stamp = {cluster::regime_of(view(4)), 900};  // never acknowledged, and higher than the master's
    node(2).store.put(digest(7), leftover);
    Version made = version(70);
    made.stamp = {cluster::regime_of(view(3)), 1};
    node(1).store.put(digest(7), made);
    form(plan(5, {1}, {1, 2}));
    deliver();
    EXPECT_EQ(content(2, digest(7)), 70);
}

TEST_F(CopyTest, GetsTheMastersVersionOfWhatItWroteAloneThoughBothLookEqual) {
    members = {1, 2};
    for (const NodeId id : members) node(id).store.compares_content = false;
    form(plan(5, {2, 1}, {2, 1}));
    deliver();
    for (const uint8_t key : std::vector<uint8_t>{7, 8}) put(2, key, digest(key), version(71, 5, 1000));
    letters.clear();  // it was cut off
    for (const uint8_t key : std::vector<uint8_t>{7, 8}) node(1).store.put(digest(key), version(72, 5, 1000));
    accept(1, plan(6, {1}, {1}));  // alone
    activate(1, plan(6, {1}, {1}));
    deliver();
    form(plan(7, {1}, {1, 2}));
    deliver();
    tick_for(400ms);
    EXPECT_EQ(machine(2).role(), Role::replica);
    EXPECT_EQ(content(2, digest(7)), 72);
    EXPECT_EQ(content(2, digest(8)), 72);
}

TEST_F(CopyTest, RefusesFillsOnceItIsInSync) {
    form(plan(5, {1}, {1, 2}));
    deliver();
    tick_for(400ms);
    ASSERT_EQ(machine(2).role(), Role::replica);
    Version old = version(99);
    old.stamp = {cluster::regime_of(view(3)), 1};
    const FillRecord late{cluster::regime_of(view(5)), 1, 1, digest(7), std::make_shared<const Version>(old)};
    give(2, Machine::Arrived{1, view(5), late});
    EXPECT_EQ(content(2, digest(7)), 0);
}

TEST_F(CopyTest, KeepsDeletesUntilItIsAdded) {
    Version made = version(70);
    made.stamp = {cluster::regime_of(view(3)), 1};
    node(1).store.put(digest(7), made);
    form(plan(5, {1}, {1, 2}));
    std::vector<Letter> late;
    deliver([&](const Letter& letter) {
        if (is<FillRecord>(letter)) late.push_back(letter);
        return is<FillRecord>(letter);
    });
    ASSERT_EQ(late.size(), 1u);
    remove(1, 1, digest(7));
    const auto untold = [](const Letter& letter) { return is<Tell>(letter) || is<FillAck>(letter); };
    tick_for(100ms, untold);
    put(1, 2, digest(8), version(80));
    tick_for(100ms, untold);
    letters = late;
    deliver(untold);
    EXPECT_EQ(content(2, digest(7)), 0) << "the fill was sent before the delete";
}

TEST_F(CopyTest, AcknowledgesTogetherWhatComesTogether) {
    for (uint8_t key = 7; key < 11; ++key) {
        Version made = version(key);
        made.stamp = {cluster::regime_of(view(3)), key};
        node(1).store.put(digest(key), made);
    }
    form(plan(5, {1}, {1, 2}));
    std::vector<Machine::Event> fills;
    deliver([&](const Letter& letter) {
        if (is<FillRecord>(letter)) fills.push_back(Machine::Arrived{letter.from, letter.view, letter.message});
        return is<FillRecord>(letter);
    });
    ASSERT_EQ(fills.size(), 4u);
    std::swap(fills[2], fills[3]);
    std::vector<FillAck> acks;
    for (const auto& effect : machine(2).step(fills, now)) {
        const auto* const send = std::get_if<Machine::Send>(&effect);
        if (send != nullptr) acks.push_back(std::get<FillAck>(send->message));
    }
    EXPECT_EQ(acks, (std::vector<FillAck>{{1, 1, 2}, {1, 4, 4}, {1, 3, 3}}));
    for (const FillAck& ack : acks) letters.push_back({2, 1, view(5), ack});
    deliver();
    EXPECT_NE(machine(1).cfg().copy_on(2), nullptr) << "in sync: nothing is to be sent again";
}

TEST_F(CopyTest, RefusesTheOldMasterAfterAHandOver) {
    form(plan(5, {1, 2, 3}, {2, 1, 3}));
    deliver();
    tick_for(400ms);
    ASSERT_EQ(machine(2).role(), Role::master);
    Version old = version(99);
    old.stamp = {cluster::regime_of(view(5)), 7};
    give(3,
         Machine::Arrived{
             1, view(5), Replica{cluster::regime_of(view(5)), 0, {}, digest(7), std::make_shared<const Version>(old)}});
    EXPECT_EQ(content(3, digest(7)), 0);
    ASSERT_FALSE(letters.empty());
    EXPECT_TRUE(is<Stale>(letters.back()));
}

TEST_F(CopyTest, AnswersNothingAfterItsViewIsLost) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    give(1, Machine::ViewLost{});
    EXPECT_EQ(answer_to(1), Outcome::in_doubt);
    EXPECT_EQ(machine(1).role(), Role::none);
}

TEST_F(CopyTest, ForgetsAPartOfAFillThatTheViewKnowsNothingOf) {
    node(3).store.put(digest(7), version(70));
    form(plan(5, {1, 2}, {1, 2}));
    EXPECT_TRUE(node(3).store.records().empty());
}

TEST_F(CopyTest, ReportsManyUnsettledRecordsInPages) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    for (uint32_t i = 0; i < 2500; ++i) {
        Digest key{};
        store_le(key.bytes.data() + 10, i);
        put(1, i + 1, key, version(1));
    }
    deliver([](const Letter& letter) { return is<ReplicaAck>(letter); });
    delivered.clear();
    form(plan(6, {1, 2}, {1, 2}));
    deliver();
    tick_for(1s);
    EXPECT_EQ(count_delivered<Unsettled>(), 3u);
    EXPECT_EQ(machine(2).unsettled(), 0u);
    EXPECT_TRUE(machine(1).done());
}

TEST(TransferTest, ComparesListsOfDifferentLengths) {
    sim::MemoryStore ours, theirs;
    const auto key = [](uint8_t number) {
        Digest made{};
        made.bytes[19] = number;
        return made;
    };
    for (const uint8_t number : std::vector<uint8_t>{1, 2, 3, 4, 5, 9}) ours.put(key(number), {.stamp = {1, number}});
    for (const uint8_t number : std::vector<uint8_t>{2, 4, 6, 7, 8}) theirs.put(key(number), {.stamp = {1, number}});
    TransferSettings settings{.page_records_max = 2};
    Transfer transfer(2, Purpose::fill, 1, 1, settings, 0s);
    const auto hashes = theirs.bucket_hashes();
    transfer.hear(Ready{.attempt = 1, .hashes = {hashes.begin(), hashes.end()}}, ours, 0s);
    std::vector<uint8_t> live, removed;
    for (int round = 0; round < 50 && !transfer.complete(); ++round) {
        for (const Message& message :
             transfer.pump(ours, [](const Digest&) { return std::optional<Stamp>(); }, {}, {1, 99}, 0s)) {
            if (const auto* ask = std::get_if<ListAsk>(&message)) {
                auto records = theirs.list(ask->bucket, ask->after, 2);
                const bool last = records.size() < 2;
                transfer.hear(ListPage{1, ask->bucket, ask->after, last, std::move(records)}, ours, 0s);
            }
            if (const auto* fill = std::get_if<FillRecord>(&message)) {
                (fill->version->kind == Kind::deleted ? removed : live).push_back(fill->digest.bytes[19]);
                transfer.hear(FillAck{1, fill->number, fill->number}, 0s);
            }
        }
    }
    EXPECT_TRUE(transfer.complete());
    EXPECT_EQ(live, (std::vector<uint8_t>{1, 3, 5, 9}));
    EXPECT_EQ(removed, (std::vector<uint8_t>{6, 7, 8}));
}

}  // namespace
}  // namespace cairn::replication
