#include "node/cluster/detector.h"

#include <gtest/gtest.h>

namespace cairn::cluster {
namespace {

constexpr NodeId kSelf = 1, kPeer = 2;
constexpr Boot kBoot = 7;

class DetectorTest : public testing::Test {
protected:
    DetectorTest() : detector({kSelf, kBoot}, {}) {}

    void pulse(Boot boot = 1, NodeId id = kPeer, std::optional<Member> current = std::nullopt) {
        keep(detector.pulse({.from = {id, {}, boot}}, current, now));
    }
    /// Ticks as a node does, three times an interval.
    void pass(Duration time, std::function<void()> each_interval = [] {}) {
        for (const Instant end = now + time; now < end;) {
            each_interval();
            for (int i = 0; i < 3; ++i) {
                now += 50ms;
                keep(detector.tick(now));
            }
        }
    }
    void keep(const Detector::Effects& effects) {
        for (const auto& effect : effects) {
            pulses_sent += std::get_if<Detector::SendPulse>(&effect) != nullptr;
            if (const auto* refusal = std::get_if<Detector::RefuseDuplicate>(&effect)) refused = refusal->which.boot;
        }
    }
    PeerState state() const { return detector.peers().at(kPeer).state; }

    Detector detector;
    Instant now = 100s;
    int pulses_sent = 0;
    Boot refused = 0;
};

TEST_F(DetectorTest, PulsesOnceAnInterval) {
    pass(3s);
    EXPECT_EQ(pulses_sent, 20);
}

TEST_F(DetectorTest, SuspectsWhoIsSilentForTheTimeout) {
    pulse();
    pass(1500ms);
    EXPECT_EQ(state(), PeerState::alive);
    pass(150ms);
    EXPECT_EQ(state(), PeerState::suspect);
    pulse();
    EXPECT_EQ(state(), PeerState::alive);
}

TEST_F(DetectorTest, ForgetsWhoIsSilentForLong) {
    pulse();
    pass(20s);
    EXPECT_TRUE(detector.peers().empty());
}

TEST_F(DetectorTest, BlamesItselfForItsOwnStall) {
    pulse();
    pass(150ms);
    now += 30s;  // nothing ran here
    keep(detector.tick(now));
    EXPECT_EQ(state(), PeerState::alive);
    pass(1600ms);
    EXPECT_EQ(state(), PeerState::suspect) << "but no longer than that";
}

TEST_F(DetectorTest, SuspectsAnEndedProcessAtOnce) {
    pulse(1);
    keep(detector.process_ended({kPeer, 1}, now));
    EXPECT_EQ(state(), PeerState::suspect);
    pulse(1);  // was still on its way
    EXPECT_EQ(state(), PeerState::suspect);
    EXPECT_TRUE(detector.is_dead({kPeer, 1}));
}

TEST_F(DetectorTest, IgnoresTheEndOfAnEarlierProcess) {
    pulse(2);
    keep(detector.process_ended({kPeer, 1}, now));
    EXPECT_EQ(state(), PeerState::alive);
}

TEST_F(DetectorTest, TakesANewProcessForTheNode) {
    pulse(1);
    keep(detector.process_ended({kPeer, 1}, now));
    pulse(2);
    EXPECT_EQ(state(), PeerState::alive);
    EXPECT_EQ(detector.heard(), (std::vector<Process>{{kPeer, 2}}));
}

TEST_F(DetectorTest, TakesARestartForOneOnceTheFirstIsSilent) {
    pulse(1);
    pass(600ms, [&] { pulse(2); });
    EXPECT_EQ(detector.heard(), (std::vector<Process>{{kPeer, 2}}));
    EXPECT_EQ(refused, 0u);
    EXPECT_TRUE(detector.duplicates().empty());
}

TEST_F(DetectorTest, RefusesTheSecondOfTwoThatPulseUnderOneId) {
    pass(900ms, [&] {
        pulse(1);
        pulse(2);
    });
    EXPECT_EQ(refused, 2u);
    EXPECT_EQ(detector.duplicates(), std::vector<NodeId>{kPeer});
    EXPECT_EQ(detector.heard(), (std::vector<Process>{{kPeer, 1}}));
}

TEST_F(DetectorTest, LetsTheOneInTheViewStay) {
    const Member member{kPeer, {}, 2};
    pass(900ms, [&] {
        pulse(1, kPeer, member);
        pulse(2, kPeer, member);
    });
    EXPECT_EQ(refused, 1u);
}

TEST_F(DetectorTest, RefusesWhoHasItsOwnId) {
    pulse(kBoot + 1, kSelf);
    EXPECT_EQ(refused, kBoot + 1);
    EXPECT_TRUE(detector.peers().empty());
}

TEST_F(DetectorTest, KnowsNoMorePeersThanAClusterMayHave) {
    for (NodeId id = 2; id < 1000; ++id) pulse(1, id);
    EXPECT_EQ(detector.peers().size(), kNodesMax - 1);
}

}  // namespace
}  // namespace cairn::cluster
