#pragma once
#include "common/config/table.h"

namespace cairn::config {

/// A small configuration with one of everything.
struct SampleItem {
    std::string name;
    uint32_t default_ttl_s = 0;
    bool operator==(const SampleItem&) const = default;
};
struct SampleServer {
    enum class Format : uint8_t { text, json };
    uint32_t fd_max = 15'000;
    Format format = Format::text;
    std::vector<std::string> addresses = {"any"};
    std::string id;
    bool operator==(const SampleServer&) const = default;
};
struct Sample {
    SampleServer service;
    std::vector<SampleItem> namespaces;
    bool operator==(const Sample&) const = default;
};

inline const Table<Sample>& sample_table() {
    static const Table<Sample> table = [] {
        Table<SampleItem> items;
        items.add(text("name", "[a-z-]+", "small letters", "The name."), &SampleItem::name);
        items.add(period("default-ttl", 0, 315'360'000, "Life of a record.").live(), &SampleItem::default_ttl_s);
        items.plan(percentage("storage-engine.defrag-lwm-pct", "").live(), int64_t(50));
        Table<SampleServer> server;
        server.add(integer("proto-fd-max", 16, 100'000, "connections", "Connections.").live(), &SampleServer::fd_max);
        server.add(choice("format", {"text", "json"}, "How a|b."), &SampleServer::format);
        server.add(addresses("addresses", "Where."), &SampleServer::addresses);
        server.add(text("id", "[0-9a-f]*", "hexadecimal digits", "Who."), &SampleServer::id);
        Table<Sample> all;
        all.nest("service", &Sample::service, server);
        all.list("namespaces", "Items.", &Sample::namespaces, items);
        all.plan_key("xdr");
        return all;
    }();
    return table;
}

inline const Section& sample_section() {
    static const Section section = sample_table().section();
    return section;
}

}  // namespace cairn::config
