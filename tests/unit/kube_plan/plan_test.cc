#include "operator/plan/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/kube_plan/world.h"

namespace cairn::plan {
namespace {

using testing::IsEmpty;

struct Running : World {
    explicit Running(Wish first, int hosts = 8) : World(std::move(first), hosts) {
        EXPECT_TRUE(settles(60)) << text();
        done.clear();
    }
};

void set_revision(World& world, const std::string& user, const std::string& pod_template = "t1") {
    for (RackWish& rack : world.wish.racks) rack.revision = {user, pod_template};
    world.change_wish();
}

TEST(Create, MakesAllNodesAtOnce) {
    World world(a_wish(3), 3);
    world.operate();  // the finalizer
    world.operate();
    EXPECT_EQ(world.node_count(), 3);
    EXPECT_TRUE(world.settles(20)) << world.text();
    EXPECT_EQ(world.pod_count(), 3);
    EXPECT_EQ(world.claim_count(), 3);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Create, SpreadsNodesEvenlyOverRacks) {
    Running world(a_wish(5, {"a", "b", "c"}));
    std::map<std::string, int> racks;
    for (const NodeObject& node : world.nodes()) racks[node.rack]++;
    EXPECT_EQ(racks, (std::map<std::string, int>{{"a", 2}, {"b", 2}, {"c", 1}}));
}

TEST(Create, LabelsPodsOfAutomaticRacksWithTheirZone) {
    Running world(a_wish(3));
    std::set<std::string> racks;
    for (const Pod& pod : world.pods()) racks.insert(pod.rack_label);
    EXPECT_EQ(racks, (std::set<std::string>{"zone-a", "zone-b", "zone-c"}));
}

TEST(Scale, UpAndDown) {
    Running world(a_wish(3));
    world.wish.size = 5;
    world.change_wish();
    EXPECT_TRUE(world.settles(60)) << world.text();
    EXPECT_EQ(world.pod_count(), 5);
    world.wish.size = 3;
    world.change_wish();
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.pod_count(), 3);
    EXPECT_EQ(world.claim_count(), 3);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Scale, DownIsCancelledHalfWay) {
    Running world(a_wish(5));
    world.wish.size = 3;
    world.change_wish();
    const auto leaving = [&world] {
        const auto nodes = world.nodes();
        return std::ranges::any_of(nodes, &NodeObject::leaving);
    };
    for (int at = 0; at < 30 && !leaving(); at++) {
        world.operate();
        world.tick();
    }
    ASSERT_TRUE(leaving()) << world.text();
    world.wish.size = 5;
    world.change_wish();
    EXPECT_TRUE(world.settles(60)) << world.text();
    EXPECT_EQ(world.done["DeletePod"], 0);
    EXPECT_EQ(world.done["CreateNode"], 0);
}

TEST(Scale, DownKeepsClaimsWhenAsked) {
    Running world(a_wish(4));
    world.wish.delete_claims_of_removed = false;
    world.wish.size = 3;
    world.change_wish();
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.claim_count(), 4);
    world.wish.size = 4;  // the name of the kept claim is not taken again
    world.change_wish();
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.claim_count(), 5);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Scale, ThisVeryNodeIsReplacedWhenItsUserAsks) {
    Running world(a_wish(3));
    const std::string gone = world.nodes()[1].id.name;
    world.ask_for(1, api::NodeWish::removed);
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.node_count(), 3);
    for (const NodeObject& node : world.nodes()) EXPECT_NE(node.id.name, gone);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Racks, ARackThatIsTakenOutIsDrained) {
    Running world(a_wish(6, {"a", "b", "c"}), 10);
    world.wish.racks[1].active = false;
    world.change_wish();
    EXPECT_TRUE(world.settles(400)) << world.text();
    for (const NodeObject& node : world.nodes()) EXPECT_NE(node.rack, "b");
    EXPECT_EQ(world.node_count(), 6);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Roll, ChangesAllPodsRackByRack) {
    Running world(a_wish(6, {"a", "b", "c"}));
    set_revision(world, "r2");
    EXPECT_TRUE(world.settles(400)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r2-t1"), 6);
    EXPECT_EQ(world.done["DeletePod"], 6);
    EXPECT_EQ(world.done["CreateNode"], 0);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Roll, StopsSeveralOfOneRackWhenTheyMay) {
    Wish wish = a_wish(6, {"a", "b", "c"});
    wish.max_unavailable = "100%";
    Running world(wish);
    set_revision(world, "r2");
    EXPECT_TRUE(world.settles(400)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r2-t1"), 6);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Roll, WaitsForApprovalAfterTheCanary) {
    Wish wish = a_wish(4);
    wish.canary = 1;
    Running world(wish);
    set_revision(world, "r2");
    EXPECT_FALSE(world.settles(200));
    EXPECT_EQ(world.revision_of_pods("r2-t1"), 1);
    EXPECT_EQ(world.last_plan().waiting_for, "CanaryApproval");
    world.wish.approved = "r2-t1";
    world.change_wish();
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r2-t1"), 4);
}

TEST(Roll, ABadRevisionTouchesOneNodeAndGoesBackByItself) {
    Running world(a_wish(4));
    world.broken_revision = "bad-t1";
    set_revision(world, "bad");
    for (int at = 0; at < 300; at++) {
        world.operate();
        world.tick();
    }
    EXPECT_EQ(world.revision_of_pods("r1-t1"), 4) << world.text();
    EXPECT_EQ(world.done["DeletePod"], 2);
    const api::Condition* updated = api::find_condition(world.last_plan().status.conditions, "Updated");
    EXPECT_EQ(updated->reason, "RolledBack");
    set_revision(world, "r3");
    EXPECT_TRUE(world.settles(400)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r3-t1"), 4);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Roll, AFixedSpecReachesTheBrokenNodeAtOnce) {
    Running world(a_wish(3));
    world.broken_revision = "bad-t1";
    set_revision(world, "bad");
    for (int at = 0; at < 40 && world.revision_of_pods("bad-t1") == 0; at++) {
        world.operate();
        world.tick();
    }
    ASSERT_EQ(world.revision_of_pods("bad-t1"), 1);
    set_revision(world, "r3");
    EXPECT_TRUE(world.settles(150)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r3-t1"), 3);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Roll, AnOperatorsUpgradeTouchesNoPodWhileItIsToWait) {
    Running world(a_wish(3));
    set_revision(world, "r1", "t2");
    EXPECT_TRUE(world.settles(20)) << world.text();
    EXPECT_EQ(world.done["DeletePod"], 0);
    EXPECT_EQ(api::find_condition(world.last_plan().status.conditions, "UpdatePending")->status, api::Truth::yes);
    world.wish.defer_operator_upgrade = false;
    world.change_wish();
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r1-t2"), 3);
}

TEST(Roll, OnDeleteChangesWhatItsUserDeletes) {
    Wish wish = a_wish(3);
    wish.strategy = api::UpdateStrategy::on_delete;
    Running world(wish);
    set_revision(world, "r2");
    for (int at = 0; at < 20; at++) {
        world.operate();
        world.tick();
    }
    EXPECT_EQ(world.done["DeletePod"], 0);
    world.delete_pod(0);
    for (int at = 0; at < 20; at++) {
        world.tick();
        world.operate();
    }
    EXPECT_EQ(world.revision_of_pods("r2-t1"), 1) << world.text();
}

TEST(Roll, ARequestedRestartIsDoneOnce) {
    Running world(a_wish(3));
    world.restarts.push_back({"restart-1", world.now, {world.nodes()[0].id.name}});
    EXPECT_TRUE(world.settles(100)) << world.text();
    EXPECT_EQ(world.done["DeletePod"], 1);
}

TEST(Roll, ASingleNodeIsChangedToo) {
    Running world(a_wish(1), 2);
    set_revision(world, "r2");
    EXPECT_TRUE(world.settles(60)) << world.text();
    EXPECT_EQ(world.revision_of_pods("r2-t1"), 1);
}

TEST(Heal, AMissingPodComesBackOnItsClaim) {
    Running world(a_wish(3));
    const auto before = world.nodes();
    world.delete_pod(1);
    world.tick();
    EXPECT_EQ(world.pod_count(), 2);
    EXPECT_TRUE(world.settles(40)) << world.text();
    EXPECT_EQ(world.nodes()[1].node_id, before[1].node_id);
    EXPECT_EQ(world.done["CreateNode"], 0);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Heal, ALostClaimMakesANewNode) {
    Running world(a_wish(3));
    const auto before = world.nodes();
    world.delete_claim(1);
    world.delete_pod(1);
    EXPECT_TRUE(world.settles(200)) << world.text();
    for (const NodeObject& node : world.nodes()) EXPECT_NE(node.node_id, before[1].node_id);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Heal, ASilentHostIsReplacedAfterItsTimeAndForgottenWhenItIsGone) {
    Running world(a_wish(3), 5);
    const std::string host = world.pods()[0].host;
    const size_t index = size_t(host.back() - '0');
    world.power(index, false);
    for (int at = 0; at < 100; at++) {  // 500 s
        world.tick();
        world.operate();
    }
    EXPECT_EQ(world.node_count(), 3) << world.text();
    for (int at = 0; at < 60; at++) {
        world.tick();
        world.operate();
    }
    EXPECT_EQ(world.node_count(), 4) << world.text();
    world.remove_machine(index);
    EXPECT_TRUE(world.settles(200)) << world.text();
    EXPECT_EQ(world.node_count(), 3);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Heal, AHostThatIsCordonedIsLeftFirstWhenDataMovesAhead) {
    Wish wish = a_wish(3);
    wish.drain = api::Drain::migrate;
    Running world(wish, 5);
    const std::string host = world.pods()[0].host;
    world.cordon(size_t(host.back() - '0'), true);
    EXPECT_TRUE(world.settles(200)) << world.text();
    for (const Pod& pod : world.pods()) EXPECT_NE(pod.host, host);
    EXPECT_THAT(world.violations, IsEmpty());
}

TEST(Budgets, OneRackIsOpenAndItIsTheOneThatIsDrained) {
    Running world(a_wish(3), 3);
    const auto open = [&world] {
        std::vector<std::string> racks;
        for (const Budget& budget : world.observe().budgets) {
            if (budget.min_available == 0) racks.push_back(budget.rack);
        }
        return racks;
    };
    EXPECT_EQ(open(), std::vector<std::string>{"zone-a"});
    world.cordon(2, true);
    for (int at = 0; at < 5; at++) {
        world.operate();
        world.tick();
    }
    EXPECT_EQ(open(), std::vector<std::string>{"zone-c"});
}

TEST(Budgets, AreClosedWhileANodeIsNotComplete) {
    Running world(a_wish(3), 3);
    world.delete_pod(0);
    world.tick();
    world.operate();
    world.operate();
    for (const Budget& budget : world.observe().budgets) {
        EXPECT_GE(budget.min_available, budget.rack == world.pods()[0].rack_label ? 1 : 0);
    }
    world.tick();
    world.operate();
    for (const Budget& budget : world.observe().budgets) EXPECT_EQ(budget.min_available, 1) << budget.rack;
}

TEST(Unknown, AServerThatDoesNotAnswerStopsEveryStep) {
    Running world(a_wish(4));
    set_revision(world, "r2");
    world.hide_server(3, 40);
    for (int at = 0; at < 30; at++) {
        world.operate();
        world.tick();
    }
    EXPECT_EQ(world.done["DeletePod"], 0);
    EXPECT_EQ(world.last_plan().waiting_for, "NodesNotReady");
    EXPECT_EQ(api::find_condition(world.last_plan().status.conditions, "Available")->status, api::Truth::unknown);
    EXPECT_TRUE(world.settles(300)) << world.text();
}

TEST(Unknown, ListsThatAreNotInSyncChangeNothing) {
    Running world(a_wish(3));
    Observed seen = world.observe();
    seen.complete = false;
    seen.pods.clear();
    seen.wish->size = 5;
    const Plan made = plan(seen);
    for (const Action& action : made.actions) EXPECT_TRUE(std::holds_alternative<ApplyPassive>(action));
    EXPECT_EQ(made.status, seen.status);
}

TEST(Unknown, AnAnswerOfAnotherViewDoesNotCount) {
    Running world(a_wish(3));
    set_revision(world, "r2");
    for (int at = 0; at < 3; at++) world.operate();  // closes budgets
    Observed seen = world.observe();
    for (const NodeObject& node : seen.nodes) seen.nodes[0].restarting |= false, (void)node;
    const Plan first = plan(seen);
    for (const StopQuestion& question : first.questions) {
        for (const auto& [name, server] : seen.servers) seen.answers[question][name] = {.cluster_key = "old"};
    }
    for (const Action& action : plan(seen).actions) {
        EXPECT_FALSE(std::holds_alternative<Quiesce>(action));
        EXPECT_FALSE(std::holds_alternative<DeletePod>(action));
    }
}

TEST(Pause, DoesNothing) {
    Running world(a_wish(3));
    world.wish.paused = true;
    set_revision(world, "r2");
    world.delete_pod(0);
    for (int at = 0; at < 10; at++) {
        world.tick();
        world.operate();
        EXPECT_THAT(world.last_plan().actions, IsEmpty());
    }
    EXPECT_EQ(world.last_plan().status.phase, api::Phase::paused);
}

TEST(Hibernate, KeepsClaimsAndWakesWithThem) {
    Running world(a_wish(3));
    const auto before = world.nodes();
    world.wish.hibernated = true;
    world.change_wish();
    for (int at = 0; at < 5; at++) {
        world.operate();
        world.tick();
    }
    EXPECT_EQ(world.pod_count(), 0);
    EXPECT_EQ(world.claim_count(), 3);
    world.wish.hibernated = false;
    world.change_wish();
    EXPECT_TRUE(world.settles(60)) << world.text();
    EXPECT_EQ(world.nodes()[0].node_id, before[0].node_id);
}

TEST(Delete, KeepsClaimsUnlessTheirUserWantsThemGone) {
    for (const bool destroy : {false, true}) {
        Running world(a_wish(3));
        world.wish.delete_claims_with_cluster = destroy;
        world.deleting = true;
        for (int at = 0; at < 12 && world.has_finalizer(); at++) {
            world.operate();
            world.tick();
        }
        EXPECT_FALSE(world.has_finalizer());
        EXPECT_EQ(world.node_count(), 0);
        EXPECT_EQ(world.claim_count(), destroy ? 0 : 3);
        EXPECT_THAT(world.violations, IsEmpty());
    }
}

}  // namespace
}  // namespace cairn::plan
