#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::log {

/// From the most talkative to the most urgent; the names are those of the info commands `log/<id>` and `log-set`.
enum class Level : uint8_t { detail, debug, info, warning, critical };

/// Who speaks. The names and their order are those of the info command `log/<id>`; ours come after them.
enum class Module : uint8_t {
    misc,
    alloc,
    arenax,
    hardware,
    msg,
    os,
    secrets,
    socket,
    tls,
    vault,
    vmapx,
    xmem,
    aggr,
    appeal,
    as,
    audit,
    batch,
    batch_sub,
    bin,
    config,
    clustering,
    deprecation,
    drv_mem,
    drv_pmem,
    drv_ssd,
    exchange,
    exp,
    fabric,
    flat,
    geo,
    hb,
    health,
    hlc,
    index,
    info,
    info_command,
    key_busy,
    migrate,
    mrt_audit,
    mrt_monitor,
    namespace_,
    nsup,
    particle,
    partition,
    proto,
    proxy,
    proxy_divert,
    query,
    record,
    roster,
    rw,
    rw_client,
    security,
    service,
    service_list,
    sindex,
    skew,
    smd,
    storage,
    truncate,
    tsvc,
    udf,
    xdr,
    xdr_client,
    masking,
    http,
    kube,
    plan,
    controller,
};
constexpr size_t kModuleCount = size_t(Module::controller) + 1;

/// "WARNING"
std::string_view name(Level level);
/// "rw-client"
std::string_view name(Module module);
/// Upper or lower case; nothing when there is no such level.
std::optional<Level> level_named(std::string_view text);
/// Nothing when there is no such module.
std::optional<Module> module_named(std::string_view text);

}  // namespace cairn::log
