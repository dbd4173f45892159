#pragma once
#include <array>
#include <optional>
#include <variant>
#include <vector>

#include "node/cluster/cfg.h"
#include "node/replication/record_store.h"

namespace cairn::replication {

using cluster::Cfg;
using cluster::CfgId;

/// Between the copies of one partition. Each is sent with the sender's view and is refused in any other; what a master
/// says carries its regime. `attempt` tells the tries to fill one copy apart: what was sent in an earlier one is refused.

/// A write, to be applied and acknowledged.
struct Replica {
    Regime regime = 0;
    uint32_t attempt = 0;  // to a copy that is being filled; 0: to one in sync
    Stamp mark{};  // all up to it are on every copy in sync, and will not be sent again
    Digest digest{};
    VersionRef version{};
    bool operator==(const Replica& other) const {
        return regime == other.regime && attempt == other.attempt && mark == other.mark && digest == other.digest &&
               *version == *other.version;
    }
};
struct ReplicaAck {
    Stamp stamp{};
    bool operator==(const ReplicaAck&) const = default;
};
/// The receiver knows of a newer master, or is in another view: the sender serves no more.
struct Stale {
    Regime regime = 0;  // of what is refused
    Ballot accepted{};
    bool operator==(const Stale&) const = default;
};
/// The mark alone, when there are no writes to carry it.
struct Settled {
    Regime regime = 0;
    Stamp mark{};
    bool operator==(const Settled&) const = default;
};
/// To a new master: records that may not be on all copies. One page after another, each when the last is heard.
struct Unsettled {
    uint32_t page = 0;
    bool last = true;
    std::vector<Digest> digests{};
    bool operator==(const Unsettled&) const = default;
};
struct UnsettledHeard {
    uint32_t page = 0;
    bool operator==(const UnsettledHeard&) const = default;
};

enum class Purpose : uint8_t {
    fill,  // the receiver becomes equal to the master
    merge,  // the master takes what only the receiver has
};
struct Begin {
    Regime regime = 0;
    uint32_t attempt = 0;
    Purpose purpose = Purpose::fill;
    Stamp mark{};
    bool operator==(const Begin&) const = default;
};
struct Ready {
    uint32_t attempt = 0;
    CfgId line{};  // merge: of the receiver's own Cfg
    Regime since = 0;  // merge: what the master wrote from here on was written with the receiver in its view
    std::vector<uint64_t> hashes{};  // kBuckets of them
    bool operator==(const Ready&) const = default;
};
/// The receiver of a comparison is asked for a part of its records, in order.
struct ListAsk {
    Regime regime = 0;
    uint32_t attempt = 0;
    uint8_t bucket = 0;
    std::optional<Digest> after{};
    bool operator==(const ListAsk&) const = default;
};
struct ListPage {
    uint32_t attempt = 0;
    uint8_t bucket = 0;
    std::optional<Digest> after{};
    bool last = true;  // nothing of the bucket is behind it
    std::vector<Listed> records{};
    bool operator==(const ListPage&) const = default;
};
/// One record as the master has it. One that the master lacks: kind `deleted`, under the last stamp it gave.
struct FillRecord {
    Regime regime = 0;
    uint32_t attempt = 0;
    uint32_t number = 0;
    Digest digest{};
    VersionRef version{};
    bool operator==(const FillRecord& other) const {
        return regime == other.regime && attempt == other.attempt && number == other.number && digest == other.digest &&
               *version == *other.version;
    }
};
/// All from `first` to `last`.
struct FillAck {
    uint32_t attempt = 0;
    uint32_t first = 0;
    uint32_t last = 0;
    bool operator==(const FillAck&) const = default;
};
struct Fetch {
    Regime regime = 0;
    uint32_t attempt = 0;
    uint32_t number = 0;
    Digest digest{};
    bool operator==(const Fetch&) const = default;
};
struct Fetched {
    uint32_t attempt = 0;
    uint32_t number = 0;
    Digest digest{};
    VersionRef version{};  // none: it has no such record any more
    bool operator==(const Fetched& other) const {
        return attempt == other.attempt && number == other.number && digest == other.digest &&
               (version == other.version || (version && other.version && *version == *other.version));
    }
};

/// The partition's Cfg as it is now. To a copy that is to leave it: as it will be, once the copy has agreed with Told.
struct Tell {
    Regime regime = 0;
    Cfg cfg{};
    std::vector<NodeId> merged{};  // copies of other lines whose records are all known now
    bool operator==(const Tell&) const = default;
};
/// The sender has stored it.
struct Told {
    CfgId id{};
    bool operator==(const Told&) const = default;
};
/// The receiver is to be master from here on; nothing is open.
struct Handover {
    Cfg cfg{};
    Stamp mark{};
    std::vector<NodeId> merged{};
    bool operator==(const Handover&) const = default;
};
/// All targets are in sync: a holder that this Cfg does not name may forget its records.
struct Release {
    Regime regime = 0;
    CfgId id{};
    bool operator==(const Release&) const = default;
};
struct Released {
    CfgId id{};
    bool operator==(const Released&) const = default;
};

using Message = std::variant<Replica, ReplicaAck, Stale, Settled, Unsettled, UnsettledHeard, Begin, Ready, ListAsk,
                             ListPage, FillRecord, FillAck, Fetch, Fetched, Tell, Told, Handover, Release, Released>;

}  // namespace cairn::replication
