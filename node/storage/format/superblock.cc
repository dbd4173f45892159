#include "node/storage/format/superblock.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/base/check.h"
#include "common/base/hash.h"

namespace cairn::storage {
namespace {

constexpr std::string_view kMagic = "CAIRNDEV";
// Magic, version and check stand at the same place in every version, so that a newer one is known as such.
constexpr size_t kVersion = 8, kCheck = kSuperblockBytes - 8;
constexpr size_t kWriteNumber = 16, kCluster = 24, kSet = 40, kDevice = 56, kNodeId = 72, kDeviceIndex = 80,
                 kDeviceCount = 82, kBlockBytes = 84, kSectorBytes = 88, kClean = 92, kEncryption = 93, kNameSize = 94,
                 kDeviceBytes = 96, kSnapshotId = 104, kRunSeq = 112, kWrappedKey = 120, kName = 160, kKeySeq = 192,
                 kPreviousKey = 200, kSnapshotPlace = 240, kPreviousKeySeq = 248;
constexpr size_t kFirstEnd = kSnapshotPlace;  // of a device's first superblock: zeros from here to the check
static_assert(kName + kNamespaceNameMax < kKeySeq);

enum class Place { blank, unknown, damaged, newer, valid };

bool plausible(const Superblock& one) {
    return one.device_count >= 1 && one.device_count <= kDevicesMax && one.device_index < one.device_count &&
           std::has_single_bit(one.block_bytes) && std::has_single_bit(one.sector_bytes) && one.sector_bytes >= 16 &&
           one.sector_bytes <= one.block_bytes && !one.namespace_name.empty();
}

bool all_zeros(Bytes bytes) {
    return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

/// @param version  receives the format of a newer one.
Place decode(Bytes from, Superblock& out, uint32_t& version) {
    if (all_zeros(from)) return Place::blank;
    if (as_text(from.first(kMagic.size())) != kMagic) return Place::unknown;
    if (load_le<uint64_t>(&from[kCheck]) != hash64(from.first(kCheck))) return Place::damaged;
    version = load_le<uint32_t>(&from[kVersion]);
    if (version > kFormatVersion) return Place::newer;
    out.write_number = load_le<uint64_t>(&from[kWriteNumber]);
    std::memcpy(out.cluster.bytes.data(), &from[kCluster], sizeof(Uuid));
    std::memcpy(out.set.bytes.data(), &from[kSet], sizeof(Uuid));
    std::memcpy(out.device.bytes.data(), &from[kDevice], sizeof(Uuid));
    out.node_id = load_le<uint64_t>(&from[kNodeId]);
    out.device_index = load_le<uint16_t>(&from[kDeviceIndex]);
    out.device_count = load_le<uint16_t>(&from[kDeviceCount]);
    out.block_bytes = load_le<uint32_t>(&from[kBlockBytes]);
    out.sector_bytes = load_le<uint32_t>(&from[kSectorBytes]);
    out.clean = from[kClean] == 1;
    out.encryption = BodyEncryption(from[kEncryption]);
    out.device_bytes = load_le<uint64_t>(&from[kDeviceBytes]);
    out.snapshot_id = load_le<uint64_t>(&from[kSnapshotId]);
    out.snapshot_place = load_le<uint64_t>(&from[kSnapshotPlace]);
    out.run_seq = load_le<uint64_t>(&from[kRunSeq]);
    std::memcpy(out.wrapped_key.data(), &from[kWrappedKey], sizeof(WrappedKey));
    out.key_seq = load_le<uint64_t>(&from[kKeySeq]);
    std::memcpy(out.previous_key.data(), &from[kPreviousKey], sizeof(WrappedKey));
    out.previous_key_seq = load_le<uint64_t>(&from[kPreviousKeySeq]);
    out.namespace_name = as_text(from.subspan(kName, std::min<size_t>(from[kNameSize], kNamespaceNameMax)));
    return plausible(out) ? Place::valid : Place::damaged;
}

/// Whether a crash may have left this of the first superblock, which goes to place A: some of its sectors, the others
/// zeros or of an earlier first one. A run begins with a second superblock, in B, before it stores anything. What others
/// put at the beginning of a disk (tables of partitions, file systems) has bytes where a superblock has zeros.
bool cut_off_first(Bytes a, Bytes b) {
    if (!all_zeros(b) || !all_zeros(a.subspan(kFirstEnd, kCheck - kFirstEnd))) return false;
    return as_text(a.first(kMagic.size())) == kMagic || all_zeros(a.first(16));
}

}  // namespace

void encode(const Superblock& superblock, MutableBytes into) {
    CAIRN_CHECK(into.size() == kSuperblockBytes);
    CAIRN_CHECK(plausible(superblock) && superblock.namespace_name.size() <= kNamespaceNameMax);
    std::ranges::fill(into, uint8_t(0));
    std::memcpy(into.data(), kMagic.data(), kMagic.size());
    store_le(&into[kVersion], kFormatVersion);
    store_le(&into[kWriteNumber], superblock.write_number);
    std::memcpy(&into[kCluster], superblock.cluster.bytes.data(), sizeof(Uuid));
    std::memcpy(&into[kSet], superblock.set.bytes.data(), sizeof(Uuid));
    std::memcpy(&into[kDevice], superblock.device.bytes.data(), sizeof(Uuid));
    store_le(&into[kNodeId], superblock.node_id);
    store_le(&into[kDeviceIndex], superblock.device_index);
    store_le(&into[kDeviceCount], superblock.device_count);
    store_le(&into[kBlockBytes], superblock.block_bytes);
    store_le(&into[kSectorBytes], superblock.sector_bytes);
    into[kClean] = superblock.clean;
    into[kEncryption] = uint8_t(superblock.encryption);
    into[kNameSize] = uint8_t(superblock.namespace_name.size());
    store_le(&into[kDeviceBytes], superblock.device_bytes);
    store_le(&into[kSnapshotId], superblock.snapshot_id);
    store_le(&into[kSnapshotPlace], superblock.snapshot_place);
    store_le(&into[kRunSeq], superblock.run_seq);
    std::memcpy(&into[kWrappedKey], superblock.wrapped_key.data(), sizeof(WrappedKey));
    store_le(&into[kKeySeq], superblock.key_seq);
    store_le(&into[kPreviousKeySeq], superblock.previous_key_seq);
    std::memcpy(&into[kPreviousKey], superblock.previous_key.data(), sizeof(WrappedKey));
    std::memcpy(&into[kName], superblock.namespace_name.data(), superblock.namespace_name.size());
    store_le(&into[kCheck], hash64(into.first(kCheck)));
}

SuperblockChoice choose_superblock(Bytes a, Bytes b) {
    CAIRN_CHECK(a.size() == kSuperblockBytes && b.size() == kSuperblockBytes);
    Superblock read[2];
    uint32_t versions[2] = {0, 0};
    const Place places[2] = {decode(a, read[0], versions[0]), decode(b, read[1], versions[1])};
    const auto one_is = [&](Place place) { return places[0] == place || places[1] == place; };

    SuperblockChoice choice;
    if (one_is(Place::newer)) {
        choice.state = SuperblockState::newer;
        choice.version = std::max(versions[0], versions[1]);
    } else if (one_is(Place::valid)) {
        const bool both = places[0] == places[1];
        const int newest = both ? read[1].write_number > read[0].write_number : places[1] == Place::valid;
        choice.state = SuperblockState::valid;
        choice.superblock = std::move(read[newest]);
        choice.one_damaged = !both;
        if (!both) choice.superblock.clean = false;
    } else if (places[0] != Place::blank && cut_off_first(a, b)) {
        choice.state = SuperblockState::unfinished;
    } else if (one_is(Place::damaged)) {
        choice.state = SuperblockState::damaged;
    } else if (one_is(Place::unknown)) {
        choice.state = SuperblockState::unknown;
    }
    return choice;
}

}  // namespace cairn::storage
