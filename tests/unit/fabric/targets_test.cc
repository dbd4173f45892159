#include "node/fabric/targets.h"

#include <gtest/gtest.h>

namespace cairn::fabric {
namespace {

using cluster::Process;
using runtime::Endpoint;

const Endpoint kA{"10.0.0.1", 3002}, kB{"10.0.0.2", 3002};
constexpr Process kPeer{7, 70};

class TargetsTest : public testing::Test {
protected:
    std::vector<std::string> due() {
        std::vector<std::string> texts;
        for (const auto& at : targets.due(now, [this](Process process) { return connected == process; })) {
            texts.push_back(at.host);
        }
        return texts;
    }
    /// How long it takes until the address is dialled again.
    Duration wait() {
        const Instant from = now;
        while (due().empty()) now += 10ms;
        return now - from;
    }
    using Hosts = std::vector<std::string>;

    Targets targets{{.back_off_first = 100ms, .back_off_most = 400ms}};
    Instant now = 1000s;
    std::optional<Process> connected;
};

TEST_F(TargetsTest, AnAddressIsDialledOnceUntilTheAttemptEnds) {
    targets.set_seed("seed", {kA}, now);
    EXPECT_EQ(due(), Hosts{"10.0.0.1"});
    EXPECT_EQ(due(), Hosts{});
}

TEST_F(TargetsTest, AttemptsThatFailComeLessOften) {
    targets.set_seed("seed", {kA}, now);
    due();
    for (const Duration expected : {100ms, 200ms, 400ms, 400ms}) {
        targets.failed(kA, true, now, 0);
        EXPECT_EQ(wait(), expected);
    }
}

TEST_F(TargetsTest, WhoComesByItselfIsDialledAtOnceHoweverOftenThatFailed) {
    targets.set_seed("seed", {kA}, now);
    for (int i = 0; i < 4; ++i) {
        wait();
        targets.failed(kA, true, now, 0);
    }
    EXPECT_EQ(due(), Hosts{});
    targets.came({kA}, now);
    EXPECT_EQ(due(), Hosts{"10.0.0.1"});
}

TEST_F(TargetsTest, AProcessHasEndedWhenTheAttemptAtOnceIsRefused) {
    targets.set_seed("seed", {kA}, now);
    due();
    targets.linked(kA, kPeer, now);
    targets.unlinked(kA, /*by_peer=*/true, now, 0);
    EXPECT_EQ(due(), Hosts{"10.0.0.1"}) << "at once";
    EXPECT_EQ(targets.failed(kA, /*refused=*/true, now, 0), kPeer);
    wait();
    EXPECT_EQ(targets.failed(kA, true, now, 0), std::nullopt) << "told once";
}

TEST_F(TargetsTest, AProcessThatIsEndingMayTakeConnectionsAndDropThem) {
    targets.set_seed("seed", {kA}, now);
    due();
    targets.linked(kA, kPeer, now);
    targets.unlinked(kA, true, now, 0);
    for (uint32_t i = 0; i < Targets::kCutShortMax; ++i) {
        EXPECT_EQ(due(), Hosts{"10.0.0.1"}) << "its listener may be open still";
        targets.cut_short(kA, now, 0);
    }
    EXPECT_EQ(due(), Hosts{"10.0.0.1"});
    EXPECT_EQ(targets.failed(kA, /*refused=*/true, now, 0), kPeer);
}

TEST_F(TargetsTest, APeerThatTakesConnectionsOnlyToDropThemIsTriedLessOften) {
    targets.set_seed("seed", {kA}, now);
    due();
    targets.linked(kA, kPeer, now);
    targets.unlinked(kA, true, now, 0);
    for (uint32_t i = 0; i <= Targets::kCutShortMax; ++i) {
        due();
        targets.cut_short(kA, now, 0);
    }
    EXPECT_EQ(wait(), 100ms);
    EXPECT_EQ(targets.failed(kA, true, now, 0), std::nullopt);
}

TEST_F(TargetsTest, AProcessHasNotEndedWhenNobodyAnswers) {
    targets.set_seed("seed", {kA}, now);
    due();
    targets.linked(kA, kPeer, now);
    targets.unlinked(kA, true, now, 0);
    due();
    EXPECT_EQ(targets.failed(kA, /*refused=*/false, now, 0), std::nullopt);
    wait();
    EXPECT_EQ(targets.failed(kA, true, now, 0), std::nullopt) << "only the attempt at once tells";
}

TEST_F(TargetsTest, AConnectionThatWeClosedTellsNothing) {
    targets.set_seed("seed", {kA}, now);
    due();
    targets.linked(kA, kPeer, now);
    targets.unlinked(kA, /*by_peer=*/false, now, 0);
    EXPECT_EQ(wait(), 100ms);
    EXPECT_EQ(targets.failed(kA, true, now, 0), std::nullopt);
}

TEST_F(TargetsTest, APeerThatClosesAtOnceIsNotTriedAtOnceForEver) {
    targets.set_seed("seed", {kA}, now);
    size_t attempts = due().size();
    for (const Instant end = now + 1s; now < end; now += 1ms) {
        targets.linked(kA, kPeer, now);
        targets.unlinked(kA, true, now, 0);
        attempts += due().size();
    }
    EXPECT_LE(attempts, 6u);
}

TEST_F(TargetsTest, AnotherAddressOfAConnectedProcessIsLeftAlone) {
    targets.set_seed("seed", {kA, kB}, now);
    EXPECT_EQ(due().size(), 2u);
    targets.linked(kA, kPeer, now);
    connected = kPeer;
    targets.known(kB, kPeer);
    now += 60s;
    EXPECT_EQ(due(), Hosts{});
    connected.reset();
    EXPECT_EQ(due(), Hosts{"10.0.0.2"});
}

TEST_F(TargetsTest, WhatASeedStandsForNoLongerIsForgotten) {
    targets.set_seed("seed", {kA}, now);
    targets.set_seed("seed", {kB}, now);
    now += 61s;
    EXPECT_EQ(due(), Hosts{"10.0.0.2"});
}

TEST_F(TargetsTest, WhatPeersNameIsForgottenAMinuteAfterTheyNamedItLast) {
    targets.learn({kA}, now);
    now += 50s;
    targets.learn({kA}, now);
    now += 50s;
    EXPECT_EQ(due(), Hosts{"10.0.0.1"});
    targets.failed(kA, true, now, 0);
    now += 61s;
    EXPECT_EQ(due(), Hosts{});
    EXPECT_EQ(targets.size(), 0u);
}

TEST_F(TargetsTest, ASeedIsPendingUntilAllItsAddressesHaveAnswered) {
    EXPECT_TRUE(targets.pending("seed")) << "not resolved yet";
    targets.set_seed("seed", {kA, kB}, now);
    due();
    targets.linked(kA, kPeer, now);
    EXPECT_TRUE(targets.pending("seed"));
    targets.turned_away(kB, now);  // ourselves, say
    EXPECT_FALSE(targets.pending("seed"));
}

TEST_F(TargetsTest, PeersCannotNameAddressesWithoutEnd) {
    for (uint16_t port = 1; port < 10'000; ++port) targets.learn({{"10.0.0.3", port}}, now);
    EXPECT_EQ(targets.size(), Targets::kTargetsMax);
}

}  // namespace
}  // namespace cairn::fabric
