#include "node/storage/tools/leftovers.h"

#include <unordered_map>

#include "common/base/hash.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;

struct HashDigest {
    size_t operator()(const Digest& digest) const { return hash64(digest.bytes); }
};

/// A version in a damaged block.
struct Version {
    uint64_t sequence;
    uint64_t seq;
    size_t suspect;
    bool superseded;
};
using Versions = std::unordered_multimap<Digest, Version, HashDigest>;

class Quiet : public DeviceVisitor {
public:
    void block(uint32_t, const WalkReport&) override {}
    void unreadable(uint32_t, const Error&) override {}
};

class Collect final : public Quiet {
public:
    Collect(size_t suspect, const std::vector<uint64_t>& floors, Versions& versions)
        : suspect_(suspect), floors_(floors), versions_(versions) {}

    void record(const Head& stored, const At& at) override {
        if (Kind(uint8_t(stored.kind)) == Kind::set_name) return;
        const uint64_t sequence = stored.sequence_number();
        if (sequence <= floors_[stored.digest.partition()]) return;
        versions_.emplace(stored.digest, Version{sequence, at.seq, suspect_, false});
        ++living_;
    }
    size_t living() const { return living_; }

private:
    const size_t suspect_;
    const std::vector<uint64_t>& floors_;
    Versions& versions_;
    size_t living_ = 0;
};

class Supersede final : public Quiet {
public:
    Supersede(Versions& versions, std::vector<size_t>& living) : versions_(versions), living_(living) {}

    void record(const Head& stored, const At& at) override {
        if (Kind(uint8_t(stored.kind)) == Kind::set_name) return;
        const std::pair newer(stored.sequence_number(), at.seq);
        const auto [first, last] = versions_.equal_range(stored.digest);
        for (auto one = first; one != last; ++one) {
            Version& version = one->second;
            if (version.superseded || std::pair(version.sequence, version.seq) >= newer) continue;
            version.superseded = true;
            --living_[version.suspect];
        }
    }

private:
    Versions& versions_;
    std::vector<size_t>& living_;
};

}  // namespace

void find_leftovers(std::span<DeviceFile> devices, std::span<DamagedBlock> damaged) {
    const auto can_be = [&](const DamagedBlock& one) {
        return one.report.seq != 0 && one.report.seq < devices[one.device].superblock().durable_from_seq();
    };
    if (std::ranges::none_of(damaged, can_be)) return;
    const auto floors = read_floors(devices);
    if (!floors) return;
    Versions versions;
    std::vector<size_t> living(damaged.size());
    for (size_t i = 0; i < damaged.size(); ++i) {
        if (!can_be(damaged[i])) continue;
        Collect collect(i, *floors, versions);
        walk_block(devices[damaged[i].device], damaged[i].block, collect);
        living[i] = collect.living();
    }
    Supersede supersede(versions, living);
    for (DeviceFile& device : devices) walk_device(device, supersede);
    for (size_t i = 0; i < damaged.size(); ++i) damaged[i].leftover = can_be(damaged[i]) && living[i] == 0;
}

}  // namespace cairn::storage
