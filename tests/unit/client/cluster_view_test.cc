#include "common/client/cluster_view.h"

#include <gtest/gtest.h>

namespace cairn::client {
namespace {

/// 512 bytes of which the first is `first` and the last `last`, the others zero, in base64.
std::string bitmap(uint8_t first, uint8_t last) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text(684, 'A');
    text[0] = kDigits[first >> 2];
    text[1] = kDigits[(first & 3) << 4];
    text[681] = kDigits[last >> 4];
    text[682] = kDigits[(last & 15) << 2];
    text[683] = '=';
    return text;
}

TEST(Replicas, PartitionZeroIsTheTopBitOfTheFirstByte) {
    const auto namespaces = parse_replicas("test:7,1," + bitmap(0x80, 0x01));
    ASSERT_TRUE(namespaces);
    const auto& test = namespaces->at("test");
    EXPECT_EQ(test.regime, 7u);
    ASSERT_EQ(test.columns.size(), 1u);
    EXPECT_TRUE(test.columns[0][0]);
    EXPECT_TRUE(test.columns[0][4095]);
    EXPECT_EQ(test.columns[0].count(), 2u);
}

TEST(Replicas, NamespacesHaveColumnsOfTheirOwn) {
    const auto namespaces = parse_replicas("a:0,2," + bitmap(1, 0) + "," + bitmap(2, 0) + ";b:0,1," + bitmap(4, 0));
    ASSERT_TRUE(namespaces);
    EXPECT_TRUE(namespaces->at("a").columns[1][6]);
    EXPECT_TRUE(namespaces->at("b").columns[0][5]);
}

TEST(Replicas, ACountThatDoesNotFitIsAnError) {
    EXPECT_FALSE(parse_replicas("test:0,2," + bitmap(0, 0)));
    EXPECT_FALSE(parse_replicas("test:0,1,AAAA"));
    EXPECT_FALSE(parse_replicas("test"));
}

TEST(Peers, ASingleNodeHasNone) {
    const auto peers = parse_peers("0,3000,[]");
    ASSERT_TRUE(peers);
    EXPECT_EQ(peers->generation, 0);
    EXPECT_TRUE(peers->peers.empty());
}

TEST(Peers, AddressesTakeTheDefaultPortUnlessTheyNameOne) {
    const auto peers =
        parse_peers("5,3100,[[A1,,[[2001:db8::12]:3000,node-1.example:3001]],[A2,tls,[10.0.0.2,[::1]]]]");
    ASSERT_TRUE(peers);
    ASSERT_EQ(peers->peers.size(), 2u);
    EXPECT_EQ(peers->peers[0].node, "A1");
    EXPECT_EQ(peers->peers[0].addresses[0].host, "2001:db8::12");
    EXPECT_EQ(peers->peers[0].addresses[0].port, 3000);
    EXPECT_EQ(peers->peers[0].addresses[1].host, "node-1.example");
    EXPECT_EQ(peers->peers[0].addresses[1].port, 3001);
    EXPECT_EQ(peers->peers[1].tls_name, "tls");
    EXPECT_EQ(peers->peers[1].addresses[0].port, 3100);
    EXPECT_EQ(peers->peers[1].addresses[1].host, "::1");
}

TEST(Peers, EveryCutOfAListIsAnError) {
    const std::string whole = "5,3000,[[A1,,[10.0.0.1:3000]]]";
    ASSERT_TRUE(parse_peers(whole));
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse_peers(whole.substr(0, size))) << size;
}

}  // namespace
}  // namespace cairn::client
