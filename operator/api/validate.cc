#include <algorithm>
#include <set>

#include "operator/api/cluster_names.h"
#include "operator/api/cluster_spec.h"

namespace cairn::api {
namespace {

const Volume* find_volume(const Storage& storage, std::string_view name) {
    const auto found = std::ranges::find(storage.volumes, name, &Volume::name);
    return found == storage.volumes.end() ? nullptr : &*found;
}

class Check {
public:
    explicit Check(const ClusterSpec& spec) : spec_(spec) {}

    std::vector<std::string> run() {
        check_racks();
        for (size_t at = 0; at < spec_.namespaces.size(); at++) check_namespace(at);
        if (spec_.storage) check_storage("spec.storage", *spec_.storage);
        for (size_t at = 0; at < spec_.topology.racks.size(); at++) {
            const Rack& rack = spec_.topology.racks[at];
            if (rack.storage) check_storage(rack_path(at) + ".storage", *rack.storage);
        }
        check_tls();
        if (spec_.network.host_network && spec_.topology.shared_hosts) {
            add("spec.network.hostNetwork", "excludes spec.topology.sharedHosts");
        }
        return std::move(mistakes_);
    }

private:
    void add(const std::string& path, const std::string& sentence) { mistakes_.push_back(path + ": " + sentence); }
    static std::string rack_path(size_t at) { return "spec.topology.racks[" + std::to_string(at) + "]"; }

    void check_racks() {
        const std::vector<Rack>& racks = spec_.topology.racks;
        std::set<int32_t> ids;
        for (size_t at = 0; at < racks.size(); at++) {
            if (!ids.insert(racks[at].id).second) {
                add(rack_path(at) + ".id", "is also the id of another rack: " + std::to_string(racks[at].id));
            }
        }
        if (!racks.empty() && std::ranges::none_of(racks, &Rack::active)) {
            add("spec.topology.racks", "at least one must be active");
        }
    }

    void check_namespace(size_t at) {
        const DataNamespace& space = spec_.namespaces[at];
        const std::string path = "spec.namespaces[" + std::to_string(at) + "]";
        if (space.replication_factor > spec_.size) {
            add(path + ".replicationFactor", "must not exceed spec.size (" + std::to_string(spec_.size) + "), got " +
                                                 std::to_string(space.replication_factor));
        }
        if (space.storage.engine == Engine::memory) return;
        if (space.storage.volume.empty()) {
            add(path + ".storage.volume", "is required for engine " + std::string(name_of(space.storage.engine)));
            return;
        }
        const auto has = [&](const std::optional<Storage>& storage) {
            return storage && find_volume(*storage, space.storage.volume) != nullptr;
        };
        const std::vector<Rack>& racks = spec_.topology.racks;
        const bool everywhere = racks.empty() ? has(spec_.storage) : std::ranges::all_of(racks, [&](const Rack& rack) {
            return has(rack.storage ? rack.storage : spec_.storage);
        });
        if (!everywhere) add(path + ".storage.volume", "no volume is called '" + space.storage.volume + "'");
    }

    void check_storage(const std::string& path, const Storage& storage) {
        if (std::ranges::count(storage.volumes, VolumeRole::work, &Volume::role) > 1) {
            add(path + ".volumes", "at most one may have role Work");
        }
        for (size_t at = 0; at < storage.volumes.size(); at++) {
            const Volume& volume = storage.volumes[at];
            if (volume.empty_dir && volume.volume_mode == VolumeMode::block) {
                add(path + ".volumes[" + std::to_string(at) + "].emptyDir", "needs volumeMode Filesystem");
            }
        }
        if (storage.auto_grow.enabled && !storage.auto_grow.max_size) {
            add(path + ".autoGrow.maxSize", "is required when autoGrow is enabled");
        }
    }

    void check_tls() {
        const Tls& tls = spec_.tls;
        const int sources = (tls.issuer ? 1 : 0) + (tls.secret ? 1 : 0) + (tls.self_managed ? 1 : 0);
        if (tls.mode != TlsMode::off && sources != 1) {
            add("spec.tls", "exactly one of issuerRef, secretRef, selfManaged is required when tls.mode is not Off");
        }
        if (tls.mode == TlsMode::off && tls.client_auth != ClientAuth::none) {
            add("spec.tls.clientAuth", "needs tls.mode Optional or Required");
        }
    }

    const ClusterSpec& spec_;
    std::vector<std::string> mistakes_;
};

}  // namespace

std::vector<std::string> mistakes_in(const ClusterSpec& spec) { return Check(spec).run(); }

}  // namespace cairn::api
