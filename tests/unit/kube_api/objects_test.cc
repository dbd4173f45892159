#include "operator/api/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::api {
namespace {

using testing::HasSubstr;

Json cluster(const char* spec) {
    Json object = Json::parse(R"({"metadata": {"name": "demo", "namespace": "shop", "uid": "u-1", "generation": 7,
        "resourceVersion": "42", "labels": {"team": "a", "empty": ""}, "finalizers": ["x/y"]}})");
    object["spec"] = Json::parse(spec);
    return object;
}

std::string mistake(const char* spec) {
    const auto read = read_cluster(cluster(spec));
    return read ? std::string() : read.error().detail;
}

TEST(Cluster, TakesEightLines) {
    const auto read = read_cluster(cluster(R"({"namespaces": [{"name": "test", "storage": {"dataSize": "1Gi"}}]})"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->metadata.name, "demo");
    EXPECT_EQ(read->metadata.space, "shop");
    EXPECT_EQ(read->metadata.generation, 7);
    EXPECT_EQ(read->metadata.finalizers, std::vector<std::string>{"x/y"});
    EXPECT_EQ(read->spec.size, 3);
    EXPECT_EQ(read->spec.namespaces[0].replication_factor, 2);
    EXPECT_EQ(read->spec.namespaces[0].storage.data_size->text, "1Gi");
    EXPECT_EQ(read->spec.healing.node_lost_after.text, "10m");
}

TEST(Cluster, TakesNoSpecAtAll) { EXPECT_TRUE(read_cluster(Json::parse(R"({"metadata": {"name": "demo"}})"))); }

TEST(Cluster, NamesTheFieldOfAMistake) {
    EXPECT_EQ(mistake(R"({"size": "3"})"), "spec.size: must be a whole number");
    EXPECT_EQ(mistake(R"({"size": 0})"), "spec.size: must be 1 to 256, got 0");
    EXPECT_EQ(mistake(R"({"update": {"strategy": "Fast"}})"),
              "spec.update.strategy: must be one of Rolling, OnDelete, Paused");
    EXPECT_EQ(mistake(R"({"healing": {"crashGrace": "2"}})"),
              "spec.healing.crashGrace: '2' is no duration such as 30s, 15m or 1h30m");
    EXPECT_THAT(mistake(R"({"namespaces": [{"name": "a b"}]})"), HasSubstr("spec.namespaces[0].name: must match"));
    EXPECT_EQ(mistake(R"({"namespaces": [{}]})"), "spec.namespaces[0].name: is required");
    EXPECT_EQ(mistake(R"({"topology": {"racks": [{"name": "a", "id": 1}, {"name": "a", "id": 2}]}})"),
              "spec.topology.racks: has two entries of the name 'a'");
    EXPECT_EQ(mistake(R"({"size": 0, "paused": 1})"),
              "spec.size: must be 1 to 256, got 0; spec.paused: must be true or false");
}

TEST(Cluster, KeepsTheRulesThatTheSchemaHasInCel) {
    EXPECT_EQ(mistake(R"({"size": 1, "namespaces": [{"name": "a"}]})"),
              "spec.namespaces[0].replicationFactor: must not exceed spec.size (1), got 2");
    EXPECT_EQ(mistake(R"({"topology": {"racks": [{"name": "a", "id": 1}, {"name": "b", "id": 1}]}})"),
              "spec.topology.racks[1].id: is also the id of another rack: 1");
    EXPECT_EQ(mistake(R"({"topology": {"racks": [{"name": "a", "id": 1, "active": false}]}})"),
              "spec.topology.racks: at least one must be active");
    EXPECT_EQ(mistake(R"({"namespaces": [{"name": "a", "storage": {"engine": "File"}}]})"),
              "spec.namespaces[0].storage.volume: is required for engine File");
    EXPECT_EQ(mistake(R"({"namespaces": [{"name": "a", "storage": {"engine": "File", "volume": "data"}}]})"),
              "spec.namespaces[0].storage.volume: no volume is called 'data'");
    EXPECT_EQ(mistake(R"({"tls": {"mode": "Required"}})"),
              "spec.tls: exactly one of issuerRef, secretRef, selfManaged is required when tls.mode is not Off");
    EXPECT_EQ(mistake(R"({"tls": {"clientAuth": "Required"}})"),
              "spec.tls.clientAuth: needs tls.mode Optional or Required");
    EXPECT_EQ(mistake(R"({"network": {"hostNetwork": true}, "topology": {"sharedHosts": true}})"),
              "spec.network.hostNetwork: excludes spec.topology.sharedHosts");
    EXPECT_EQ(mistake(R"({"storage": {"autoGrow": {"enabled": true}}})"),
              "spec.storage.autoGrow.maxSize: is required when autoGrow is enabled");
    EXPECT_EQ(mistake(R"({"storage": {"volumes": [{"name": "a", "size": "1Gi", "role": "Work"},
                                                  {"name": "b", "size": "1Gi", "role": "Work"}]}})"),
              "spec.storage.volumes: at most one may have role Work");
}

TEST(Cluster, IgnoresWhatALaterVersionHas) { EXPECT_EQ(mistake(R"({"sizee": 3, "update": {"speed": "fast"}})"), ""); }

TEST(Cluster, ReadsAStatusThatItCannotUseAsNone) {
    Json object = cluster("{}");
    object["status"] = Json::parse(R"({"phase": "Flying", "size": 3, "image": 7})");
    const auto read = read_cluster(object);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->status.phase);
    EXPECT_EQ(read->status.size, 3);
}

TEST(Cluster, IsWrittenAsItWasRead) {
    const Json written = to_json(read_cluster(cluster("{}"))->spec);
    const auto again = read_cluster({{"metadata", {{"name", "demo"}}}, {"spec", written}});
    ASSERT_TRUE(again);
    EXPECT_EQ(to_json(again->spec), written);
    EXPECT_EQ(written["update"]["maxUnavailable"], 1);
    EXPECT_EQ(written["topology"]["spread"], "Preferred");
    EXPECT_FALSE(written.contains("image"));
}

TEST(Cluster, KeepsNumbersOf64Bits) {
    Json object = cluster("{}");
    object["status"]["partitions"]["bytesRemaining"] = 9007199254740993;  // no double has this value
    EXPECT_EQ(read_cluster(object)->status.partitions->bytes_remaining, 9007199254740993);
    object["status"]["partitions"]["bytesRemaining"] = 18446744073709551615u;
    EXPECT_EQ(read_cluster(object)->status.partitions->bytes_remaining.value_or(0), 0);
}

TEST(Status, LeavesOutWhatIsNotKnown) {
    ClusterStatus status;
    status.size = 3;
    status.conditions.push_back({"Ready", Truth::no, 7, "2026-11-22T08:00:00Z", "PodPending", ""});
    EXPECT_EQ(to_json(status), Json::parse(R"({"size": 3, "conditions": [{"type": "Ready", "status": "False",
        "observedGeneration": 7, "lastTransitionTime": "2026-11-22T08:00:00Z", "reason": "PodPending",
        "message": ""}]})"));
}

TEST(Node, NeedsItsFields) {
    const auto read = read_node(Json::parse(R"({"spec": {"clusterRef": {"name": "demo"}, "index": 0}})"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().detail, "spec.rack: is required; spec.nodeID: is required");
}

TEST(Operation, IsRead) {
    const auto read = read_operation(
        Json::parse(R"({"spec": {"clusterRef": {"name": "demo"}, "kind": "CollectInfo", "nodes": ["demo-a-0"]}})"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->spec.kind, OperationKind::collect_info);
    EXPECT_EQ(read->spec.ttl_after_finished.text, "24h");
}

}  // namespace
}  // namespace cairn::api
