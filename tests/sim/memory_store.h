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
    size_t later_every = 0;  // so many finds, the record has to be read first; 0: never
    bool full = false;
    bool compares_content = true;  // as a node does with records in memory, not with those on a device
    using Records = std::map<Digest, replication::Version, Less>;

    Found find(const Digest& digest) override {
        if (later_every != 0 && ++finds_ % later_every == 0) return {Have::later, {}};
        const auto found = records_.find(digest);
        if (found == records_.end()) return {};
        return {Have::here, found->second};
    }
    std::optional<replication::Version> peek(const Digest& digest) const override {
        const auto found = records_.find(digest);
        if (found == records_.end()) return std::nullopt;
        auto version = found->second;
        version.content.clear();
        return version;
    }
    bool put(const Digest& digest, const replication::Version& version) override {
        if (full) return false;
        remember(digest);
        auto& kept = records_[digest] = version;
        kept.stamp = {};
        return true;
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
            hashes[replication::bucket_of(digest)] ^= fingerprint(digest, version);
        }
        return hashes;
    }
    std::vector<replication::Listed> list(size_t bucket, const std::optional<Digest>& after,
                                          size_t max) const override {
        std::vector<replication::Listed> listed;
        for (auto at = after ? records_.upper_bound(*after) : records_.begin();
             at != records_.end() && listed.size() < max; ++at) {
            if (replication::bucket_of(at->first) != bucket) continue;
            listed.push_back({at->first, fingerprint(at->first, at->second)});
        }
        return listed;
    }

    const Records& records() const { return records_; }
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
    uint64_t fingerprint(const Digest& digest, const replication::Version& version) const {
        if (compares_content) return replication::fingerprint(digest, version);
        auto head = version;
        head.content.clear();
        return replication::fingerprint(digest, head);
    }
    void remember(const Digest& digest) {
        const auto found = records_.find(digest);
        changes_.emplace_back(digest, found == records_.end() ? std::nullopt : std::optional(found->second));
        if (changes_.size() > 32) changes_.pop_front();
    }

    size_t finds_ = 0;
    Records records_;
    std::deque<std::pair<Digest, std::optional<replication::Version>>> changes_;
};

}  // namespace cairn::sim
