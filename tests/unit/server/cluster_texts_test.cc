#include "node/server/info/cluster_texts.h"

#include <gtest/gtest.h>

#include "node/server/info/command.h"
#include "node/server/membership.h"

namespace cairn::server {
namespace {

using cluster::Member;

constexpr Member kOne{0xA1, {1, 1}, 1}, kTwo{0xA2, {2, 2}, 2}, kThree{0xA3, {3, 3}, 3};

/// Three members, the second quiesced and in another rack.
std::shared_ptr<const cluster::Formed> formed() {
    auto made = std::make_shared<cluster::Formed>();
    made->view = {{5, 0xA3, 3}, {kOne, kTwo, kThree}};
    for (const Member& member : made->view.members) {
        auto report = std::make_shared<cluster::NodeReport>();
        report->quiesced = member == kTwo;
        report->namespaces["test"].rack = member == kTwo ? 7 : 1;
        made->reports[member.id] = report;
    }
    return made;
}

std::shared_ptr<const fabric::Standing> standing() {
    auto made = std::make_shared<fabric::Standing>();
    made->formed = formed();
    made->cluster_key = 0xC0FFEE;
    made->generation = 4;
    made->peers_generation = 6;
    made->peers[0xA2] = {kTwo, {}, {{"10.0.0.2:3000", "[fd00::2]:3000"}, {}}};
    made->peers[0xA3] = {kThree, {}, {{"10.0.0.3:3100"}, {"1.2.3.4:30000"}}};
    made->peers[0xB9] = {{0xB9, {9, 9}, 9}, {}, {{"10.0.0.9:3000"}, {}}};  // not in the view
    return made;
}

std::string leading_bits(const std::string& bitmap) { return hex(static_cast<uint8_t>((*decode_base64(bitmap))[0])); }

TEST(ClusterTexts, NameTheOtherMembersAndTheirAddresses) {
    EXPECT_EQ(peers_text(*standing(), 0xA1, false), "[[A2,,[10.0.0.2,[fd00::2]]],[A3,,[10.0.0.3:3100]]]");
    EXPECT_EQ(peers_text(*standing(), 0xA3, false), "[[A2,,[10.0.0.2,[fd00::2]]]]");
    EXPECT_EQ(peers_text(*standing(), 0xA1, true), "[[A3,,[1.2.3.4:30000]]]") << "who has none is left out";
    EXPECT_EQ(services_text(*standing(), 0xA1, false), "10.0.0.2:3000;[fd00::2]:3000;10.0.0.3:3100");
    EXPECT_EQ(peers_text(fabric::Standing{}, 0xA1, false), "[]");
}

TEST(ClusterTexts, NameThePrincipalFirst) { EXPECT_EQ(succession_text(formed()->view), "A3,A2,A1"); }

TEST(ClusterTexts, NameTheNodesOfEachRack) { EXPECT_EQ(racks_text(*formed(), "test"), "rack_1=A1,A3:rack_7=A2"); }

TEST(ClusterTexts, EachColumnOfReplicasIsABitmap) {
    copies::Roles roles;
    roles.set_column_count(2);
    roles.set_columns(0, 1);
    roles.set_columns(1, 3);
    roles.set_columns(2, 2);
    const auto bitmaps = replica_bitmaps(roles);
    ASSERT_EQ(bitmaps.size(), 2u);
    EXPECT_EQ(leading_bits(bitmaps[0]), "C0");
    EXPECT_EQ(leading_bits(bitmaps[1]), "60");
}

TEST(ClusterTexts, NobodyClaimsAnythingWithoutAView) {
    const auto none = replica_bitmaps(copies::Roles());
    ASSERT_EQ(none.size(), 1u);
    EXPECT_EQ(none[0], std::string(683, 'A') + "=");
}

TEST(ServerMembership, SaysWhatTheFabricKnows) {
    Membership membership(0xA2, 1s);
    EXPECT_EQ(membership.view().size, 1u);
    EXPECT_EQ(membership.view().principal, 0xA2u);
    fabric::Figures figures;
    membership.join({.recluster = [] {}, .quiesce = [](bool) {}, .seeds = [](const auto&) {}}, &figures, {});
    EXPECT_EQ(membership.view().size, 0u) << "in no view yet";
    membership.set_standing(standing());
    const auto view = membership.view();
    EXPECT_EQ(view.size, 3u);
    EXPECT_EQ(view.cluster_key, 0xC0FFEEu);
    EXPECT_EQ(view.generation, 4u);
    EXPECT_EQ(view.principal, 0xA3u);
    EXPECT_TRUE(view.quiesced);
    EXPECT_EQ(view.quiesced_nodes, 1u);
}

TEST(ServerMembership, NobodyCountsAsQuiescedWhenAllAre) {
    fabric::Figures figures;
    Membership membership(0xA2, 1s);
    membership.join({.recluster = [] {}, .quiesce = [](bool) {}, .seeds = [](const auto&) {}}, &figures, {});
    auto all = std::make_shared<cluster::Formed>(*formed());
    for (auto& [id, report] : all->reports) {
        auto quiesced = std::make_shared<cluster::NodeReport>(*report);
        quiesced->quiesced = true;
        report = quiesced;
    }
    auto told = std::make_shared<fabric::Standing>(*standing());
    told->formed = all;
    membership.set_standing(told);
    EXPECT_FALSE(membership.view().quiesced);
    EXPECT_EQ(membership.view().quiesced_nodes, 0u);
}

TEST(ServerMembership, OnlyThePrincipalReclusters) {
    size_t asked = 0;
    fabric::Figures figures;
    for (const uint64_t id : {0xA1, 0xA3}) {
        Membership membership(id, 1s);
        membership.join({.recluster = [&] { ++asked; }, .quiesce = [](bool) {}, .seeds = [](const auto&) {}}, &figures,
                        {});
        membership.set_standing(standing());
        EXPECT_EQ(membership.recluster(2s), id == 0xA3);
    }
    EXPECT_EQ(asked, 1u);
}

TEST(ServerMembership, SeedsComeAndGoByTheirText) {
    std::vector<runtime::Endpoint> told;
    fabric::Figures figures;
    Membership membership(0xA1, 1s);
    EXPECT_EQ(membership.add_seed({"db", 3002}).error().detail, "heartbeat is not configured");
    EXPECT_EQ(membership.clear_seeds({"db:3002"}), 0u);
    membership.join({.recluster = [] {}, .quiesce = [](bool) {}, .seeds = [&](const auto& seeds) { told = seeds; }},
                    &figures, {{"10.0.0.1", 3002}});
    EXPECT_TRUE(membership.add_seed({"fd00::1", 3002}));
    EXPECT_TRUE(membership.add_seed({"db", 3002}));
    EXPECT_TRUE(membership.add_seed({"db", 3002}));
    EXPECT_EQ(told, (std::vector<runtime::Endpoint>{{"10.0.0.1", 3002}, {"fd00::1", 3002}, {"db", 3002}}));
    EXPECT_EQ(membership.clear_seeds({"[fd00::1]:3002", "10.0.0.1:3002", "db:3003"}), 2u);
    EXPECT_EQ(told, (std::vector<runtime::Endpoint>{{"db", 3002}}));
    membership.clear_all_seeds();
    EXPECT_TRUE(told.empty());
}

TEST(ServerMembership, SeedsAreBounded) {
    fabric::Figures figures;
    Membership membership(0xA1, 1s);
    membership.join({.recluster = [] {}, .quiesce = [](bool) {}, .seeds = [](const auto&) {}}, &figures, {});
    for (uint16_t port = 1; port <= Membership::kSeedsMax; ++port) EXPECT_TRUE(membership.add_seed({"db", port}));
    EXPECT_EQ(membership.add_seed({"db", 9000}).error().detail, "there are 256 seeds already");
}

}  // namespace
}  // namespace cairn::server
