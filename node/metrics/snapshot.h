#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/histogram.h"

namespace cairn::metrics {

/// An answer of info in its order: `key=value;key=value`.
using KeyValues = std::vector<std::pair<std::string, std::string>>;

struct NamespaceInfo {
    std::string name;
    KeyValues values;  // `namespace/<name>`
};

struct SetInfo {
    std::string ns;
    std::string name;
    KeyValues values;  // one entry of `sets`, without ns and set
};

struct SindexInfo {
    std::string ns;
    std::string name;
    KeyValues values;  // `sindex-stat`
};

/// One entry of `latencies:` that has data; entries without are left out.
struct LatencyInfo {
    std::string ns;         // empty for `batch-index`
    std::string histogram;  // "read", "batch-sub-read"; without the namespace
    Unit unit = Unit::milliseconds;
    LatencyRow row;
};

struct UserAgentInfo {
    std::string client_library_version;  // "go-v8.7.0"
    std::string client_app_id;
    uint64_t count = 0;
};

/// What info says of this node at one moment.
struct NodeSnapshot {
    std::string cluster_name;
    std::string service;  // the pod's name in Kubernetes, else the first access endpoint: "10.0.0.1:3000"
    std::string build{};
    std::string node_id{};
    KeyValues statistics{};      // `statistics`
    KeyValues service_config{};  // `get-config:context=service`
    std::vector<NamespaceInfo> namespaces{};
    std::vector<SetInfo> sets{};
    std::vector<SindexInfo> sindexes{};
    std::vector<LatencyInfo> latencies{};
    std::vector<UserAgentInfo> user_agents{};
    bool logs_debug = false;  // some module of the log is at DEBUG
    bool logs_detail = false;
    uint64_t scrapes = 0;  // since start, this one included
};

/// Latencies of one operation on one namespace since start, of all workers.
struct LatencyTotal {
    std::string ns;
    std::string operation;  // "read", "batch-sub-read"
    HistogramSnapshot recorded;
};

/// The devices of one namespace, since start.
struct StorageTotal {
    std::string ns;
    bool failed = false;  // a write or sync failed: read-only until the node is started again
    uint64_t unreadable = 0;  // records, blocks or chunks that could not be read or whose check was wrong
    uint64_t torn = 0;  // unfinished ends of blocks, as a crash leaves them
    uint64_t overload = 0;  // writes refused because the write queue was full
    uint64_t appended_bytes = 0;  // by users' writes
    uint64_t written_bytes = 0;  // to the devices: moved versions and padding too
    uint64_t write_queue_bytes = 0;
    uint64_t defrag_queue_blocks = 0;
    uint64_t defrag_blocks_read = 0;
    uint64_t defrag_blocks_written = 0;
    uint64_t defrag_blocks_emptied = 0;

    /// Bytes written for each byte that users wrote; 0 before the first.
    double write_amplification() const {
        return appended_bytes == 0 ? 0 : static_cast<double>(written_bytes) / static_cast<double>(appended_bytes);
    }
};

}  // namespace cairn::metrics
