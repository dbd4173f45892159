#include "tests/unit/server/fixture.h"

// What the reference server answers to wrong commands, and what we answer where it differs on purpose.
namespace cairn::server::test {
namespace {

struct Case {
    const char* line;
    const char* reply;
};

class Texts : public InfoTest {
protected:
    void check(std::initializer_list<Case> cases) {
        for (const auto& [line, reply] : cases) EXPECT_EQ(ask(line), reply) << line;
    }
};

TEST_F(Texts, UnknownCommands) {
    constexpr const char* kUnknown = "ERROR:4:unrecognized command";
    check({{"", kUnknown},
           {"xxx", kUnknown},
           {"NODE", kUnknown},
           {" build", kUnknown},
           {"bins", kUnknown},
           {"hist-dump:", kUnknown},
           {"latency:", kUnknown},
           {"throughput:", kUnknown},
           {"scan-show", kUnknown}});
}

TEST_F(Texts, Identity) {
    check({{"node", "BB9"},
           {"node:", "BB9"},
           {"name", "BB9"},
           {"build", "8.1.2.0"},
           {"status", "ok"},
           {"cluster-name", "mycluster"},
           {"partitions", "4096"},
           {"namespaces", "test;bar"},
           {"connection", "admin=false"},
           {"digests", "RIPEMD160"},
           {"get-sl", "BB9"}});
}

TEST_F(Texts, EditionIsNotCommunityForToolsTakeFeaturesAwayThen) {
    EXPECT_FALSE(ask("edition").contains("Community"));
    EXPECT_NE(value_of(ask("release"), "edition"), "");
    EXPECT_EQ(value_of(ask("release"), "version"), "8.1.2.0");
}

TEST_F(Texts, Topology) {
    check({{"peers-clear-std", "0,3000,[]"},
           {"peers-tls-std", "0,3000,[]"},
           {"alumni-clear-std", "0,3000,[]"},
           {"rack-ids", "test:0;bar:0"},
           {"racks:", "ns=test:rack_0=BB9;ns=bar:rack_0=BB9"},
           {"racks:namespace=test", "rack_0=BB9"},
           {"racks:namespace=zz", "ERROR:20:namespace not found on node"},
           {"roster:namespace=test", "roster=null:pending_roster=null:observed_nodes=null"},
           {"roster:namespace=zz", "ERROR:20:namespace not found on node"},
           {"roster-set:namespace=test;nodes=a", "ERROR:4:namespace 'test' is not strong-consistency"},
           {"revive:", "ok"},
           {"service-tls-std", ""},
           {"services", ""}});
}

TEST_F(Texts, ClusterStable) {
    check({{"cluster-stable:size=2", "ERROR:7:cluster not specified size"},
           {"cluster-stable:size=x", "ERROR:4:bad size"},
           {"cluster-stable:ignore-migrations=zz", "ERROR:4:bad ignore migrations"},
           {"cluster-stable:namespace=zz", "ERROR:20:unknown-namespace: namespace not found on node"}});
    const std::string key = ask("cluster-stable:size=1;ignore_migrations=false;namespace=test");
    EXPECT_EQ(key, value_of(ask("statistics"), "cluster_key"));
    EXPECT_EQ(key.find_first_not_of("0123456789ABCDEF"), std::string::npos);
}

TEST_F(Texts, Tips) {
    check({{"tip", "ERROR:4:missing 'host'"},
           {"tip:host=1.2.3.4", "ERROR:4:missing 'port'"},
           {"tip:host=1.2.3.4;port=x", "ERROR:4:'port' must be an integer"},
           {"tip:host=1.2.3.4;port=1;tls=x", "ERROR:4:'tls' must be either 'true' or 'false'"},
           {"tip:host=1.2.3.4;port=1;tls=true", "ERROR:16:TLS between nodes is not supported yet"},
           {"tip:host=1.2.3.4;port=65536", "ERROR:4:'port' must be 1 to 65535"},
           {"tip:host=a b;port=1", "ERROR:4:'host' must be an address or a name"},
           {"tip:host=1.2.3.4;port=3002", "ERROR:4:heartbeat is not configured"},
           {"tip-clear:host-port-list=all", "ok"},
           {"tip-clear", "ERROR:4:missing 'host-port-list'"},
           {"tip-clear:host-port-list=zz", "ERROR::0 cleared, 0 not found"},
           {"tip-clear:host-port-list=a.b:3002,c.d:3002", "ERROR::0 cleared, 2 not found"}});
}

TEST_F(Texts, Indexes) {
    constexpr const char* kMissingBoth = "ERROR:4:both 'indexdata' and 'type' are missing";
    check(
        {{"sindex-create:", "ERROR:4:missing 'indexname'"},
         {"sindex-create:ns=bar;indexname=;bin=a;type=numeric", "ERROR:4:missing 'indexname' value"},
         {"sindex-create:ns=bar;indexname=x", kMissingBoth},
         {"sindex-create:ns=bar;indexname=x;bin=a", kMissingBoth},
         {"sindex-create:ns=bar;indexname=x;type=numeric", "ERROR:4:both 'bin' and 'exp' are missing"},
         {"sindex-create:indexname=x;bin=a;type=numeric", "ERROR:20:missing 'namespace'"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=foo",
          "ERROR:4:bad 'type' - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'"},
         {"sindex-create:ns=bar;indexname=x;indexdata=a,foo",
          "ERROR:4:bad 'indexdata' bin type - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'"},
         {"sindex-create:ns=bar;indexname=x;indexdata=a", "ERROR:4:'indexdata' missing bin type"},
         {"sindex-create:ns=bar;indexname=x;indexdata=,numeric", "ERROR:4:'indexdata' missing bin name"},
         {"sindex-create:ns=bar;indexname=x;bin=aaaaaaaaaaaaaaaa;type=numeric", "ERROR:4:'bin' value too long"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=numeric;indextype=foo",
          "ERROR:4:bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=geo2dsphere;indextype=mapkeys",
          "ERROR:4:bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=numeric;context=!!", "ERROR:4:'context' invalid base64"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=numeric;context=BQ==", "ERROR:4:'context' invalid cdt context"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=numeric;context=khBB", "ok"},
         {"sindex-create:ns=bar;indexname=x;bin=a;type=numeric;exp=BQ==", "ERROR:4:both 'bin' and 'exp' are specified"},
         {"sindex-create:ns=bar;indexname=x;type=numeric;exp=kQ==", "ERROR:4:bad 'exp'"},
         {"sindex-create:ns=bar;indexname=x;type=numeric;context=khBB;exp=BQ==",
          "ERROR:4:both 'context' and 'exp' are specified"},
         {"sindex-create:ns=bar;indexname=x;indextype=set", "ERROR:4:missing 'set'"},
         {"sindex-create:ns=bar;set=q;indexname=x;indextype=set;bin=a",
          "ERROR:4:bin parameter is not supported for set index"},
         {"sindex-create:namespace=test;set=demo;indexname=i;indexdata=a,NUMERIC", "ok"},
         {"sindex-create:namespace=test;set=demo;indexname=i;indexdata=a,string",
          "ERROR:200:'indexname' already exists with different definition"},
         {"sindex-create:ns=zz;indexname=i;bin=a;type=numeric", "ERROR:20:namespace not found on node"},
         {"sindex-exists:ns=bar;indexname=x", "true"},
         {"sindex-list:ns=bar",
          "ns=bar:indexname=x:set=null:bin=a:type=numeric:indextype=default:context=khBB:exp=null:state=RW"},
         {"sindex-delete:ns=test;indexname=i", "ok"},
         {"sindex-list/bar/x",
          "ns=bar:indexname=x:set=null:bin=a:type=numeric:indextype=default:context=khBB:exp=null:state=RW"},
         {"sindex-delete:ns=bar;indexname=x", "ok"},
         {"sindex-delete:ns=bar;indexname=x", "ok"},
         {"sindex-exists:ns=bar;indexname=x", "false"},
         {"sindex-exists:ns=zz;indexname=x", "ERROR:20:namespace not found on node"},
         {"sindex-stat:ns=bar;indexname=x", "ERROR:201:no index"},
         {"sindex/bar/x", "ERROR:201:no index"},
         {"sindex/zz", "ns_type=unknown"},
         {"sindex-list:", ""},
         {"sindex-list:ns=test;b64=true", ""},
         {"sindex-list:ns=test;b64=zz", "ERROR:4:bad b64"},
         {"sindex/test", ""}});
}

TEST_F(Texts, Modules) {
    check({{"udf-list", ""},
           {"udf-put", "error=invalid_filename"},
           {"udf-put:filename=x", "error=invalid_filename"},
           {"udf-put:filename=x.lua", "error=invalid_content_len"},
           {"udf-put:filename=x.lua;content=Zm9v;content-len=99;udf-type=LUA;", "error=invalid_content_len"},
           {"udf-put:filename=x.lua;content=!!!!;content-len=4;udf-type=LUA;", "error=invalid_base64_content"},
           {"udf-put:filename=x.lua;content=Zm9v;content-len=4;udf-type=ZZ;", "error=invalid_udf_type"},
           {"udf-put:filename=x.lua;content=Zm9v;content-len=4;udf-type=LUA;",
            "error=compile_error;file=x.lua;line=1;message=c3ludGF4IGVycm9yIG5lYXIgPGVvZj4="},
           {"udf-get", "error=invalid_filename"},
           {"udf-get:filename=", "error=invalid_filename"},
           {"udf-get:filename=zz.lua", "error=not_found"},
           {"udf-put:filename=x/../y.lua;content=Zm9v;content-len=4;udf-type=LUA;", "error=invalid_filename"},
           {"udf-remove:filename=zz.lua;", "ok"},
           {"udf-remove:", "error=invalid_filename"},
           {"udf-clear-cache", "ok"}});
}

TEST_F(Texts, Logs) {
    check({{"logs", "0:stderr"},
           {"log/0/service", "service:INFO"},
           {"log/7", "ERROR::bad-id"},
           {"log/x", "ERROR:4:bad sink-id"},
           {"log/0/zz", "ERROR::bad-context"},
           {"log-set", "ERROR:4:missing id"},
           {"log-set:id=x;any=info", "ERROR:4:bad id"},
           {"log-set:id=0", "ERROR:4:missing context"},
           {"log-set:id=99;any=info", "ERROR:4:bad parameter"},
           {"log-set:id=0;zz=info", "ERROR:4:bad parameter"},
           {"log-set:id=0;info=zz", "ERROR:4:bad parameter"},
           {"log-message:message=hello", ""}});
}

TEST_F(Texts, Latencies) {
    check({{"latencies:hist=zz", "ERROR:4:bad hist name"},
           {"latencies:hist={zz}-read", "ERROR:4:bad hist name"},
           {"latencies:hist={test}-zz", "ERROR:4:bad hist name"},
           {"latencies:hist={test}-proxy", "{test}-proxy:"},
           {"latencies:hist={test}-re-repl", "{test}-re-repl:"},
           {"latencies:hist=batch-index", "batch-index:"},
           {"histogram", "ERROR:20:missing 'namespace'"},
           {"histogram:namespace=test", "ERROR:4:missing 'type'"},
           {"histogram:namespace=zz;type=ttl", "ERROR:20:namespace not found on node"},
           {"histogram:namespace=test;type=zz", "ERROR:4:unknown hist name"},
           {"histogram:namespace=test;type=ttl;set=zz", "ERROR:4:unknown set name"},
           {"histogram:namespace=test;type=ttl", ""}});
}

TEST_F(Texts, Diagnostics) {
    check({{"smd-show", "ERROR:4:missing 'module'"},
           {"smd-show:module=zz", "ERROR:4:unknown 'module'"},
           {"smd-show:module=truncate", "<empty>"},
           {"dump-hb:verbose=zz", "ERROR:4:'verbose' may be either 'true' or 'false'"},
           {"dump-rw:", "ok"},
           {"dump-wb-summary", "ERROR:20:missing 'namespace'"},
           {"dump-wb-summary:ns=test", "ok"},
           {"debug-record:namespace=test", "ERROR:4:missing 'keyd'"},
           {"debug-record:namespace=test;keyd=zz", "ERROR:4:keyd"},
           {"physical-devices:path=/dev/x", "ERROR:2:no device info"},
           {"health-outliers", ""},
           {"best-practices", "failed_best_practices=none"},
           {"index-pressure", "test:0:0;bar:0:0"},
           {"get-stats", "ERROR:4:missing 'context'"},
           {"get-stats:context=xdr;dc=a", ""},
           {"eviction-reset", "ERROR:20:missing 'namespace'"},
           {"eviction-reset:namespace=test", "ok"},
           {"eviction-reset:namespace=test;ttl=99999999999", "ERROR:4:ttl too big"}});
}

TEST_F(Texts, NoLineOfTheToolsIsAnErrorThatTheReferenceWouldNotGive) {
    // Who sends what: clients, asadm, exporter, asbackup, asbench, the Kubernetes operator.
    for (const char* line : {"node",
                             "partition-generation",
                             "build",
                             "features",
                             "cluster-name",
                             "service-clear-std",
                             "service-clear-alt",
                             "service-tls-std",
                             "service-tls-alt",
                             "user-agent-set:value=MSxydXN0LTMuMC4wLG5vdC1zZXQ=",
                             "peers-generation",
                             "rebalance-generation",
                             "peers-clear-std",
                             "peers-clear-alt",
                             "peers-tls-std",
                             "replicas",
                             "replicas:max=3",
                             "rack-ids",
                             "racks:",
                             "roster:",
                             "roster:namespace=test",
                             "connection",
                             "admin-clear-std",
                             "alumni-clear-std",
                             "alumni-tls-std",
                             "edition",
                             "version",
                             "release",
                             "namespaces",
                             "namespace/test",
                             "sets",
                             "sets/test",
                             "statistics",
                             "get-config:",
                             "get-config:context=service",
                             "get-config:context=network",
                             "get-config:context=security",
                             "get-config:context=xdr",
                             "get-config:context=namespace;namespace=test",
                             "get-config:context=namespace;id=test",
                             "latencies:",
                             "latencies",
                             "latencies:hist=benchmarks-fabric",
                             "latencies:hist={test}-proxy",
                             "latencies:hist={test}-benchmarks-read",
                             "latencies:hist={test}-benchmarks-write",
                             "latencies:hist={test}-benchmarks-udf",
                             "latencies:hist={test}-benchmarks-batch-sub",
                             "latencies:hist={test}-benchmarks-udf-sub",
                             "latencies:hist={test}-benchmarks-ops-sub",
                             "latencies:hist=info",
                             "histogram:namespace=test;type=ttl",
                             "histogram:namespace=test;type=object-size",
                             "histogram:namespace=test;type=object-size-linear",
                             "best-practices",
                             "health-outliers",
                             "health-stats",
                             "logs",
                             "log/0",
                             "udf-list",
                             "user-agents",
                             "sindex-list:",
                             "sindex-list:ns=test;b64=true",
                             "sindex-list:v=v2",
                             "query-show",
                             "query-abort-all:",
                             "partition-info",
                             "recluster:",
                             "quiesce:",
                             "quiesce-undo:",
                             "cluster-stable:size=1;ignore-migrations=false",
                             "services-alumni-reset",
                             "index-pressure",
                             "smd-info",
                             "truncate:namespace=test;set=nosuch",
                             "set-config:context=service;proto-fd-max=20000",
                             "log-set:id=0;service=info",
                             "endpoints",
                             "help",
                             "status",
                             "sindex-delete:ns=test;indexname=x",
                             "udf-remove:filename=j.lua"}) {
        const std::string reply = ask(line);
        EXPECT_FALSE(reply.starts_with("ERROR") || reply.starts_with("FAIL") || reply.starts_with("error"))
            << line << reply;
        EXPECT_EQ(reply.find_first_of("\t\n"), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace cairn::server::test
