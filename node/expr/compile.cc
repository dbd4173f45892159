#include <algorithm>
#include <string_view>

#include "common/base/check.h"
#include "node/expr/compiler.h"
#include "node/expr/operation_bytes.h"
#include "node/record/msgpack.h"

namespace cairn::expr {
namespace {

namespace msgpack = record::msgpack;
bool has_order(Type type) { return type != Type::geojson && type != Type::hll && type != Type::removal; }

/// What is unknown by itself counts as boolean.
bool is_logical(Type type) { return type == Type::boolean || type == Type::unknown; }

bool same_kind(Type a, Type b) { return a == b || (is_logical(a) && is_logical(b)); }

bool valid_variable(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto letter_or_digit = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    return !name.empty() && letter(name[0]) && std::ranges::all_of(name, letter_or_digit);
}

}  // namespace

bool Compiler::integer(int64_t& value) {
    Element element;
    if (!next(element) || element.type != msgpack::Type::integer) return false;
    value = element.integer;
    return true;
}

/// Names and patterns have no prefix byte.
bool Compiler::text(std::string_view& value) {
    Element element;
    if (!next(element)) return false;
    switch (element.type) {
        case msgpack::Type::string:
        case msgpack::Type::bytes:
        case msgpack::Type::geojson: value = as_text(element.content); return true;
        default: return false;
    }
}

uint32_t Compiler::append(Code code, Type type) {
    const uint32_t at = size();
    program_.nodes.push_back({.code = code, .type = type, .end = at + 1, .integer = 0});
    return at;
}

bool Compiler::expression() {
    const Reader before = reader_;
    Element element;
    if (depth_ == kDepthMax || size() >= kNodesMax || !next(element)) return false;
    if (element.type == msgpack::Type::map) return collection_literal(Type::map, before);
    if (element.type != msgpack::Type::list) return literal(element);
    ++depth_;
    const bool good = operation(element.count);
    --depth_;
    return good;
}

bool Compiler::literal(const Element& element) {
    constexpr uint8_t kHllPrefix = uint8_t(wire::Particle::hll);
    const auto add = [&](const Value& value) {
        const uint32_t at = append(Code::literal, value.type);
        if (value.type == Type::floating) node(at).floating = value.floating;
        else if (value.type <= Type::integer) node(at).integer = value.integer;
        else node(at).bytes = value.bytes;
        return true;
    };
    switch (element.type) {
        case msgpack::Type::nil: return add(Value::nil());
        case msgpack::Type::false_value: return add(Value::of(false));
        case msgpack::Type::true_value: return add(Value::of(true));
        case msgpack::Type::integer: return add(Value::of(element.integer));
        case msgpack::Type::floating: return add(Value::of(element.floating));
        case msgpack::Type::string: return add(Value::of(Type::string, element.content.subspan(1)));
        case msgpack::Type::geojson: {
            const Bytes text = element.content.subspan(1);
            return geo::Region::parse(as_text(text)) &&
                   add(Value::of(Type::geojson, geojson_stored(text, program_.constants)));
        }
        case msgpack::Type::bytes: {
            if (element.content.empty()) return false;
            const Bytes content = element.content.subspan(1);
            if (element.content[0] == msgpack::kBlobPrefix) return add(Value::of(Type::blob, content));
            return element.content[0] == kHllPrefix && add(Value::of(Type::hll, content));
        }
        default: return false;
    }
}

/// @param before  stands before the collection's header.
bool Compiler::collection_literal(Type type, const Reader& before) {
    reader_ = before;
    if (!reader_.skip()) return false;
    const uint32_t at = append(Code::literal, type);
    node(at).bytes = source_.subspan(before.position(), reader_.position() - before.position());
    return true;
}

bool Compiler::operation(uint32_t count) {
    int64_t code = 0;
    if (count == 0 || !integer(code)) return false;
    const Shape* shape = shape_of(code);
    --count;
    if (shape == nullptr || count < shape->arguments_min) return false;
    if (shape->arguments_max != kAnyCount && count > shape->arguments_max) return false;
    const uint32_t at = append(Code(code), shape->result);
    const bool good = shape->operands == Operands::special ? special(at, count) : arguments(at, *shape, count);
    node(at).end = size();
    const Code kind = node(at).code;
    if (kind >= Code::digest_modulo && kind <= Code::record_size) program_.metadata = true;
    return good;
}

bool Compiler::arguments(uint32_t at, const Shape& shape, uint32_t count) {
    Type first = Type::unknown;
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t child = size();
        if (!expression()) return false;
        const Type type = node(child).type;
        if (i == 0) first = type;
        switch (shape.operands) {
            case Operands::alike:
                if (!has_order(type) || !same_kind(type, first)) return false;
                break;
            case Operands::logical:
                if (!is_logical(type)) return false;
                break;
            case Operands::numbers:
                if ((type != Type::integer && type != Type::floating) || type != first) return false;
                break;
            case Operands::integers:
                if (type != Type::integer) return false;
                break;
            case Operands::floats:
                if (type != Type::floating) return false;
                break;
            case Operands::geo:
                if (type != Type::geojson) return false;
                break;
            default: break;
        }
    }
    if (shape.operands == Operands::numbers) node(at).type = first;
    if (shape.operands == Operands::geo) geo(at);
    return true;
}

/// A literal place is read once; the other is compared with it.
void Compiler::geo(uint32_t at) {
    node(at).integer = kNoRegion;
    for (const uint32_t child : {at + 1, node(at + 1).end}) {
        if (node(child).code != Code::literal) continue;
        node(at).integer = int64_t(program_.regions.size());
        node(at).second_literal = child != at + 1;
        program_.regions.push_back(*geo::Region::parse(as_text(geojson_text(node(child).bytes))));
        return;
    }
}

bool Compiler::special(uint32_t at, uint32_t count) {
    switch (node(at).code) {
        case Code::regex: return regex(at);
        case Code::in_list: return expression() && argument(Type::list);
        case Code::scan_left:
        case Code::scan_right: return argument(Type::integer) && argument(Type::boolean);
        case Code::digest_modulo: return digest_modulo(at);
        case Code::key: return key(at);
        case Code::bin: return bin(at);
        case Code::bin_type: return bin_name(at);
        case Code::builtin: return builtin(at);
        case Code::cond: return cond(at, count);
        case Code::var: return var(at);
        case Code::let: return let(at, count);
        case Code::quote: return quote(at);
        default: return call(at);
    }
}

/// One argument of that type; a boolean may be unknown.
bool Compiler::argument(Type type) {
    const uint32_t child = size();
    if (!expression()) return false;
    const Type found = node(child).type;
    return found == type || (type == Type::boolean && found == Type::unknown);
}

bool Compiler::regex(uint32_t at) {
    int64_t flags = 0;
    std::string_view pattern;
    if (!integer(flags) || !text(pattern)) return false;
    auto compiled = Regex::compile(flags, pattern);
    if (!compiled) return false;
    node(at).integer = int64_t(program_.regexes.size());
    program_.regexes.push_back(*std::move(compiled));
    return argument(Type::string);
}

bool Compiler::bin(uint32_t at) {
    int64_t type = 0;
    if (!integer(type) || type < 0 || type > kWireTypeMax) return false;
    node(at).type = Type(type);
    return bin_name(at);
}

bool Compiler::bin_name(uint32_t at) {
    std::string_view name;
    if (!text(name) || name.size() > wire::kBinNameMax) return false;
    node(at).bytes = as_bytes(name);
    ++program_.bin_lookups;
    program_.needs_record = true;
    return true;
}

bool Compiler::key(uint32_t at) {
    int64_t type = 0;
    if (!integer(type)) return false;
    node(at).type = Type(type);
    program_.needs_record = true;
    return type == int64_t(Type::integer) || type == int64_t(Type::string) || type == int64_t(Type::blob);
}

bool Compiler::digest_modulo(uint32_t at) {
    int64_t divisor = 0;
    if (!integer(divisor)) return false;
    node(at).integer = int32_t(divisor);
    return node(at).integer != 0;
}

bool Compiler::builtin(uint32_t at) {
    int64_t type = 0;
    if (!integer(type) || type < 0 || type > kWireTypeMax) return false;
    node(at).type = Type(type);
    return integer(node(at).integer) && node(at).integer >= 0 && node(at).integer <= kBuiltinMax;
}

/// A list that is a value: it takes the place of the node that was begun.
bool Compiler::quote(uint32_t at) {
    const Reader before = reader_;
    Element element;
    if (!next(element) || element.type != msgpack::Type::list) return false;
    program_.nodes.pop_back();
    CAIRN_CHECK(at == size());
    return collection_literal(Type::list, before);
}

bool Compiler::cond(uint32_t at, uint32_t count) {
    if (count % 2 == 0) return false;
    Type result = Type::unknown;
    for (uint32_t i = 0; i < count; ++i) {
        const bool condition = i % 2 == 0 && i + 1 != count;
        if (condition) {
            if (!argument(Type::boolean)) return false;
            continue;
        }
        const uint32_t child = size();
        if (!expression()) return false;
        const Type type = node(child).type;
        if (type == Type::unknown) continue;
        if (result != Type::unknown && result != type) return false;
        result = type;
    }
    node(at).type = result;
    return true;
}

bool Compiler::let(uint32_t at, uint32_t count) {
    if (count % 2 == 0) return false;
    const size_t outer = scope_.size();
    node(at).integer = int64_t(outer);
    for (; count > 1; count -= 2) {
        std::string_view name;
        if (!text(name) || !valid_variable(name) || scope_.size() == kVariablesMax) return false;
        if (std::ranges::any_of(scope_, [&](const Variable& other) { return other.name == name; })) return false;
        const uint32_t child = size();
        if (!expression()) return false;
        scope_.push_back({name, node(child).type});
    }
    program_.variables = std::max(program_.variables, uint32_t(scope_.size()));
    const uint32_t body = size();
    if (!expression()) return false;
    node(at).type = node(body).type;
    scope_.resize(outer);
    return true;
}

bool Compiler::var(uint32_t at) {
    std::string_view name;
    if (!text(name)) return false;
    const auto found = std::ranges::find_if(scope_, [&](const Variable& other) { return other.name == name; });
    if (found == scope_.end()) return false;
    node(at).type = found->type;
    node(at).integer = found - scope_.begin();
    return true;
}

namespace {

bool holds(const Program& program, Program::Form form, Bytes source) {
    return program.form == form && !program.source.empty() && std::ranges::equal(program.source, source);
}

/// Empties the program. @return  the source to compile from: the program's own copy, if it is to have one.
Bytes clear(Program& program, Bytes source) {
    program.nodes.clear();
    program.regexes.clear();
    program.regions.clear();
    program.steps.clear();
    program.paths.clear();
    program.constants.reset();
    program.variables = program.bin_lookups = 0;
    program.needs_record = program.metadata = false;
    program.form = Program::Form::none;
    program.source.clear();
    if (source.size() > kSourceKeptMax) return source;
    program.source.assign(source.begin(), source.end());
    return program.source;
}

ResultCode finish(Program& program, Program::Form form, bool good, size_t consumed) {
    if (!good) return ResultCode::parameter;
    program.form = form;
    program.consumed = consumed;
    return ResultCode::ok;
}

}  // namespace

ResultCode compile_front(Bytes& source, Program& program) {
    if (!holds(program, Program::Form::expression, source)) {
        Compiler compiler(clear(program, source), program);
        const bool good = compiler.expression();
        const ResultCode code = finish(program, Program::Form::expression, good, compiler.position());
        if (code != ResultCode::ok) return code;
    }
    source = source.subspan(program.consumed);
    return ResultCode::ok;
}

ResultCode compile(Bytes source, Program& program) {
    const ResultCode code = compile_front(source, program);
    return code == ResultCode::ok && !source.empty() ? ResultCode::parameter : code;
}

ResultCode compile_path(Bytes operation, bool modifies, Program& program) {
    const auto form = modifies ? Program::Form::path_modify : Program::Form::path_read;
    if (holds(program, form, operation)) return ResultCode::ok;
    Compiler compiler(clear(program, operation), program);
    const bool good = compiler.operation_with_path(modifies);
    return finish(program, form, good, compiler.position());
}

ResultCode compile_filter(Bytes source, Program& program) {
    const ResultCode code = compile(source, program);
    return code == ResultCode::ok && !is_logical(program.type()) ? ResultCode::parameter : code;
}

}  // namespace cairn::expr
