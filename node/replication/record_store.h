#pragma once
#include <array>
#include <optional>
#include <vector>

#include "node/replication/version.h"

namespace cairn::replication {

/// Copies of a partition are compared by buckets of its records: the leading bits of the order inside the partition.
constexpr size_t kBuckets = 64;
inline size_t bucket_of(const Digest& digest) { return digest.order() >> 58; }

struct Listed {
    Digest digest{};
    uint64_t fingerprint = 0;
    bool operator==(const Listed&) const = default;
};

/// The records of one partition on this node, as replication sees them. Calls happen inside the partition's door: what
/// is put is there for the next call.
class RecordStore {
public:
    virtual ~RecordStore() = default;

    virtual std::optional<Version> find(const Digest& digest) const = 0;
    virtual std::optional<Stamp> stamp_of(const Digest& digest) const = 0;
    virtual void put(const Digest& digest, const Version& version) = 0;
    virtual void erase(const Digest& digest) = 0;
    virtual void clear() = 0;

    /// For each bucket the fingerprints of its records, combined by exclusive or; those of kind `deleted` are left out.
    virtual std::array<uint64_t, kBuckets> bucket_hashes() const = 0;
    /// Records of a bucket in their order, without those of kind `deleted`.
    /// @param after  begin behind this one; none: at the first.
    virtual std::vector<Listed> list(size_t bucket, const std::optional<Digest>& after, size_t max) const = 0;

    struct Marked {
        Stamp stamp;
        Digest digest;
        Kind kind;
    };
    /// Those with a higher stamp, and all of kind `deleted`, in any order. Walks over everything: at the start only.
    virtual std::vector<Marked> above(Stamp mark) const = 0;
};

}  // namespace cairn::replication
