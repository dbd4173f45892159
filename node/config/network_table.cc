#include "node/config/tables.h"

namespace cairn::config {
namespace {

constexpr int64_t kMax31 = 2'147'483'647;
constexpr int64_t kPortMax = 65'535;

Parameter port(std::string path, int64_t minimum, std::string description) {
    return integer(std::move(path), minimum, kPortMax, "(a port)", std::move(description));
}

template <class Owner>
void plan_integer(Table<Owner>& t, std::string path, int64_t minimum, int64_t maximum, int64_t usual, bool dynamic) {
    Parameter parameter = integer(std::move(path), minimum, maximum, "", "");
    parameter.dynamic = dynamic;
    t.plan(std::move(parameter), usual);
}

/// `any` is all of IPv4.
template <class Owner>
void add_addresses(Table<Owner>& t, std::string description, std::vector<std::string> Owner::* member) {
    t.add(
        addresses("addresses", std::move(description)).info("address"),
        [member](const Owner& owner) { return Value(owner.*member); },
        [member](Owner& owner, const Value& value) {
            owner.*member = std::get<std::vector<std::string>>(value);
            for (std::string& address : owner.*member) {
                if (address == "any") address = "0.0.0.0";
            }
        });
}

Table<ListenerConfig> listener_table() {
    Table<ListenerConfig> t;
    using L = ListenerConfig;
    t.add(port("port", 1, "Where clients connect."), &L::port);
    add_addresses(t, "The addresses to listen on; `any` is all of IPv4.", &L::addresses);
    t.add(port("access-port", 0, "The port clients are told; 0 is `port`."), &L::access_port);
    t.add(addresses("access-addresses", "The addresses clients are told; none is those listened on.")
              .info("access-address"),
          &L::access_addresses);
    t.add(port("alternate-access-port", 0, "The port clients outside are told; 0 is `port`."),
          &L::alternate_access_port);
    t.add(addresses("alternate-access-addresses", "The addresses clients that ask for the alternate ones are told.")
              .info("alternate-access-address"),
          &L::alternate_access_addresses);
    for (const char* name : {"tls-port", "tls-access-port", "tls-alternate-access-port"}) {
        t.plan(port(name, 0, "TLS."), int64_t(0));
    }
    t.plan(text("tls-name", "TLS."), "");
    t.plan(flag("disable-localhost", "Do not listen on 127.0.0.1 as well."), false);
    for (const char* key :
         {"tls-access-addresses", "tls-addresses", "tls-alternate-access-addresses", "tls-authenticate-client"}) {
        t.plan_key(key);
    }
    return t;
}

Table<AdminConfig> admin_table() {
    Table<AdminConfig> t;
    t.add(port("port", 1, "Health, metrics and configuration over HTTP."), &AdminConfig::port);
    Parameter address = addresses("address", "The address to listen on; `any` is all of IPv4.");
    address.type = Type::text;
    address.expected = "an address or host name such as 127.0.0.1, fd00::1 or any";
    t.add(
        std::move(address), [](const AdminConfig& owner) { return Value(owner.address); },
        [](AdminConfig& owner, const Value& value) {
            owner.address = std::get<std::string>(value);
            if (owner.address == "any") owner.address = "0.0.0.0";
        });
    t.plan(port("tls-port", 0, "TLS."), int64_t(0));
    t.plan(text("tls-name", "TLS."), "");
    t.plan(flag("disable-localhost", "Do not listen on 127.0.0.1 as well."), false);
    return t;
}

Table<HeartbeatConfig> heartbeat_table() {
    Table<HeartbeatConfig> t;
    using H = HeartbeatConfig;
    t.plan(choice("mode", {"mesh", "multicast"}, "How nodes find each other."), "mesh");
    add_addresses(
        t,
        "The addresses where other nodes reach this one; `any` is all of IPv4. Without them and without seeds "
        "the node is alone.",
        &H::addresses);
    t.add(port("port", 1, "Where other nodes connect."), &H::port);
    t.plan(port("tls-port", 0, ""), int64_t(0));
    t.plan(text("tls-name", ""), "");
    Parameter seeds = addresses("mesh-seed-address-ports",
                                "Nodes to begin with, by address or name; a name stands for all its addresses, and is "
                                "resolved again every few seconds. The others are learnt from them.");
    seeds.pattern = R"((\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5})";
    seeds.expected = "addresses or names with a port such as 10.0.0.1:3002, [fd00::1]:3002 or db.example:3002";
    t.add(std::move(seeds).info("mesh-seed-address-port"), &H::mesh_seed_address_ports);
    t.add(integer("interval", 50, 600'000, "ms", "A node lets the others hear of it this often.").live(),
          &H::interval_ms);
    t.add(integer("timeout", 3, 10'000, "intervals", "A node that is not heard for so long is left out.").live(),
          &H::timeout);
    t.add(integer("connect-timeout-ms", 50, kMax31, "ms", "An attempt to connect to a node ends after this long."),
          &H::connect_timeout_ms);
    plan_integer(t, "mtu", 0, kMax31, 1'500, true);
    t.plan(choice("protocol", {"none", "v3"}, "").live(), "v3");
    for (const char* key : {"multicast-groups", "multicast-ttl", "tls-addresses", "tls-mesh-seed-address-ports"}) {
        t.plan_key(key);
    }
    return t;
}

}  // namespace

Table<NetworkConfig> network_table() {
    Table<NetworkConfig> t;
    t.nest("service", &NetworkConfig::service, listener_table());
    t.nest("admin", &NetworkConfig::admin, admin_table());

    t.nest("heartbeat", &NetworkConfig::heartbeat, heartbeat_table());

    Table<FabricConfig> fabric;
    add_addresses(fabric, "Where other nodes will send records; nothing listens there yet.", &FabricConfig::addresses);
    t.nest("fabric", &NetworkConfig::fabric, fabric);
    t.plan(port("fabric.tls-port", 0, ""), int64_t(0));
    t.plan(text("fabric.tls-name", ""), "");
    plan_integer(t, "fabric.channel-bulk-fds", 1, 128, 2, false);
    plan_integer(t, "fabric.channel-bulk-recv-threads", 1, 128, 4, true);
    plan_integer(t, "fabric.channel-ctrl-fds", 1, 128, 1, false);
    plan_integer(t, "fabric.channel-ctrl-recv-threads", 1, 128, 4, true);
    plan_integer(t, "fabric.channel-meta-fds", 1, 128, 1, false);
    plan_integer(t, "fabric.channel-meta-recv-threads", 1, 128, 4, true);
    plan_integer(t, "fabric.channel-rw-fds", 1, 128, 8, false);
    plan_integer(t, "fabric.channel-rw-recv-pools", 1, 16, 1, false);
    plan_integer(t, "fabric.channel-rw-recv-threads", 1, 128, 16, true);
    t.plan(flag("fabric.keepalive-enabled", ""), true);
    plan_integer(t, "fabric.keepalive-intvl", 1, kMax31, 1, false);
    plan_integer(t, "fabric.keepalive-probes", 1, kMax31, 10, false);
    plan_integer(t, "fabric.keepalive-time", 1, kMax31, 1, false);
    plan_integer(t, "fabric.latency-max-ms", 0, 1'000, 5, false);
    Table<FabricConfig> fabric_port;
    fabric_port.add(port("port", 0, "The port for it."), &FabricConfig::port);
    t.nest("fabric", &NetworkConfig::fabric, fabric_port);
    plan_integer(t, "fabric.recv-rearm-threshold", 0, 1'048'576, 1'024, true);
    plan_integer(t, "fabric.send-threads", 1, 128, 8, false);

    t.add(text("rack-id-file",
               "A file that holds the rack of this node, for namespaces whose `rack-id` is 0: a number, or a name such "
               "as a zone, which gets the same id on every node. It is looked at every 2 seconds; another rack is in "
               "force with a new view, which the node asks for."),
          &NetworkConfig::rack_id_file);

    for (const char* key : {"tls", "fabric.tls-addresses"}) {
        t.plan_key(key);
    }
    return t;
}

}  // namespace cairn::config
