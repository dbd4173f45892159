#include "node/expr/shapes.h"

#include <array>

namespace cairn::expr {
namespace {

constexpr size_t kCodes = 128;

constexpr auto make_shapes() {
    std::array<Shape, kCodes> shapes{};
    const auto set = [&](Code code, Shape shape) { shapes[size_t(code)] = shape; };
    const auto each = [&](Code first, Code last, Shape shape) {
        for (size_t code = size_t(first); code <= size_t(last); ++code) set(Code(code), shape);
    };
    set(Code::unknown, {0, 0, Operands::any, Type::unknown});
    each(Code::equal, Code::less_equal, {2, 2, Operands::alike, Type::boolean});
    set(Code::regex, {3, 3, Operands::special, Type::boolean});
    set(Code::geo, {2, 2, Operands::geo, Type::boolean});
    set(Code::in_list, {2, 2, Operands::special, Type::boolean});
    each(Code::logical_and, Code::logical_or, {2, kAnyCount, Operands::logical, Type::boolean});
    set(Code::logical_not, {1, 1, Operands::logical, Type::boolean});
    set(Code::exclusive, {2, kAnyCount, Operands::logical, Type::boolean});
    each(Code::add, Code::divide, {1, kAnyCount, Operands::numbers, Type::unknown});
    each(Code::power, Code::logarithm, {2, 2, Operands::floats, Type::floating});
    set(Code::modulo, {2, 2, Operands::integers, Type::integer});
    set(Code::absolute, {1, 1, Operands::numbers, Type::unknown});
    each(Code::floor, Code::ceil, {1, 1, Operands::floats, Type::floating});
    set(Code::to_int, {1, 1, Operands::floats, Type::integer});
    set(Code::to_float, {1, 1, Operands::integers, Type::floating});
    each(Code::bit_and, Code::bit_xor, {1, kAnyCount, Operands::integers, Type::integer});
    set(Code::bit_not, {1, 1, Operands::integers, Type::integer});
    each(Code::shift_left, Code::shift_arithmetic, {2, 2, Operands::integers, Type::integer});
    set(Code::bit_count, {1, 1, Operands::integers, Type::integer});
    each(Code::scan_left, Code::scan_right, {2, 2, Operands::special, Type::integer});
    each(Code::min, Code::max, {1, kAnyCount, Operands::numbers, Type::unknown});
    set(Code::digest_modulo, {1, 1, Operands::special, Type::integer});
    each(Code::device_size, Code::ttl, {0, 0, Operands::any, Type::integer});
    set(Code::set_name, {0, 0, Operands::any, Type::string});
    each(Code::key_exists, Code::is_tombstone, {0, 0, Operands::any, Type::boolean});
    each(Code::memory_size, Code::record_size, {0, 0, Operands::any, Type::integer});
    set(Code::key, {1, 1, Operands::special, Type::unknown});
    set(Code::bin, {2, 2, Operands::special, Type::unknown});
    set(Code::bin_type, {1, 1, Operands::special, Type::integer});
    set(Code::removal, {0, 0, Operands::any, Type::removal});
    each(Code::map_keys, Code::map_values, {1, 1, Operands::any, Type::list});
    set(Code::builtin, {2, 2, Operands::special, Type::unknown});
    set(Code::cond, {3, kAnyCount, Operands::special, Type::unknown});
    set(Code::var, {1, 1, Operands::special, Type::unknown});
    set(Code::let, {3, kAnyCount, Operands::special, Type::unknown});
    set(Code::quote, {1, 1, Operands::special, Type::list});
    set(Code::call, {4, 4, Operands::special, Type::unknown});
    return shapes;
}

constexpr auto kShapes = make_shapes();

}  // namespace

const Shape* shape_of(int64_t code) {
    if (code < 0 || code >= int64_t(kCodes)) return nullptr;
    const Shape& shape = kShapes[size_t(code)];
    return shape.operands == Operands::none ? nullptr : &shape;
}

}  // namespace cairn::expr
