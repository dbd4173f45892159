#pragma once
#include "node/expr/program.h"

namespace cairn::expr {

/// What the arguments of a node must be.
enum class Operands : uint8_t {
    none,      // no such operation
    special,   // read by a function of its own
    any,
    alike,     // of one type that has an order
    logical,   // boolean, or unknown
    numbers,   // all integers or all floats, and so is the value
    integers,
    floats,
    geo,
};

/// How a kind of node is written.
struct Shape {
    uint8_t arguments_min;
    uint8_t arguments_max;  // kAnyCount: no limit
    Operands operands;
    Type result;            // of numbers: not used
};
constexpr uint8_t kAnyCount = 255;

/// @return  nothing when there is no such operation.
const Shape* shape_of(int64_t code);

}  // namespace cairn::expr
