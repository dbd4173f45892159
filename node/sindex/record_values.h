#pragma once
#include <vector>

#include "node/expr/evaluate.h"
#include "node/sindex/definition.h"
#include "node/sindex/entry.h"

namespace cairn::sindex {

/// Strings and blobs of at least this size have no entries, and cannot be asked for.
constexpr size_t kIndexedSizeEnd = 2048;

/// One value that a record gives to an index.
struct Indexed {
    Value value;
    // What it comes from: the text of a GeoJSON, the content of a string or blob. A view into the record or memory.
    Bytes content{};
    bool region = false;  // of a place
};

/// Says which values records give to one index. Belongs to one worker: what it computes is in its own memory.
class RecordValues {
public:
    /// @param definition  outlives this.
    explicit RecordValues(const Definition& definition);

    const Definition& definition() const { return definition_; }
    /// Whether a record of that set is indexed at all.
    bool covers(std::string_view set) const { return definition_.set.empty() || definition_.set == set; }

    /// Calls f(const Indexed&) for each value, in the order of the record and as often as it is there; nothing of other
    /// types. What it gets is good until the next call.
    template <class F>
    void for_each(const expr::Subject& record, F&& f) {
        indexed_.clear();
        collect(record);
        for (const Indexed& indexed : indexed_) f(indexed);
    }
    /// Fills `values` with a record's, ascending, each once; none when it is not covered.
    void of(const expr::Subject& record, std::vector<Value>& values);

    /// Whether two versions of a record surely have the same values: the bytes they come from are the same. False says
    /// nothing.
    bool unchanged(const record::Head& before, const record::Head& after) const;

private:
    void collect(const expr::Subject& record);
    void collect_bin(record::ParticleValue value);
    void collect_collection(Bytes collection, bool map);
    void collect_element(Bytes encoded);
    void add_geojson(std::string_view text);
    void add_hashed(Bytes content);

    const Definition& definition_;
    expr::Program program_;
    bool has_program_ = false;
    record::Memory memory_;
    std::vector<Indexed> indexed_;
};

}  // namespace cairn::sindex
