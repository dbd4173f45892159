#pragma once
#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/partition/partitions.h"

namespace cairn::partition {

/// What a load brought, in records.
struct Loaded {
    uint64_t versions = 0;  // seen on the devices
    uint64_t records = 0;   // that live
    uint64_t tombstones = 0;
    uint64_t dropped = 0;   // expired or truncated while the node was down
};

/// Builds the indexes of a namespace from the versions that its devices hold. For each digest the highest sequence
/// wins, whatever kind it is; only then is the winner judged: judging earlier would let an older version rise (S16).
/// Before anyone serves records: versions may come by several threads, all else by one.
class Loader final : public storage::LoadSink {
public:
    using Progress = std::function<void(double done, std::string_view what)>;
    Loader(Partitions& partitions, Sets& sets, Progress progress);

    Result<void> set_name(uint16_t set_id, std::string_view name) override;
    void version(const record::Head& record, storage::Place place) override;
    void versions(std::span<const Version> some) override;
    void progress(double done, std::string_view what) override { progress_(done, what); }
    uint16_t entry_bytes() const override { return sizeof(index::FatEntry); }
    void sequence(PartitionId id, uint64_t last) override { partitions_.states_[id].sequence = last; }
    Result<void> entries(PartitionId id, Bytes entries, const std::function<bool(storage::Place)>& known) override;
    Result<void> entries_end() override { return build_pending(); }
    void forget_entries() override;

    /// Judges the winners and makes the indexes of them; of a snapshot's entries, which are winners, those that are left.
    /// @param gone  whether a record (its metadata) is not to come back.
    /// @error  there is no room for the index.
    Result<Loaded> finish(storage::Store& store, const std::function<bool(const record::Head&)>& gone);

private:
    using ColdIndex = index::Index<index::ColdEntry>;
    using Winners = std::vector<index::FatEntry>;

    void tidy(Slice& slice, uint32_t garbage_pct);
    Result<void> build_pending();
    void take_winners(PartitionId id, Slice& slice, Winners& winners);

    Partitions& partitions_;
    Sets& sets_;
    Progress progress_;
    std::vector<ColdIndex> cold_;  // by partition
    // Of a snapshot: entries of one partition, which may come in pieces.
    Winners pending_;
    PartitionId pending_of_ = 0;
    bool from_snapshot_ = false;
    Loaded loaded_;
    std::atomic<uint64_t> versions_{0};
    std::atomic<bool> full_{false};
};

}  // namespace cairn::partition
