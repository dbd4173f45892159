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

    enum class Have : uint8_t {
        nothing,
        here,
        later,  // it is being read: the driver steps the machine when it can be had
    };
    struct Found {
        Have have = Have::nothing;
        Version version{};
    };
    /// Stamps are the machine's own: versions from here have none.
    virtual Found find(const Digest& digest) = 0;
    /// The same without its content, and at once.
    virtual std::optional<Version> peek(const Digest& digest) const = 0;
    /// @param version  live or a tombstone.
    /// @return  false: there is no room, nothing has changed.
    virtual bool put(const Digest& digest, const Version& version) = 0;
    /// It need not be there.
    virtual void erase(const Digest& digest) = 0;
    virtual void clear() = 0;

    /// For each bucket the fingerprints of its records, combined by exclusive or.
    virtual std::array<uint64_t, kBuckets> bucket_hashes() const = 0;
    /// Records of a bucket in their order.
    /// @param after  begin behind this one; none: at the first.
    virtual std::vector<Listed> list(size_t bucket, const std::optional<Digest>& after, size_t max) const = 0;
};

}  // namespace cairn::replication
