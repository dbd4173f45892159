#include "node/stores.h"

#include <openssl/rand.h>

#include <cstdlib>

#include "common/base/check.h"
#include "node/partition/namespace.h"
#include "node/storage/device_store.h"

namespace cairn {
namespace {

constexpr std::string_view kFromEnvironment = "env:";

/// The key of a file, or of a variable of the environment.
Result<std::optional<storage::SecretKey>> secret_of(runtime::Machine& machine, const std::string& from,
                                                    std::string_view setting) {
    if (from.empty()) return std::nullopt;
    std::string text;
    if (from.starts_with(kFromEnvironment)) {
        const char* value = std::getenv(from.c_str() + kFromEnvironment.size());
        if (value == nullptr) {
            return fail(std::string(setting) + ": there is no " + from.substr(kFromEnvironment.size()) +
                        " in the environment");
        }
        text = value;
    } else {
        auto read = machine.disk().read_file(from);
        if (!read) return fail(std::string(setting) + ": " + read.error().detail);
        text = *std::move(read);
    }
    auto key = storage::parse_master_key(as_bytes(text));
    if (!key) return fail(std::string(setting) + ": '" + from + "': " + key.error().detail);
    return std::optional(*std::move(key));
}

storage::Compression compression_of(StorageCompression chosen) {
    switch (chosen) {
        case StorageCompression::lz4: return storage::Compression::lz4;
        case StorageCompression::zstd: return storage::Compression::zstd;
        default: return storage::Compression::none;
    }
}

Result<storage::StoreOptions> options_of(runtime::Machine& machine, const NamespaceConfig& ns, uint64_t node_id,
                                         log::Logger& logger) {
    const StorageEngineConfig& from = ns.storage_engine;
    storage::StoreOptions to;
    to.namespace_name = ns.name;
    to.node_id = node_id;
    to.paths = from.files.empty() ? from.devices : from.files;
    to.file_bytes = from.file_size_bytes;
    to.write_block_bytes = static_cast<uint32_t>(from.write_block_size_bytes);
    to.streams = machine.loop_count();
    static_cast<storage::StoreTuning&>(to) = partition::tuning_of(from);
    to.commit_to_device = from.commit_to_device;
    to.cache_all = from.type == StorageEngine::memory;
    to.compression = compression_of(from.compression);
    if (from.compression_level != 0) to.compression_level = static_cast<int>(from.compression_level);
    to.direct = !from.devices.empty() || from.direct_files;
    to.cached_reads = from.read_page_cache;
    to.logger = &logger;
    auto key = secret_of(machine, from.encryption_key_file, "storage-engine.encryption-key-file");
    if (!key) return std::unexpected(key.error());
    auto former = secret_of(machine, from.encryption_old_key_file, "storage-engine.encryption-old-key-file");
    if (!former) return std::unexpected(former.error());
    to.master_key = *std::move(key);
    to.former_master_key = *std::move(former);
    to.new_data_keys = from.encryption_rewrite;
    // Not from the machine's Random, which is for chance alone.
    to.secrets = [](MutableBytes into) { CAIRN_CHECK(RAND_bytes(into.data(), static_cast<int>(into.size())) == 1); };
    return to;
}

}  // namespace

Result<Stores> open_stores(runtime::Machine& machine, const NodeConfig& config, uint64_t node_id, log::Logger& logger) {
    Stores made;
    for (const NamespaceConfig& ns : config.namespaces) {
        auto& store = made.stores.emplace_back();
        const auto sets = made.sets.emplace_back(std::make_shared<const partition::Sets*>(nullptr));
        if (!ns.storage_engine.persists()) continue;
        const auto in_namespace = [&](const Error& error) {
            return fail(error.code, "namespace '" + ns.name + "': " + error.detail);
        };
        auto options = options_of(machine, ns, node_id, logger);
        if (!options) return in_namespace(options.error());
        auto opened =
            storage::DeviceStore::open(machine, *std::move(options), [sets](uint16_t id) { return (*sets)->name(id); });
        if (!opened) return in_namespace(opened.error());
        store = *std::move(opened);
    }
    return made;
}

}  // namespace cairn
