// Calls of operations, and paths into lists and maps.
#include <array>

#include "node/expr/compiler.h"
#include "node/expr/operation_bytes.h"

namespace cairn::expr {

namespace msgpack = record::msgpack;

bool Compiler::call(uint32_t at) {
    constexpr int64_t kModify = 0x40;
    int64_t type = 0;
    int64_t system = 0;
    if (!integer(type) || type < 0 || type > kWireTypeMax || !integer(system)) return false;
    node(at).modifies = (system & kModify) != 0;
    system &= ~kModify;
    if (system < 0 || system > int64_t(System::hll)) return false;
    node(at).type = Type(type);
    node(at).system = System(system);
    return call_operation(at) && call_subject(at);
}

bool Compiler::call_operation(uint32_t at) {
    const size_t from = reader_.position();
    Element list;
    int64_t code = 0;
    if (!next(list) || list.type != msgpack::Type::list || list.count == 0 || !integer(code)) return false;
    if (code == kPathCode && node(at).system == System::cdt) return path(at, list.count - 1);
    if (code == kContextCode) {
        if (list.count != 3 || !reader_.skip()) return false;  // the path is no expression
        if (!next(list) || list.type != msgpack::Type::list || list.count == 0 || !integer(code)) return false;
    }
    return call_arguments(at, from, list.count - 1);
}

bool Compiler::call_arguments(uint32_t at, size_t from, uint32_t count) {
    uint32_t expressions = 0;
    for (; count != 0; --count) {
        Reader ahead = reader_;
        Element element;
        if (!ahead.next(element)) return false;
        if (element.type != msgpack::Type::list) {
            if (!reader_.skip()) return false;
        } else if (++expressions > kCallArgumentsMax || !expression()) {
            return false;
        }
    }
    node(at).bytes = source_.subspan(from, reader_.position() - from);
    if (expressions != 0) fold_arguments(at);
    return true;
}

/// What follows a path's code; `count` arguments. The filters and the new value become arguments of the node.
bool Compiler::path(uint32_t at, uint32_t count) {
    constexpr int64_t kAnswerBits = 0x0F;
    constexpr int64_t kNoFail = 0x10;
    node(at).code = Code::path;
    const bool modifies = node(at).modifies;
    Element list;
    int64_t flags = 0;
    if (count != (modifies ? 3 : 2) || !next(list) || list.type != msgpack::Type::list) return false;
    std::vector<PathStep> steps;
    if (!path_steps(list.count, steps) || !integer(flags)) return false;
    Path path;
    const int64_t answer = flags & kAnswerBits;
    if (modifies != (answer == int64_t(Path::Answer::apply)) || answer > int64_t(Path::Answer::apply)) return false;
    path.answer = Path::Answer(answer);
    path.no_fail = (flags & kNoFail) != 0;
    path.value = size();
    if (modifies && !expression()) return false;
    path.first_step = uint32_t(program_.steps.size());
    path.step_count = uint32_t(steps.size());
    program_.steps.insert(program_.steps.end(), steps.begin(), steps.end());
    node(at).integer = int64_t(program_.paths.size());
    program_.paths.push_back(path);
    return true;
}

bool Compiler::path_steps(uint32_t count, std::vector<PathStep>& steps) {
    constexpr uint32_t kStepsMax = 64;
    constexpr int64_t kAndFilter = 0x204;
    if (count == 0 || count % 2 != 0 || count / 2 > kStepsMax) return false;
    for (; count != 0; count -= 2) {
        int64_t type = 0;
        if (!integer(type)) return false;
        if (type == kAndFilter) {
            if (steps.empty() || steps.back().kind == PathStep::Kind::all || steps.back().filter != 0) return false;
            if (!path_filter(steps.back().filter)) return false;
            continue;
        }
        PathStep step{};
        if (!path_step(type, step)) return false;
        steps.push_back(step);
    }
    return true;
}

bool Compiler::path_step(int64_t type, PathStep& step) {
    constexpr int64_t kKind = 0x0F, kLists = 0x10, kMaps = 0x20;
    if ((type & ~(kKind | kLists | kMaps)) != 0 || (type & (kLists | kMaps)) == (kLists | kMaps)) return false;
    step.kind = PathStep::Kind(type & kKind);
    step.lists = (type & kMaps) == 0;
    step.maps = (type & kLists) == 0;
    switch (step.kind) {
        case PathStep::Kind::index:
        case PathStep::Kind::rank: return integer(step.position);
        case PathStep::Kind::all: return step.lists && step.maps && path_filter(step.filter);
        case PathStep::Kind::key:
        case PathStep::Kind::value:
        case PathStep::Kind::keys: break;
        default: return false;
    }
    if (step.kind == PathStep::Kind::key && !step.maps) return false;
    const size_t from = reader_.position();
    if (!reader_.skip()) return false;
    step.value = source_.subspan(from, reader_.position() - from);
    Element element;
    if (step.kind != PathStep::Kind::keys) return true;
    return !step.lists && Reader(step.value).next(element) && element.type == msgpack::Type::list;
}

/// An expression, or `true` for all.
bool Compiler::path_filter(uint32_t& filter) {
    Reader ahead = reader_;
    Element element;
    if (ahead.next(element) && element.type == msgpack::Type::true_value) {
        reader_ = ahead;
        return true;
    }
    filter = size();
    return expression() && node(filter).type == Type::boolean && node(filter).code != Code::literal;
}

bool Compiler::operation_with_path(bool modifies) {
    Element list;
    int64_t code = 0;
    if (!next(list) || list.type != msgpack::Type::list || list.count == 0 || !integer(code)) return false;
    const uint32_t at = append(Code::path, Type::unknown);
    node(at).modifies = modifies;
    if (code != kPathCode || !path(at, list.count - 1)) return false;
    node(at).end = size();
    return true;
}

/// Arguments that do not depend on the record are put into the operation now.
void Compiler::fold_arguments(uint32_t at) {
    std::array<Value, kCallArgumentsMax> values;
    size_t count = 0;
    for (uint32_t child = at + 1; child < size(); child = node(child).end) {
        if (node(child).code != Code::literal) return;
        values[count++] = literal_value(node(child));
    }
    node(at).bytes = with_arguments(node(at).bytes, std::span(values).first(count), program_.constants);
    program_.nodes.resize(at + 1);
}

bool Compiler::call_subject(uint32_t at) {
    const uint32_t child = size();
    if (!expression()) return false;
    const Node& subject = node(child);
    const Type type = subject.type;
    const bool stored = subject.code == Code::bin || (subject.code == Code::call && subject.modifies);
    node(at).subject_raw = !stored && (type == Type::list || type == Type::map);
    if (type == Type::nil) return true;
    switch (node(at).system) {
        case System::cdt: return type == Type::list || type == Type::map;
        case System::bits: return type == Type::blob;
        default: return type == Type::hll;
    }
}

}  // namespace cairn::expr
