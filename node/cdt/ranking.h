#pragma once
#include <cstdint>
#include <vector>

#include "node/cdt/answer.h"
#include "node/cdt/view.h"

namespace cairn::cdt {

/// The entries of a collection by the order of their values; equal values by index.
class Ranking {
public:
    /// Reads all values once.
    explicit Ranking(View& view);

    /// Indexes of the entries of rank [from, to), by rank.
    std::vector<uint32_t> entries(uint32_t from, uint32_t to);
    /// The same as the reference finds them in lists: a heap gives it the order of equal values, and entries of the
    /// lower ranks come with the highest first.
    std::vector<uint32_t> heap_entries(uint32_t from, uint32_t to) const;
    /// The ranks whose values are equal to `value`; after entries(0, count of all).
    Run find(Bytes value) const;
    /// How many entries come before entry `index`.
    uint32_t rank_of(uint32_t index) const;
    /// How many values are less than that of entry `index`.
    uint32_t first_rank_of(uint32_t index) const;
    /// The ranks of all entries, by index.
    std::vector<uint32_t> ranks();
    /// The same, but equal values share the first one's.
    std::vector<uint32_t> first_ranks();

private:
    struct Item {
        record::msgpack::Type type;
        uint64_t lead;  // orders values of one type as far as it goes
        uint32_t index;
    };
    int compare(const Item& a, const Item& b) const;
    bool before(const Item& a, const Item& b) const;

    View& view_;
    std::vector<Bytes> values_;  // by index
    std::vector<Item> items_;  // by index until entries() or ranks()
};

/// Where `value` is, or would be, among the values of a collection that is not ordered by them.
struct ValueRange {
    uint32_t less = 0;  // how many values are less
    std::vector<uint32_t> equal;  // indexes of the equal ones, ascending
};
ValueRange find_values(View& view, Bytes value);

}  // namespace cairn::cdt
