#include "node/expr/evaluate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

#include "node/expr/compare.h"
#include "node/expr/evaluation.h"
#include "node/expr/numbers.h"

namespace cairn::expr {
namespace {

template <class T>
bool holds(Code code, T a, T b) {
    switch (code) {
        case Code::equal: return a == b;
        case Code::not_equal: return a != b;
        case Code::greater: return a > b;
        case Code::greater_equal: return a >= b;
        case Code::less: return a < b;
        default: return a <= b;
    }
}

int order(Bytes a, Bytes b) {
    const size_t common = std::min(a.size(), b.size());
    const int result = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
    return result != 0 ? result : a.size() < b.size() ? -1 : a.size() > b.size();
}

/// Memory has no alignment of its own.
Value* place_variables(record::Memory& memory, size_t count) {
    size_t space = (count + 1) * sizeof(Value);
    void* at = memory.allocate(space);
    at = std::align(alignof(Value), count * sizeof(Value), at, space);
    auto* variables = static_cast<Value*>(at);
    std::uninitialized_default_construct_n(variables, count);
    return variables;
}

}  // namespace

Evaluation::Evaluation(const Program& program, const Subject& subject, record::Memory& memory, bool metadata_only)
    : nodes_(program.nodes.data()),
      program_(program),
      subject_(subject),
      memory_(memory),
      metadata_only_(metadata_only) {
    if (program.variables != 0) variables_ = place_variables(memory, program.variables);
}

Value Evaluation::at(uint32_t index) {
    const Node& node = nodes_[index];
    switch (node.code) {
        case Code::literal: return literal_value(node);
        case Code::equal:
        case Code::not_equal:
        case Code::greater:
        case Code::greater_equal:
        case Code::less:
        case Code::less_equal: return compare(index);
        case Code::regex: {
            const Value text = at(index + 1);
            if (text.unknown()) return text;
            const auto found = program_.regexes[size_t(node.integer)].matches(text.bytes);
            return found ? Value::of(*found) : Value{};
        }
        case Code::geo: return geo(index);
        case Code::in_list: return in_list(index);
        case Code::logical_and:
        case Code::logical_or: return logical(index);
        case Code::logical_not: {
            const Value value = at(index + 1);
            return value.unknown() ? value : Value::of(value.is_false());
        }
        case Code::exclusive: return exclusive(index);
        case Code::add:
        case Code::subtract:
        case Code::multiply:
        case Code::bit_and:
        case Code::bit_or:
        case Code::bit_xor:
        case Code::min:
        case Code::max: return fold(index);
        case Code::divide: return divide_all(index);
        case Code::absolute:
        case Code::floor:
        case Code::ceil:
        case Code::to_int:
        case Code::to_float:
        case Code::bit_not:
        case Code::bit_count: return unary(index);
        case Code::power:
        case Code::logarithm:
        case Code::modulo:
        case Code::shift_left:
        case Code::shift_right:
        case Code::shift_arithmetic:
        case Code::scan_left:
        case Code::scan_right: return binary(index);
        case Code::bin: return bin(node);
        case Code::bin_type: return bin_type(node);
        case Code::key: return key(node.type);
        case Code::removal: return Value::removal();
        case Code::map_keys:
        case Code::map_values: return map_part(index);
        case Code::builtin: {
            const Value& value = builtins[size_t(node.integer)];
            return value.type == node.type ? value : Value{};
        }
        case Code::cond: return cond(index);
        case Code::let: return let(index);
        case Code::var: return variables_[node.integer];
        case Code::call: return call(index);
        case Code::path: return path(index);
        case Code::unknown:
        case Code::quote: return {};
        default: return metadata(node);
    }
}

Value Evaluation::compare(uint32_t index) {
    const Value a = at(index + 1);
    if (a.unknown()) return a;
    const Value b = at(nodes_[index + 1].end);
    if (b.unknown()) return b;
    const Code code = nodes_[index].code;
    switch (a.type) {
        case Type::floating: return Value::of(holds(code, a.floating, b.floating));
        case Type::string:
        case Type::blob: return Value::of(holds(code, order(a.bytes, b.bytes), 0));
        case Type::list:
        case Type::map: {
            const auto result = compare_packed(a.bytes, b.bytes);
            return result ? Value::of(holds(code, *result, 0)) : Value{};
        }
        default: return Value::of(holds(code, a.integer, b.integer));
    }
}

/// Whether one place is a point inside the other.
Value Evaluation::geo(uint32_t index) {
    const Node& node = nodes_[index];
    const uint32_t second = nodes_[index + 1].end;
    const Value a = at(node.second_literal || node.integer == kNoRegion ? index + 1 : second);
    if (a.unknown()) return a;
    if (node.integer != kNoRegion) return Value::of(geo::within(a.bytes, program_.regions[size_t(node.integer)]));
    const Value b = at(second);
    return b.unknown() ? b : Value::of(geo::within(a.bytes, b.bytes));
}

Value Evaluation::in_list(uint32_t index) {
    const Value value = at(index + 1);
    if (value.unknown()) return value;
    const Value list = at(nodes_[index + 1].end);
    if (list.unknown()) return list;
    const auto found = contains(list.bytes, pack(value, memory_));
    return found ? Value::of(*found) : Value{};
}

/// `and` and `or`: one argument decides, whatever the others are.
Value Evaluation::logical(uint32_t index) {
    const bool decides = nodes_[index].code == Code::logical_or;
    const uint32_t end = nodes_[index].end;
    Value result = Value::of(!decides);
    for (uint32_t child = index + 1; child != end; child = nodes_[child].end) {
        const Value value = at(child);
        if (value.unknown()) result = value;
        else if (value.is_true() == decides) return value;
    }
    return result;
}

/// Exactly one is true.
Value Evaluation::exclusive(uint32_t index) {
    const uint32_t end = nodes_[index].end;
    bool found = false;
    for (uint32_t child = index + 1; child != end; child = nodes_[child].end) {
        const Value value = at(child);
        if (value.unknown()) return value;
        if (value.is_true() && found) return Value::of(false);
        found |= value.is_true();
    }
    return Value::of(found);
}

Value Evaluation::fold(uint32_t index) {
    const Code code = nodes_[index].code;
    const uint32_t end = nodes_[index].end;
    uint32_t child = nodes_[index + 1].end;
    Value result = at(index + 1);
    if (child == end && code == Code::subtract) {
        if (result.type == Type::floating) result.floating = 0.0 - result.floating;
        else result.integer = fold_step(code, int64_t{0}, result.integer);
        return result;
    }
    for (; child != end && !result.unknown(); child = nodes_[child].end) {
        const Value value = at(child);
        if (value.unknown()) return value;
        if (value.type == Type::floating) result.floating = fold_step(code, result.floating, value.floating);
        else result.integer = fold_step(code, result.integer, value.integer);
    }
    return result;
}

/// The first by the product of the others; one alone divides 1.
Value Evaluation::divide_all(uint32_t index) {
    const uint32_t end = nodes_[index].end;
    uint32_t child = index + 1;
    Value dividend = at(child);
    if (dividend.unknown()) return dividend;
    const bool floating = dividend.type == Type::floating;
    Value divisor = dividend;
    if (nodes_[child].end == end) {
        dividend = floating ? Value::of(1.0) : Value::of(int64_t{1});
    } else {
        divisor = floating ? Value::of(1.0) : Value::of(int64_t{1});
        for (child = nodes_[child].end; child != end; child = nodes_[child].end) {
            const Value value = at(child);
            if (value.unknown()) return value;
            if (floating) divisor.floating *= value.floating;
            else divisor.integer = fold_step(Code::multiply, divisor.integer, value.integer);
        }
    }
    return floating ? Value::of(dividend.floating / divisor.floating) : divide(dividend.integer, divisor.integer);
}

Value Evaluation::unary(uint32_t index) {
    const Value value = at(index + 1);
    if (value.unknown()) return value;
    switch (nodes_[index].code) {
        case Code::absolute:
            if (value.type == Type::floating) return Value::of(std::fabs(value.floating));
            return Value::of(value.integer < 0 ? int64_t(-uint64_t(value.integer)) : value.integer);
        case Code::floor: return Value::of(std::floor(value.floating));
        case Code::ceil: return Value::of(std::ceil(value.floating));
        case Code::to_int: return Value::of(to_int(value.floating));
        case Code::to_float: return Value::of(double(value.integer));
        case Code::bit_not: return Value::of(~value.integer);
        default: return Value::of(int64_t(std::popcount(uint64_t(value.integer))));
    }
}

Value Evaluation::binary(uint32_t index) {
    const Value a = at(index + 1);
    if (a.unknown()) return a;
    const Value b = at(nodes_[index + 1].end);
    if (b.unknown()) return b;
    const Code code = nodes_[index].code;
    switch (code) {
        case Code::power: return Value::of(std::pow(a.floating, b.floating));
        case Code::logarithm: return Value::of(std::log(a.floating) / std::log(b.floating));
        case Code::modulo: return modulo(a.integer, b.integer);
        case Code::scan_left:
        case Code::scan_right: return Value::of(scan(code, a.integer, b.is_true()));
        default: return Value::of(shift(code, a.integer, b.integer));
    }
}

Value Evaluation::cond(uint32_t index) {
    const uint32_t end = nodes_[index].end;
    for (uint32_t child = index + 1;;) {
        const uint32_t then = nodes_[child].end;
        if (then == end) return at(child);
        const Value condition = at(child);
        if (condition.unknown()) return condition;
        if (condition.is_true()) return at(then);
        child = nodes_[then].end;
    }
}

Value Evaluation::let(uint32_t index) {
    const uint32_t end = nodes_[index].end;
    Value* variable = variables_ + nodes_[index].integer;
    uint32_t child = index + 1;
    for (; nodes_[child].end != end; child = nodes_[child].end) *variable++ = at(child);
    return at(child);
}

Value Evaluation::map_part(uint32_t index) {
    const Value map = at(index + 1);
    if (map.type != Type::map) return {};
    return map_parts(map.bytes, nodes_[index].code == Code::map_keys, memory_);
}

Value evaluate(const Program& program, const Subject& subject, record::Memory& memory) {
    const Value value = Evaluation(program, subject, memory, /*metadata_only=*/false).at(0);
    return value.type == Type::removal ? Value{} : value;
}

Trilean evaluate_metadata(const Program& program, const Subject& subject, record::Memory& memory) {
    const Value value = Evaluation(program, subject, memory, /*metadata_only=*/true).at(0);
    return value.is_true() ? Trilean::yes : value.is_false() ? Trilean::no : Trilean::unknown;
}

bool passes(const Program& filter, const Subject& subject, record::Memory& memory) {
    return evaluate(filter, subject, memory).is_true();
}

}  // namespace cairn::expr
