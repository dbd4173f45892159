#include "node/expr/numbers.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace cairn::expr {

int64_t fold_step(Code code, int64_t a, int64_t b) {
    const auto x = uint64_t(a);
    const auto y = uint64_t(b);
    switch (code) {
        case Code::add: return int64_t(x + y);
        case Code::subtract: return int64_t(x - y);
        case Code::multiply: return int64_t(x * y);
        case Code::min: return std::min(a, b);
        case Code::max: return std::max(a, b);
        case Code::bit_and: return a & b;
        case Code::bit_or: return a | b;
        default: return a ^ b;
    }
}

double fold_step(Code code, double a, double b) {
    switch (code) {
        case Code::add: return a + b;
        case Code::subtract: return a - b;
        case Code::multiply: return a * b;
        case Code::min: return b < a ? b : a;
        default: return b > a ? b : a;
    }
}

Value divide(int64_t a, int64_t b) {
    if (b == 0) return {};
    return Value::of(b == -1 ? int64_t(-uint64_t(a)) : a / b);  // the processor refuses the smallest one by -1
}

Value modulo(int64_t a, int64_t b) {
    if (b == 0) return {};
    return Value::of(b == -1 ? int64_t{0} : a % b);
}

int64_t to_int(double value) {
    constexpr double kLimit = 9223372036854775808.0;
    const bool fits = value >= -kLimit && value < kLimit;
    return fits ? int64_t(value) : std::numeric_limits<int64_t>::min();
}

int64_t shift(Code code, int64_t value, int64_t count) {
    const uint64_t by = uint64_t(count) & 63;
    if (code == Code::shift_left) return int64_t(uint64_t(value) << by);
    return code == Code::shift_right ? int64_t(uint64_t(value) >> by) : value >> by;
}

int64_t scan(Code code, int64_t value, bool wanted) {
    const uint64_t bits = wanted ? uint64_t(value) : ~uint64_t(value);
    if (bits == 0) return -1;
    return code == Code::scan_left ? std::countl_zero(bits) : 63 - std::countr_zero(bits);
}

}  // namespace cairn::expr
