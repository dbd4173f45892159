#include "node/storage/open_devices.h"

#include <algorithm>
#include <bit>

#include "common/base/aligned_buffer.h"
#include "common/log/logger.h"
#include "node/storage/format/identity.h"
#include "node/storage/format/partition_table.h"

namespace cairn::storage {
namespace {

struct Opened {
    std::unique_ptr<StoreDevice> device;
    SuperblockChoice found;
};

Result<void> verify_options(const StoreOptions& options) {
    const auto setting = [&](const std::string& what) {
        return fail("namespace '" + options.namespace_name + "': " + what);
    };
    if (options.paths.empty() || options.paths.size() > kDevicesMax) {
        return setting("storage needs 1 to " + std::to_string(kDevicesMax) + " files or devices, got " +
                       std::to_string(options.paths.size()));
    }
    if (!std::has_single_bit(options.write_block_bytes) || options.write_block_bytes < 4096 ||
        options.write_block_bytes > 8u << 20) {
        return setting("write-block-size must be a power of two up to 8 MiB, got " +
                       std::to_string(options.write_block_bytes));
    }
    if (options.master_key && !options.secrets) return setting("encryption needs a source of secrets");
    return {};
}

Result<Opened> open_one(runtime::Machine& machine, const StoreOptions& options, const std::string& path) {
    auto opened = machine.disk().open_device(
        path, {.create_bytes = options.file_bytes, .direct = options.direct, .cached_reads = options.cached_reads});
    if (!opened) return std::unexpected(opened.error());
    Opened one{std::make_unique<StoreDevice>(), {}};
    one.device->device = std::move(*opened);
    AlignedBuffer both(2 * kSuperblockBytes);
    if (one.device->device->size() < kBlocksOffset) {
        return fail("device " + path + " has " + std::to_string(one.device->device->size()) +
                    " bytes, expected more than " + std::to_string(kBlocksOffset) + ": give it more room");
    }
    if (auto read = one.device->device->read_now(0, both.span()); !read) return std::unexpected(read.error());
    one.found = choose_superblock(both.bytes().first(kSuperblockBytes), both.bytes().last(kSuperblockBytes));
    return one;
}

Uuid random_uuid(runtime::Random& random) {
    Uuid uuid;
    store_le(uuid.bytes.data(), random.next());
    store_le(uuid.bytes.data() + 8, random.next());
    uuid.bytes[6] = uint8_t((uuid.bytes[6] & 0x0F) | 0x40);  // RFC 9562, version 4
    uuid.bytes[8] = uint8_t((uuid.bytes[8] & 0x3F) | 0x80);
    return uuid;
}

/// A new data key into the superblock, wrapped.
SecretKey new_key(const StoreOptions& options, Superblock& superblock) {
    std::array<uint8_t, SecretKey::kSize> bytes;
    options.secrets(bytes);
    SecretKey key(bytes);
    bytes.fill(0);
    superblock.encryption = BodyEncryption::aes_256_gcm;
    superblock.wrapped_key = wrap_key(key, *options.master_key);
    return key;
}

/// Tables first: without a superblock the device is still a new one.
Result<void> set_up(StoreDevice& device) {
    AlignedBuffer tables(2 * kTableBytes);
    encode_new_table(device.superblock.device_mark(), tables.span().first(kTableBytes),
                     tables.span().last(kTableBytes));
    for (int i = 0; i < 2; ++i) {
        const Bytes table = tables.bytes().subspan(size_t(i) * kTableBytes, kTableBytes);
        if (auto written = device.device->write_now(kPartitionTableOffsets[i], table); !written) return written;
    }
    if (auto synced = device.device->sync_now(); !synced) return synced;
    return write_superblock(device, device.superblock);
}

Result<void> set_up_all(std::vector<Opened>& all, runtime::Machine& machine, const StoreOptions& options) {
    runtime::Random& random = machine.loop(0).random();
    const Uuid set = random_uuid(random);
    for (size_t i = all.size(); i-- > 0;) {
        StoreDevice& device = *all[i].device;
        Superblock& superblock = device.superblock;
        superblock = {};
        superblock.cluster = options.cluster;
        superblock.set = set;
        superblock.device = random_uuid(random);
        superblock.node_id = options.node_id;
        superblock.device_index = uint16_t(i);
        superblock.device_count = uint16_t(all.size());
        superblock.block_bytes = options.write_block_bytes;
        superblock.sector_bytes = device.device->sector();
        superblock.device_bytes = device.device->size();
        superblock.namespace_name = options.namespace_name;
        if (superblock.sector_bytes > superblock.block_bytes) {
            return fail("device " + device.device->path() + " has sectors of " +
                        std::to_string(superblock.sector_bytes) + " bytes, expected at most write-block-size " +
                        std::to_string(superblock.block_bytes) + ": set it larger");
        }
        if (options.master_key) device.data_key = new_key(options, superblock);
        if (auto done = set_up(device); !done) return done;
    }
    return {};
}

/// Into the superblock, which is written before the first block is.
Result<void> change_master(StoreDevice& device, const StoreOptions& options) {
    Superblock& superblock = device.superblock;
    if (device.previous_key && options.new_data_keys) {
        return fail("device " + device.device->path() +
                    " is still being written anew since its data key changed last: start it without "
                    "encryption-rewrite, or with its former encryption-key-file until that has ended");
    }
    if (options.new_data_keys) {
        device.previous_key = device.data_key;
        device.key_is_new = true;
        device.data_key = new_key(options, superblock);
    } else {
        superblock.wrapped_key = wrap_key(*device.data_key, *options.master_key);
    }
    if (device.previous_key) superblock.previous_key = wrap_key(*device.previous_key, *options.master_key);
    return {};
}

Result<void> find_key(StoreDevice& device, const StoreOptions& options) {
    Superblock& superblock = device.superblock;
    const std::string& path = device.device->path();
    if (superblock.encryption == BodyEncryption::none) {
        if (options.master_key) device.data_key = new_key(options, superblock);  // written before the first block is
        return {};
    }
    if (!options.master_key) {
        return fail("device " + path +
                    " is encrypted, expected a key: set encryption-key-file to the one it was set up with");
    }
    auto key = unwrap_key(superblock.wrapped_key, *options.master_key);
    const bool former = !key && options.former_master_key;
    const SecretKey& master = former ? *options.former_master_key : *options.master_key;
    if (former) key = unwrap_key(superblock.wrapped_key, master);
    if (!key) return fail("device " + path + ": " + key.error().detail);
    device.data_key = *key;
    if (superblock.has_previous_key()) {
        const auto previous = unwrap_key(superblock.previous_key, master);
        if (!previous) return fail("device " + path + ": previous data key: " + previous.error().detail);
        device.previous_key = *previous;
    }
    return former ? change_master(device, options) : Result<void>();
}

Result<void> take_over(std::vector<Opened>& all, const StoreOptions& options) {
    std::vector<NamedSuperblock> named;
    for (Opened& one : all) {
        StoreDevice& device = *one.device;
        const ExpectedDevice expected{.path = device.device->path(),
                                      .namespace_name = options.namespace_name,
                                      .cluster = options.cluster,
                                      .node_id = options.node_id,
                                      .device_count = uint16_t(all.size()),
                                      .device_bytes = device.device->size()};
        if (auto known = verify(one.found, expected); !known) return known;
        device.superblock = one.found.superblock;
        device.durable_from_seq = device.superblock.durable_from_seq();
        named.push_back({expected.path, device.superblock});
        if (auto key = find_key(device, options); !key) return key;
    }
    return verify_set(named);
}

/// Its first superblock is not there.
bool is_blank(const SuperblockChoice& found) {
    return found.state == SuperblockState::blank || found.state == SuperblockState::unfinished;
}

/// No run has begun on a device whose superblock is its first, so its set may be one that a crash left half set up.
bool is_new(const SuperblockChoice& found) {
    return is_blank(found) || (found.state == SuperblockState::valid && found.superblock.write_number == 1);
}

Result<void> finish_opening(StoreDevice& device) {
    const Superblock& superblock = device.superblock;
    device.index = superblock.device_index;
    device.sector = std::max(superblock.sector_bytes, device.device->sector());
    const uint64_t count = superblock.block_count();
    if (count < 8 || count > UINT32_MAX || device.sector > superblock.block_bytes) {
        return fail("device " + device.device->path() + " has room for " + std::to_string(count) +
                    " write blocks, expected at least 8: give it more room");
    }
    device.blocks.init(uint32_t(count));
    return {};
}

}  // namespace

Result<void> write_superblock(StoreDevice& device, const Superblock& superblock) {
    Superblock next = superblock;
    next.write_number = device.superblock.write_number + 1;
    AlignedBuffer bytes(kSuperblockBytes);
    encode(next, bytes.span());
    if (auto written = device.device->write_now(next.place(), bytes.bytes()); !written) return written;
    if (auto synced = device.device->sync_now(); !synced) return synced;
    device.superblock = next;
    return {};
}

Result<std::vector<std::unique_ptr<StoreDevice>>> open_devices(runtime::Machine& machine, const StoreOptions& options) {
    if (auto right = verify_options(options); !right) return std::unexpected(right.error());
    std::vector<Opened> all;
    for (const std::string& path : options.paths) {
        auto one = open_one(machine, options, path);
        if (!one) return std::unexpected(one.error());
        all.push_back(std::move(*one));
    }
    const bool set_up = std::ranges::any_of(all, [](const Opened& one) { return is_blank(one.found); }) &&
                        std::ranges::all_of(all, [](const Opened& one) { return is_new(one.found); });
    const auto ready = set_up ? set_up_all(all, machine, options) : take_over(all, options);
    if (!ready) return std::unexpected(ready.error());
    std::ranges::sort(all, {}, [](const Opened& one) { return one.device->superblock.device_index; });

    std::vector<std::unique_ptr<StoreDevice>> devices;
    for (Opened& one : all) {
        if (auto done = finish_opening(*one.device); !done) return std::unexpected(done.error());
        devices.push_back(std::move(one.device));
    }
    return devices;
}

}  // namespace cairn::storage
