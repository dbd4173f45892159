#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "node/partition/namespace.h"
#include "node/query/request.h"
#include "node/sindex/query.h"

namespace cairn::query {

/// A walk over the records that an index query may find, slice by slice; inside each partition by value, then digest,
/// as clients resume. Holds nothing of the index between steps: its position is an entry, which need not exist any more.
class IndexWalk {
public:
    /// @param starts  the partitions that are asked for, and where in them the walk begins; outlives this.
    IndexWalk(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index, sindex::Query query,
              std::span<const Start> starts);
    /// All partitions.
    IndexWalk(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index, sindex::Query query);

    const sindex::Query& query() const { return query_; }
    sindex::ValueType type() const { return index_->definition.type; }
    /// Whether the index was deleted meanwhile.
    bool gone() const { return gone_; }
    bool done() const { return slice_ == slice_count_; }
    /// Slices that are behind it, and all.
    size_t slice() const { return slice_; }
    size_t slice_count() const { return slice_count_; }

    /// A record that may match: IndexWalk does not look at it. It matches when query().first_match() is `value`.
    struct Candidate {
        partition::Partition& partition;
        record::Head* record;  // from find()
        sindex::Value value;
        sindex::RecordValues& values;
    };
    enum class Next : uint8_t {
        go_on,
        wait,  // this one comes again in the next step; others may be looked at
        stop_before,  // the next step begins with this one
        stop_after,
    };
    /// One step inside one slice's door: calls before(), then f(const Candidate&) -> Next for a few candidates.
    template <class F, class Before>
    void step(Before&& before, F&& f) {
        ns_.partitions.with_slice(slice_, [&](partition::SliceView& slice) {
            auto* part = slice.find(*index_);
            if (part == nullptr) {
                gone_ = true;
                slice_ = slice_count_;
                return false;
            }
            before();
            look_up(slice, *part, f);
            return true;
        });
    }

    /// Calls f(PartitionId) for each partition that is asked for in the slice of the next step.
    template <class F>
    void for_each_partition(F&& f) const {
        for (size_t pid = slice_; pid < kPartitionCount; pid += slice_count_) {
            if (start_of_[pid] != 0) f(static_cast<PartitionId>(pid));
        }
    }

private:
    IndexWalk(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index, sindex::Query query,
              std::vector<Start> own_starts, std::span<const Start> starts);

    static constexpr size_t kCandidates = 128;

    /// A place between two records: behind this one of an entry.
    struct Place {
        sindex::Entry entry;
        std::optional<Digest> after;
    };

    template <class F>
    void look_up(partition::SliceView& slice, partition::SliceIndexes::Part& part, F&& f) {
        const size_t in = slice_;
        for (size_t left = kCandidates; left > 0 && slice_ == in;) {
            entries_.clear();
            const auto next = part.entries.visit(slice.pool(), at_.entry, sindex::Entry::last_of(ranges_[range_].last),
                                                 left, [&](sindex::Entry entry) { entries_.push_back(entry); });
            left -= entries_.size();
            if (!use_entries(slice, part, f)) return;
            if (next) at_ = {*next, std::nullopt};
            else next_range();
        }
    }
    /// @return  false: the step ends here, and the place is set.
    template <class F>
    bool use_entries(partition::SliceView& slice, partition::SliceIndexes::Part& part, F&& f);
    const Start* start_in(PartitionId pid) const {
        return start_of_[pid] == 0 ? nullptr : &starts_[start_of_[pid] - 1];
    }
    void next_range();
    void begin_range();

    partition::Namespace& ns_;
    const std::shared_ptr<partition::SecondaryIndex> index_;
    const sindex::Query query_;
    const std::vector<sindex::ValueRange> ranges_;
    const std::vector<Start> own_starts_;  // when all partitions are asked for
    const std::span<const Start> starts_;
    std::array<uint16_t, kPartitionCount> start_of_{};  // place in starts_ + 1; 0: not asked for
    std::optional<sindex::Value> least_;  // where all starts are behind

    const size_t slice_count_;
    size_t slice_ = 0;
    size_t range_ = 0;
    Place at_{};
    bool gone_ = false;
    std::vector<sindex::Entry> entries_;
    std::vector<record::Head*> records_;  // of one entry; good inside a step only
};

template <class F>
bool IndexWalk::use_entries(partition::SliceView& slice, partition::SliceIndexes::Part& part, F&& f) {
    std::optional<Place> waiting;
    for (const sindex::Entry entry : entries_) {
        const Start* start = start_in(entry.partition());
        if (start == nullptr) continue;
        partition::Partition partition = slice.partition(entry.partition());
        partition.find_by_order(entry.order(), records_);
        Place before = entry == at_.entry ? at_ : Place{entry, std::nullopt};
        for (record::Head* record : records_) {
            const Digest digest = record->digest;
            if (before.after && Digest::compare_in_partition(digest, *before.after) <= 0) continue;
            if (start->after) {
                const sindex::Value first = sindex::value_of_wire(start->value, type());
                if (entry.value < first) continue;
                if (entry.value == first && Digest::compare_in_partition(digest, *start->after) <= 0) continue;
            }
            const Next next = f(Candidate{partition, record, entry.value, part.values});
            if (next == Next::wait && !waiting) waiting = before;
            if (next == Next::stop_before || next == Next::stop_after) {
                if (!waiting) at_ = next == Next::stop_before ? before : Place{entry, digest};
                else at_ = *waiting;
                return false;
            }
            before.after = digest;
        }
    }
    if (!waiting) return true;
    at_ = *waiting;
    return false;
}

}  // namespace cairn::query
