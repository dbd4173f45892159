#pragma once
#include <span>

#include "node/expr/program.h"

namespace cairn::expr {

constexpr int64_t kContextCode = 255;    // [255, path, [code, ...]]
constexpr int64_t kPathCode = 254;        // [254, path, flags, ...]
constexpr size_t kCallArgumentsMax = 16;  // that are expressions
constexpr int64_t kBuiltinMax = 2;

/// The value of a literal node.
Value literal_value(const Node& node);

/// An operation as a call carries it, with the values of its expressions in their places.
/// @param operation  [code, ...] or [255, path, [code, ...]], checked by compile(); its lists are the expressions.
Bytes with_arguments(Bytes operation, std::span<const Value> values, record::Memory& memory);

}  // namespace cairn::expr
