#pragma once
#include <optional>

#include "node/expr/value.h"

namespace cairn::expr {

/// Compares two packed values in the protocol's order, as record::msgpack::compare() does.
/// @return  nothing when the comparison comes to a map that is not ordered by key: such maps have no order.
std::optional<int> compare_packed(Bytes a, Bytes b);

/// Whether a list contains a value.
/// @param value  packed.
/// @return  nothing when that would compare maps without an order, or `list` is damaged.
std::optional<bool> contains(Bytes list, Bytes value);

/// The keys or the values of a map, as a list; unknown when `map` is damaged.
Value map_parts(Bytes map, bool keys, record::Memory& memory);

}  // namespace cairn::expr
