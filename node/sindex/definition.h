#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace cairn::sindex {

/// Which values are indexed; numbers of their particles.
enum class ValueType : uint8_t { numeric = 1, string = 3, blob = 4, geo2dsphere = 23 };

/// What gives the values; numbers of the protocol's field 26.
enum class IndexType : uint8_t {
    whole = 0,  // the bin, or what context or expression find: "default"
    list = 1,   // the elements of a list there
    map_keys = 2,
    map_values = 3,
    set = 4,  // no values: an index of a set's records
};

/// What a secondary index is over.
struct Definition {
    std::string name{};
    std::string set{};  // empty: all records of the namespace
    std::string bin{};  // empty: an expression, or an index of a set
    IndexType index_type = IndexType::whole;
    ValueType type = ValueType::numeric;
    std::string context{};     // msgpack in its smallest form: the way from the bin's value to what is indexed
    std::string expression{};  // msgpack: computes what is indexed

    bool operator==(const Definition&) const = default;
    /// Whether both are over the same, whatever their names.
    bool same_content(const Definition& other) const;
};

/// The parameters of `sindex-create` as they were sent; nothing: not sent. `context` and `expression` are base64.
struct Parameters {
    std::optional<std::string_view> ns{}, name{}, set{}, data{}, bin{}, type{}, index_type{}, context{}, expression{};
};

/// Checks the parameters, in the original server's order and with its texts. Whether the namespace exists is the
/// caller's.
/// @error parameter, namespace_not_found  what is wrong, as a client is told.
Result<Definition> parse_definition(const Parameters& parameters);

/// "numeric"; as clients write it.
std::string_view name_of(ValueType type);
/// "mapkeys"
std::string_view name_of(IndexType type);
std::optional<ValueType> value_type_of(std::string_view name);
std::optional<IndexType> index_type_of(std::string_view name);

/// Whether a context is well-formed: a list of steps, in their smallest form.
bool is_context(Bytes context);

}  // namespace cairn::sindex
