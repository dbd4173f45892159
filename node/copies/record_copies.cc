#include "node/copies/record_copies.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/hash.h"

namespace cairn::copies {

using partition::Partition;
using partition::WalkPosition;
using record::Head;
using replication::Kind;
using replication::Version;

namespace {

constexpr uint8_t kHasKey = 1, kFromXdr = 2;

Version without_content(const Head& record) {
    return {.generation = record.generation,
            .last_update_ms = record.last_update_ms(),
            .kind = Kind::live,
            .void_time = record.void_time,
            .content = {}};
}

/// The parts of a version's content; nothing: it is none.
struct Content {
    std::string_view set;
    uint8_t flags = 0;
    Bytes body;
};
std::optional<Content> parse(Bytes content) {
    if (content.empty()) return std::nullopt;
    const size_t name = content[0];
    if (content.size() < 2 + name || name > partition::kSetNameMax) return std::nullopt;
    return Content{as_text(content.subspan(1, name)), content[1 + name], content.subspan(2 + name)};
}

}  // namespace

Version RecordCopies::version_of(const partition::Namespace& ns, const Head& record) {
    Version version = without_content(record);
    if (record.kind == uint32_t(record::Kind::tombstone)) version.kind = Kind::tombstone;
    const auto set = record.set_id == partition::kNoSet ? std::string_view() : ns.sets.name(record.set_id);
    const size_t body = record.size() - sizeof(Head);
    version.content.resize(2 + set.size() + body);
    uint8_t* at = version.content.data();
    *at++ = static_cast<uint8_t>(set.size());
    at = std::ranges::copy(as_bytes(set), at).out;
    *at++ = static_cast<uint8_t>((record.has_key ? kHasKey : 0) | (record.from_xdr ? kFromXdr : 0));
    std::memcpy(at, record.body(), body);
    return version;
}

void RecordCopies::keep_read(std::span<const Digest> digests, partition::Reads& reads) {
    for (const Digest& digest : digests) {
        Head* record = partition_->find(digest);
        if (record != nullptr && partition_->load(record, reads) == ResultCode::ok) {
            read_[digest] = version_of(ns_, *record);
        }
    }
}

replication::RecordStore::Found RecordCopies::find(const Digest& digest) {
    Head* record = partition_->find(digest);
    if (record == nullptr) return {};
    if (const auto known = read_.find(digest); known != read_.end()) return {Have::here, known->second};
    partition::Reads reads;  // tells whether it is in memory
    if (partition_->load(record, reads) == ResultCode::ok) return {Have::here, version_of(ns_, *record)};
    if (std::ranges::find(wanted_, digest) == wanted_.end()) wanted_.push_back(digest);
    return {Have::later, {}};
}

std::optional<Version> RecordCopies::peek(const Digest& digest) const {
    const Head* const record = partition_->find(digest);
    if (record == nullptr) return std::nullopt;
    return without_content(*record);
}

bool RecordCopies::put(const Digest& digest, const Version& version) {
    const auto content = parse(version.content);
    if (!content) return false;
    const bool buries = version.kind == Kind::tombstone;
    if (buries && !partition_->in_store()) {  // nothing would keep it
        erase(digest);
        return true;
    }
    partition::SetId set = partition::kNoSet;
    if (!content->set.empty()) {
        set = ns_.sets.find_or_add(content->set);
        if (set == partition::kNoSet) return false;
    }
    const size_t size = sizeof(Head) + content->body.size();
    const uint32_t units = record::units_for(size);
    if (units > record::kUnitsMax) return false;
    Head* const old = partition_->find(digest);
    Head* const fresh = partition_->place(units);
    if (fresh == nullptr) return false;
    *fresh = {};
    fresh->units = units & 0xFFFFF;
    fresh->kind = buries ? uint32_t(record::Kind::tombstone) : uint32_t(record::Kind::record);
    fresh->has_key = (content->flags & kHasKey) != 0;
    fresh->from_xdr = (content->flags & kFromXdr) != 0;
    fresh->generation = version.generation;
    fresh->set_id = set & 0xFFF;
    fresh->pad = (units * record::kUnit - size) & 15;
    fresh->void_time = version.void_time;
    fresh->digest = digest;
    fresh->set_last_update_ms(version.last_update_ms);
    if (!content->body.empty()) std::memcpy(fresh->body(), content->body.data(), content->body.size());
    if (partition_->publish(fresh, old) != ResultCode::ok) return false;
    partition_->tidy();
    return true;
}

void RecordCopies::erase(const Digest& digest) {
    Head* const record = partition_->find(digest);
    if (record == nullptr) return;
    partition_->erase(record);
    partition_->tidy();
}

void RecordCopies::clear() {
    std::vector<Head*> leaf;
    std::vector<Digest> digests;
    for (WalkPosition position; !position.done;) {
        partition_->walk(position, leaf);
        digests.clear();
        for (const Head* record : leaf) digests.push_back(record->digest);
        for (const Digest& digest : digests) erase(digest);
    }
}

/// Of records on a device only what the index knows: nothing is read to compare copies.
uint64_t RecordCopies::fingerprint(const Head& record) const {
    const uint64_t of_head = replication::fingerprint(record.digest, without_content(record));
    if (partition_->in_store()) return of_head;
    return hash64(Bytes(record.body(), record.size() - sizeof(Head)), of_head);
}

std::array<uint64_t, replication::kBuckets> RecordCopies::bucket_hashes() const {
    std::array<uint64_t, replication::kBuckets> hashes{};
    std::vector<Head*> leaf;
    for (WalkPosition position; !position.done;) {
        partition_->walk(position, leaf);
        for (const Head* record : leaf) hashes[replication::bucket_of(record->digest)] ^= fingerprint(*record);
    }
    return hashes;
}

/// The index is walked downwards, lists go upwards: a bucket is a 64th of the partition, so all of it is taken.
std::vector<replication::Listed> RecordCopies::list(size_t bucket, const std::optional<Digest>& after,
                                                    size_t max) const {
    constexpr uint64_t kSpan = uint64_t{1} << 58;
    std::vector<replication::Listed> listed;
    std::vector<Head*> leaf;
    WalkPosition position{.last = std::nullopt, .key = bucket * kSpan + (kSpan - 1), .done = false};
    for (bool below = false; !position.done && !below;) {
        partition_->walk(position, leaf);
        for (const Head* record : leaf) {
            const size_t in = replication::bucket_of(record->digest);
            below = in < bucket;
            if (below) break;
            if (in > bucket) continue;
            below = after && Digest::compare_in_partition(record->digest, *after) <= 0;
            if (below) break;
            listed.push_back({record->digest, fingerprint(*record)});
        }
    }
    std::ranges::reverse(listed);
    if (listed.size() > max) listed.resize(max);
    return listed;
}

}  // namespace cairn::copies
