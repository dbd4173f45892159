#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "node/sindex/definition.h"

namespace cairn::sindex {

/// The secondary indexes of one namespace.
class Catalogue {
public:
    /// Besides indexes of sets, which are not limited.
    static constexpr size_t kIndexesMax = 256;

    struct Index {
        uint16_t number;  // by which others know it as long as it lives; the least that is free
        Definition definition;
    };

    enum class Added : uint8_t {
        fresh,
        present,  // it is here already, with the same name
        renamed,  // it was here with another name
    };
    /// @error sindex_found      the name is another index's.
    /// @error sindex_max_count  there are kIndexesMax.
    Result<Added> add(Definition definition);
    /// @return  false: there is none of that name.
    bool remove(std::string_view name);

    const Index* find(std::string_view name) const;
    /// The index over the same as `wanted`, whose name does not count; if there is none for its set, one for all sets.
    const Index* find_for(const Definition& wanted) const;
    /// In the order in which they were added.
    const std::vector<Index>& indexes() const { return indexes_; }

    /// All definitions as text, a line for each: types, then name, set, bin, context, expression in base64 or "-".
    std::string save() const;
    /// The same for one definition alone.
    static std::string save_one(Definition definition);
    /// Reads what save() wrote.
    /// @error  a line is damaged, or no definition; the sentence names it.
    static Result<Catalogue> load(std::string_view text);

private:
    const Index* find_same(const Definition& wanted) const;

    std::vector<Index> indexes_;
};

}  // namespace cairn::sindex
