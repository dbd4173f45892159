// Goal: a node stands in the rack that its file names, as it is written and changed. Method: a node alone on a simulated
// machine whose file the test writes.

#include <gtest/gtest.h>

#include "tests/sim/simulated_node.h"

namespace cairn::sim {
namespace {

constexpr const char* kPath = "/etc/podinfo/rack";

struct RackFileTest : testing::Test {
    void start(uint32_t configured = 0) {
        NamespaceConfig settings;
        settings.rack_id = configured;
        NetworkConfig network;
        network.rack_id_file = kPath;
        node.emplace(world, machine, settings, ServiceConfig{}, network);
    }
    void write(std::string_view text) { ASSERT_TRUE(machine.disk().write_file(kPath, text)); }
    /// After the file has been looked at again.
    uint32_t rack() {
        world.run_for(RackFile::kEvery + 100ms);
        const auto& state = (**node).state();
        return state.rack_of(state.config()->namespaces[0]);
    }

    World world{1};
    SimMachine& machine = world.machine("node", 1);
    std::optional<SimulatedNode> node;
};

TEST_F(RackFileTest, NamesTheRackFromTheStart) {
    write("7\n");
    start();
    EXPECT_EQ((**node).state().rack_of_file, 7u);
}

TEST_F(RackFileTest, MayComeLateAndChange) {
    start();
    EXPECT_EQ(rack(), 0u);
    write("7");
    EXPECT_EQ(rack(), 7u);
    const uint32_t generation = (**node).state().membership.view().generation;
    write(" 9\r\n");
    EXPECT_EQ(rack(), 9u);
    EXPECT_EQ((**node).state().membership.view().generation, generation + 1) << "clients are told to look";
    write("0");
    EXPECT_EQ(rack(), 0u);
}

TEST_F(RackFileTest, MayHoldTheNameOfAZone) {
    write("eu-west-1a\n");
    start();
    const uint32_t first = rack();
    EXPECT_GT(first, 0u);
    write("eu-west-1b\n");
    EXPECT_NE(rack(), first);
    EXPECT_EQ(cluster::RackNames().id_of("eu-west-1a"), first) << "as on every node";
}

TEST_F(RackFileTest, ThatSaysNothingOfUseChangesNothing) {
    write("7");
    start();
    for (const std::string& text : {std::string(), std::string("\n"), std::string("a=\"1\"\nb=\"2\"\n"),
                                    std::string(254, 'x'), std::string("a\0b", 3)}) {
        write(text);
        EXPECT_EQ(rack(), 7u) << "'" << text << "'";
    }
    ASSERT_TRUE(machine.disk().remove_file(kPath));
    EXPECT_EQ(rack(), 7u);
}

TEST_F(RackFileTest, GivesWayToTheRackOfANamespace) {
    write("7");
    start(/*configured=*/3);
    EXPECT_EQ(rack(), 3u);
}

}  // namespace
}  // namespace cairn::sim
