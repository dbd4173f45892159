#pragma once
#include <deque>
#include <map>

#include "node/replication/record_store.h"

namespace cairn::sim {

/// The records of one partition in a map, for tests of replication. Remembers its last changes, so that a crash can lose
/// them.
class MemoryStore : public replication::RecordStore {
public:
    struct Less {
        bool operator()(const Digest& a, const Digest& b) const { return Digest::compare_in_partition(a, b) < 0; }
    };
    using Records = std::map<Digest, replication::Version, Less>;

    std::optional<replication::Version> find(const Digest& digest) const override {
        const auto found = records_.find(digest);
        return found == records_.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<replication::Stamp> stamp_of(const Digest& digest) const override {
        const auto found = records_.find(digest);
        return found == records_.end() ? std::nullopt : std::optional(found->second.stamp);
    }
    void put(const Digest& digest, const replication::Version& version) override {
        remember(digest);
        records_[digest] = version;
    }
    void erase(const Digest& digest) override {
        remember(digest);
        records_.erase(digest);
    }
    void clear() override {
        records_.clear();
        changes_.clear();
    }

    std::array<uint64_t, replication::kBuckets> bucket_hashes() const override {
        std::array<uint64_t, replication::kBuckets> hashes{};
        for (const auto& [digest, version] : records_) {
            if (version.kind == replication::Kind::deleted) continue;
            hashes[replication::bucket_of(digest)] ^= replication::fingerprint(digest, version);
        }
        return hashes;
    }
    std::vector<replication::Listed> list(size_t bucket, const std::optional<Digest>& after,
                                          size_t max) const override {
        std::vector<replication::Listed> listed;
        for (auto at = after ? records_.upper_bound(*after) : records_.begin();
             at != records_.end() && listed.size() < max; ++at) {
            if (replication::bucket_of(at->first) != bucket || at->second.kind == replication::Kind::deleted) continue;
            listed.push_back({at->first, replication::fingerprint(at->first, at->second)});
        }
        return listed;
    }
    std::vector<Marked> above(replication::Stamp mark) const override {
        std::vector<Marked> marked;
        for (const auto& [digest, version] : records_) {
            if (version.stamp > mark || version.kind == replication::Kind::deleted) {
                marked.push_back({version.stamp, digest, version.kind});
            }
        }
        return marked;
    }

    const Records& records() const { return records_; }
    /// What others may see: without deletes that are only kept until they are settled.
    Records visible() const {
        Records seen = records_;
        std::erase_if(seen, [](const auto& entry) { return entry.second.kind == replication::Kind::deleted; });
        return seen;
    }
    /// The last changes did not reach the disk.
    void lose_last(size_t changes) {
        for (; changes > 0 && !changes_.empty(); --changes) {
            const auto [digest, before] = std::move(changes_.back());
            changes_.pop_back();
            if (before) records_[digest] = *before;
            if (!before) records_.erase(digest);
        }
        changes_.clear();
    }

private:
    void remember(const Digest& digest) {
        changes_.emplace_back(digest, find(digest));
        if (changes_.size() > 32) changes_.pop_front();
    }

    Records records_;
    std::deque<std::pair<Digest, std::optional<replication::Version>>> changes_;
};

}  // namespace cairn::sim
