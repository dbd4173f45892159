#pragma once
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/digest.h"
#include "node/cluster/ids.h"

namespace cairn::replication {

using cluster::Ballot;
using cluster::NodeId;
using cluster::Regime;

/// The order of a record's versions inside one line of a partition: given by the only master of the regime, in the
/// step that applies the write. No clock has a part in it.
struct Stamp {
    Regime regime = 0;
    uint32_t sequence = 0;  // of the partition in this regime, from 1
    auto operator<=>(const Stamp&) const = default;
};
/// Here the master asks for a new view, which begins a new sequence.
constexpr uint32_t kSequenceMax = uint32_t{1} << 31;

enum class Kind : uint8_t {
    live,
    deleted,    // remembered until it is settled, so that no late message brings the record back
    tombstone,  // a durable delete: kept until the raider takes it
};

/// One record as copies hand it on: what is inside is the record layer's own.
struct Version {
    Stamp stamp{};
    uint16_t generation = 1;
    uint64_t last_update_ms = 0;  // since 2010; shown to clients, decides between lines, never inside one
    Kind kind = Kind::live;
    uint32_t void_time = 0;  // seconds since 2010; 0: never
    std::vector<uint8_t> content{};

    bool operator==(const Version&) const = default;
};
using VersionRef = std::shared_ptr<const Version>;

/// `conflict-resolution-policy`: which of two versions of a record, written on two sides of a split, stays.
enum class ConflictPolicy : uint8_t { generation, last_update_time };

/// Whether `one` replaces `other`, looking at neither's content. Not when they rank equal: the master's own stays.
bool wins(const Version& one, const Version& other, ConflictPolicy policy);

/// Over all of a version and its digest but the stamp: two sides of a split may give equal ones, and those of old versions
/// are forgotten.
uint64_t fingerprint(const Digest& digest, const Version& version);

/// What may differ between the members of a cluster; said in docs/cluster.md, "Writes".
struct ReplicationCounters {
    uint64_t resent = 0;
    uint64_t refused_stale = 0;  // of another view or an older regime
    uint64_t resettled = 0;  // given a new stamp because not all copies were known to have them
    uint64_t fill_records = 0;  // sent to fill a copy
    uint64_t fill_removes = 0;
    uint64_t fill_buckets_equal = 0;  // not even listed
    uint64_t merge_taken = 0;  // versions of another line that the master took
    uint64_t merge_lost = 0;  // versions of either line that the other's replaced
    uint64_t strikes = 0;  // fills begun anew because the receiver did not answer
    bool operator==(const ReplicationCounters&) const = default;
};

}  // namespace cairn::replication
