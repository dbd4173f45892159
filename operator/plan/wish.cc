#include "operator/plan/wish.h"

#include <algorithm>
#include <cstdio>

#include "common/base/hash.h"
#include "operator/api/objects.h"

namespace cairn::plan {
namespace {

Seconds seconds(const api::Period& period) {
    const Result<Duration> value = api::period_value(period.text);
    return value ? std::chrono::duration_cast<std::chrono::seconds>(*value).count() : 0;  // the reader has looked at it
}

std::string hex_of(const api::Json& json) {
    const std::string text = json.dump();
    const uint64_t hash = hash64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash));
    return hex;
}

/// What a change of makes another pod.
api::Json pod_part(const api::Json& spec, const std::string& image) {
    api::Json part;
    for (const char* name : {"config", "namespaces", "resources", "tls", "auth", "imagePullPolicy", "imagePullSecrets",
                             "podTemplate", "serviceAccountName"}) {
        if (spec.contains(name)) part[name] = spec[name];
    }
    part["image"] = image;
    part["ports"] = spec["network"]["ports"];
    part["hostNetwork"] = spec["network"]["hostNetwork"];
    part["access"] = spec["network"]["access"];
    return part;
}

/// Of volumes, what the pod sees of them: a size that grows is no other pod.
api::Json volumes_part(const api::Storage& storage) {
    api::Json part = api::Json::array();
    for (const api::Volume& volume : storage.volumes) {
        part.push_back({{"name", volume.name},
                        {"path", volume.path},
                        {"mode", int(volume.volume_mode)},
                        {"emptyDir", volume.empty_dir}});
    }
    return part;
}

RackWish rack_wish(const std::string& name, bool active, const std::optional<api::Storage>& storage, api::Json part,
                   const std::string& template_revision) {
    RackWish rack{.name = name, .active = active, .volumes = {}, .revision = {}};
    if (storage) {
        part["volumes"] = volumes_part(*storage);
        for (const api::Volume& volume : storage->volumes) {
            if (volume.empty_dir) continue;
            rack.volumes.push_back({volume.name, api::whole_value(volume.size.text).value_or(0)});
        }
    }
    rack.revision = {hex_of(part), template_revision};
    return rack;
}

}  // namespace

const RackWish* Wish::rack(std::string_view name) const {
    const auto found = std::ranges::find(racks, name, &RackWish::name);
    return found == racks.end() ? nullptr : &*found;
}

Wish wish_of(const api::ClusterSpec& spec, const std::string& image, const std::string& template_revision) {
    Wish wish;
    wish.size = spec.size;
    wish.copies = 1;
    for (const api::DataNamespace& space : spec.namespaces) {
        wish.copies = std::max(wish.copies, space.replication_factor);
    }
    const api::Json part = pod_part(to_json(spec), image);
    wish.automatic_racks = spec.topology.racks.empty();
    if (wish.automatic_racks) {
        wish.racks.push_back(rack_wish(std::string(kAutomaticRack), true, spec.storage, part, template_revision));
    }
    for (const api::Rack& rack : spec.topology.racks) {
        api::Json own = part;
        own["rack"] = {{"config", rack.config}, {"podTemplate", rack.pod_template}, {"id", rack.id}};
        wish.racks.push_back(rack_wish(rack.name, rack.active, rack.storage ? rack.storage : spec.storage,
                                       std::move(own), template_revision));
    }
    wish.strategy = spec.update.strategy;
    wish.max_unavailable = spec.update.max_unavailable.text;
    wish.canary = spec.update.canary;
    wish.approved = spec.update.approve;
    wish.defer_operator_upgrade = spec.update.operator_upgrade == api::OperatorUpgrade::defer;
    wish.auto_rollback = spec.update.auto_rollback;
    wish.progress_deadline = seconds(spec.update.progress_deadline);
    wish.drain_timeout = seconds(spec.update.drain_timeout);
    wish.heal = spec.healing.enabled;
    wish.crash_grace = seconds(spec.healing.crash_grace);
    wish.pending_grace = seconds(spec.healing.pending_grace);
    wish.replace_lost = spec.healing.node_lost == api::NodeLost::replace;
    wish.node_lost_after = seconds(spec.healing.node_lost_after);
    wish.require_redundancy = spec.healing.require_redundancy;
    wish.budget = spec.disruption.budget;
    wish.drain = spec.disruption.drain;
    const api::Retention retention = spec.storage ? spec.storage->retention : api::Retention{};
    wish.delete_claims_with_cluster = retention.when_deleted == api::Keep::remove && !spec.deletion_protection;
    wish.delete_claims_of_removed = retention.when_removed == api::Keep::remove;
    wish.paused = spec.paused;
    wish.hibernated = spec.hibernated;
    return wish;
}

std::vector<std::string> unsupported_in(const api::ClusterSpec& spec) {
    std::vector<std::string> mistakes;
    for (size_t at = 0; at < spec.namespaces.size(); at++) {
        if (!spec.namespaces[at].strong_consistency) continue;
        mistakes.push_back("spec.namespaces[" + std::to_string(at) + "].strongConsistency: is not supported yet");
    }
    if (spec.tls.mode != api::TlsMode::off) mistakes.push_back("spec.tls.mode: only Off is supported yet");
    if (spec.auth.enabled) mistakes.push_back("spec.auth.enabled: is not supported yet");
    return mistakes;
}

}  // namespace cairn::plan
