#include "node/config/tables.h"

namespace cairn::config {
namespace {

constexpr int64_t kMax31 = 2'147'483'647;
constexpr int64_t kPortMax = 65'535;
const auto kNoTexts = [] { return std::vector<std::string>{}; };

Parameter port(std::string path, int64_t minimum, std::string description) {
    return integer(std::move(path), minimum, kPortMax, "(a port)", std::move(description));
}

template <class Owner>
void plan_integer(Table<Owner>& t, std::string path, int64_t minimum, int64_t maximum, int64_t usual, bool dynamic) {
    Parameter parameter = integer(std::move(path), minimum, maximum, "", "");
    parameter.dynamic = dynamic;
    t.plan(std::move(parameter), usual);
}

Table<ListenerConfig> listener_table() {
    Table<ListenerConfig> t;
    using L = ListenerConfig;
    t.add(port("port", 1, "Where clients connect."), &L::port);
    t.add(
        addresses("addresses", "The addresses to listen on; `any` is all of IPv4.").info("address"),
        [](const L& owner) { return Value(owner.addresses); },
        [](L& owner, const Value& value) {
            owner.addresses = std::get<std::vector<std::string>>(value);
            for (std::string& address : owner.addresses) {
                if (address == "any") address = "0.0.0.0";
            }
        });
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

}  // namespace

Table<NetworkConfig> network_table() {
    Table<NetworkConfig> t;
    t.nest("service", &NetworkConfig::service, listener_table());
    t.nest("admin", &NetworkConfig::admin, admin_table());

    t.plan(choice("heartbeat.mode", {"mesh", "multicast"}, "How nodes find each other."), "mesh");
    t.plan(addresses("heartbeat.addresses", "").info("heartbeat.address"), kNoTexts());
    t.plan(port("heartbeat.port", 0, ""), int64_t(3'002));
    t.plan(port("heartbeat.tls-port", 0, ""), int64_t(0));
    t.plan(text("heartbeat.tls-name", ""), "");
    plan_integer(t, "heartbeat.interval", 50, 600'000, 150, true);
    plan_integer(t, "heartbeat.timeout", 3, kMax31, 10, true);
    plan_integer(t, "heartbeat.connect-timeout-ms", 50, kMax31, 500, true);
    plan_integer(t, "heartbeat.mtu", 0, kMax31, 1'500, true);
    t.plan(choice("heartbeat.protocol", {"none", "v3"}, "").live(), "v3");

    t.plan(addresses("fabric.addresses", "").info("fabric.address"), kNoTexts());
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
    t.plan(port("fabric.port", 0, ""), int64_t(3'001));
    plan_integer(t, "fabric.recv-rearm-threshold", 0, 1'048'576, 1'024, true);
    plan_integer(t, "fabric.send-threads", 1, 128, 8, false);

    for (const char* key :
         {"tls", "heartbeat.mesh-seed-address-ports", "heartbeat.multicast-groups", "heartbeat.multicast-ttl",
          "heartbeat.tls-addresses", "heartbeat.tls-mesh-seed-address-ports", "fabric.tls-addresses"}) {
        t.plan_key(key);
    }
    return t;
}

}  // namespace cairn::config
