#pragma once
#include "node/expr/program.h"

namespace cairn::expr {

/// Arithmetic with the protocol's rules: integers wrap around; unknown after a division by zero.

/// One step of a fold over numbers: add, subtract, multiply, min, max, and the bitwise and, or, xor.
int64_t fold_step(Code code, int64_t a, int64_t b);
double fold_step(Code code, double a, double b);

Value divide(int64_t a, int64_t b);
Value modulo(int64_t a, int64_t b);
/// Toward zero; what is no integer of 64 bits, NaN too, is the smallest one.
int64_t to_int(double value);
/// Shifts go by the low six bits of `count`.
int64_t shift(Code code, int64_t value, int64_t count);
/// Index from the most significant bit of the first bit equal to `wanted`, looking from the left or right; or -1.
int64_t scan(Code code, int64_t value, bool wanted);

}  // namespace cairn::expr
