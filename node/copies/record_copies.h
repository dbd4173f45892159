#pragma once
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "node/partition/namespace.h"
#include "node/replication/record_store.h"

namespace cairn::copies {

/// The records of one partition, as replication sees them: a RecordStore over a partition::Partition. Used inside the
/// partition's door only, between enter() and leave().
///
/// Content of a version: length and name of its set, flags, then the body as it is stored: key and bins.
class RecordCopies final : public replication::RecordStore {
public:
    explicit RecordCopies(partition::Namespace& ns) : ns_(ns) {}

    void enter(partition::Partition& partition) { partition_ = &partition; }
    void leave() { partition_ = nullptr; }
    bool empty() const { return partition_->record_count() == 0; }
    size_t count() const { return partition_->record_count(); }

    /// What was asked for and has to be read from a device first.
    bool wanting() const { return !wanted_.empty(); }
    std::vector<Digest> take_wanted() { return std::exchange(wanted_, {}); }
    /// They have been read: versions are found until forget_read().
    void keep_read(std::span<const Digest> digests, partition::Reads& reads);
    void forget_read() { read_.clear(); }

    static replication::Version version_of(const partition::Namespace& ns, const record::Head& record);

    Found find(const Digest& digest) override;
    std::optional<replication::Version> peek(const Digest& digest) const override;
    bool put(const Digest& digest, const replication::Version& version) override;
    void erase(const Digest& digest) override;
    void clear() override;
    std::array<uint64_t, replication::kBuckets> bucket_hashes() const override;
    std::vector<replication::Listed> list(size_t bucket, const std::optional<Digest>& after, size_t max) const override;

private:
    uint64_t fingerprint(const record::Head& record) const;

    partition::Namespace& ns_;
    partition::Partition* partition_ = nullptr;
    std::vector<Digest> wanted_;
    struct Less {
        bool operator()(const Digest& a, const Digest& b) const { return Digest::compare_in_partition(a, b) < 0; }
    };
    std::map<Digest, replication::Version, Less> read_;
};

}  // namespace cairn::copies
