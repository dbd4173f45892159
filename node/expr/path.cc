#include "node/expr/path.h"

#include <algorithm>

#include "common/base/buffer.h"
#include "node/expr/evaluation.h"
#include "node/record/msgpack.h"

namespace cairn::expr {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using record::ParticleValue;

/// A list or map with its children found: damaged ones have none.
struct Container {
    struct Child {
        Bytes key;  // of a list's: empty
        Bytes value;
    };
    bool map = false;
    uint8_t flags = 0;
    std::vector<Child> children;

    static std::optional<Container> of(Bytes bytes);
};

std::optional<Container> Container::of(Bytes bytes) {
    msgpack::Reader reader(bytes);
    Element header;
    if (!reader.next(header) || !header.container()) return std::nullopt;
    Container container;
    container.map = header.type == msgpack::Type::map;
    const auto next = [&] {
        const size_t from = reader.position();
        return reader.skip() ? bytes.subspan(from, reader.position() - from) : Bytes{};
    };
    for (uint32_t i = 0; i < header.count; ++i) {
        Child child;
        if (container.map) child.key = next();
        child.value = next();
        if (child.value.empty()) return std::nullopt;
        Element first;
        const bool read = i == 0 && msgpack::Reader(container.map ? child.key : child.value).next(first);
        if (read && first.metadata()) container.flags = first.ext_type;
        else container.children.push_back(child);
    }
    return container;
}

/// A child as an expression sees it.
Value from_packed(Bytes packed, record::Memory& memory) {
    Element element;
    if (!msgpack::Reader(packed).next(element)) return {};
    switch (element.type) {
        case msgpack::Type::nil: return Value::nil();
        case msgpack::Type::false_value: return Value::of(false);
        case msgpack::Type::true_value: return Value::of(true);
        case msgpack::Type::integer: return Value::of(element.integer);
        case msgpack::Type::floating: return Value::of(element.floating);
        case msgpack::Type::string: return Value::of(Type::string, element.content.subspan(1));
        case msgpack::Type::geojson:
            return Value::of(Type::geojson, geojson_stored(element.content.subspan(1), memory));
        case msgpack::Type::list: return Value::of(Type::list, packed);
        case msgpack::Type::map: return Value::of(Type::map, packed);
        case msgpack::Type::bytes: {
            const bool blob = !element.content.empty() && element.content[0] == msgpack::kBlobPrefix;
            return blob ? Value::of(Type::blob, element.content.subspan(1)) : Value{};
        }
        default: return {};
    }
}

class Run {
public:
    Run(const Program& program, const Path& path, Evaluation& evaluation, record::Memory& memory)
        : program_(program), path_(path), evaluation_(evaluation), memory_(memory) {}

    /// Appends what the path answers for the children of `bytes`.
    /// @param count  of values appended to a flat answer.
    ResultCode select(Bytes bytes, uint32_t level, Buffer& out, uint32_t& count);
    /// Appends `bytes` with new values in it.
    ResultCode apply(Bytes bytes, uint32_t level, Buffer& out);

private:
    ResultCode take(const Container& container, const PathStep& step, std::vector<bool>& taken);
    ResultCode filter(const Container& container, const PathStep& step, std::vector<bool>& taken);
    void show(const Container& container, size_t index);
    ResultCode leaf(const Container& container, size_t index, Buffer& out, uint32_t& count) const;
    /// The new value of a child; `kept` false: it is removed.
    ResultCode replace(const Container::Child& child, Buffer& out, bool& kept);
    bool last(uint32_t level) const { return level + 1 == path_.step_count; }
    const PathStep& step(uint32_t level) const { return program_.steps[path_.first_step + level]; }

    const Program& program_;
    const Path& path_;
    Evaluation& evaluation_;
    record::Memory& memory_;
};

void write_header(Buffer& out, bool map, size_t count) {
    if (map) msgpack::write_map_header(out, uint32_t(count));
    else msgpack::write_list_header(out, uint32_t(count));
}

std::optional<size_t> position_in(size_t count, int64_t position) {
    if (position < 0) position += int64_t(count);
    if (position < 0 || position >= int64_t(count)) return std::nullopt;
    return size_t(position);
}

size_t at_rank(const Container& container, size_t rank) {
    std::vector<size_t> order(container.children.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto less = [&](size_t a, size_t b) {
        const int result = msgpack::compare(container.children[a].value, container.children[b].value);
        return result != 0 ? result < 0 : a < b;
    };
    std::ranges::nth_element(order, order.begin() + int64_t(rank), less);
    return order[rank];
}

/// The children whose keys are in a list.
void take_keys(const Container& container, Bytes list, std::vector<bool>& taken) {
    const auto keys = Container::of(list);
    if (!keys) return;
    std::vector<Bytes> sorted;
    for (const auto& child : keys->children) sorted.push_back(child.value);
    const auto less = [](Bytes a, Bytes b) { return msgpack::compare(a, b) < 0; };
    std::ranges::sort(sorted, less);
    for (size_t i = 0; i < container.children.size(); ++i) {
        taken[i] = std::ranges::binary_search(sorted, container.children[i].key, less);
    }
}

ResultCode Run::take(const Container& container, const PathStep& step, std::vector<bool>& taken) {
    const size_t count = container.children.size();
    taken.assign(count, step.kind == PathStep::Kind::all);
    if (container.map ? !step.maps : !step.lists) return ResultCode::ok;
    const auto find = [&](auto part) {
        for (size_t i = 0; i < count; ++i) {
            if (msgpack::compare(part(container.children[i]), step.value) != 0) continue;
            taken[i] = true;
            return;
        }
    };
    switch (step.kind) {
        case PathStep::Kind::index:
            if (const auto at = position_in(count, step.position)) taken[*at] = true;
            break;
        case PathStep::Kind::rank:
            if (const auto rank = position_in(count, step.position)) taken[at_rank(container, *rank)] = true;
            break;
        case PathStep::Kind::key:
            if (container.map) find([](const Container::Child& child) { return child.key; });
            break;
        case PathStep::Kind::value: find([](const Container::Child& child) { return child.value; }); break;
        case PathStep::Kind::keys: take_keys(container, step.value, taken); break;
        case PathStep::Kind::all: break;
    }
    return step.filter == 0 ? ResultCode::ok : filter(container, step, taken);
}

ResultCode Run::filter(const Container& container, const PathStep& step, std::vector<bool>& taken) {
    for (size_t i = 0; i < taken.size(); ++i) {
        if (!taken[i]) continue;
        show(container, i);
        const Value answer = evaluation_.at(step.filter);
        if (answer.unknown() && !path_.no_fail) return ResultCode::parameter;
        taken[i] = answer.is_true();
    }
    return ResultCode::ok;
}

/// Makes a child what the builtins of expressions are.
void Run::show(const Container& container, size_t index) {
    const auto& child = container.children[index];
    evaluation_.builtins[0] = container.map ? from_packed(child.key, memory_) : Value{};
    evaluation_.builtins[1] = from_packed(child.value, memory_);
    evaluation_.builtins[2] = Value::of(int64_t(index));
}

ResultCode Run::leaf(const Container& container, size_t index, Buffer& out, uint32_t& count) const {
    const auto& child = container.children[index];
    switch (path_.answer) {
        case Path::Answer::tree:
            out.append(child.key);
            out.append(child.value);
            break;
        case Path::Answer::values: out.append(child.value); break;
        default:
            if (!container.map) return ResultCode::incompatible_type;
            out.append(child.key);
            if (path_.answer == Path::Answer::keys) break;
            out.append(child.value);
            ++count;
    }
    ++count;
    return ResultCode::ok;
}

ResultCode Run::select(Bytes bytes, uint32_t level, Buffer& out, uint32_t& count) {
    const auto container = Container::of(bytes);
    if (!container) return ResultCode::ok;
    std::vector<bool> taken;
    if (const ResultCode code = take(*container, step(level), taken); code != ResultCode::ok) return code;
    const bool tree = path_.answer == Path::Answer::tree;
    uint32_t kept = 0;
    Buffer inside;
    Buffer& to = tree ? inside : out;
    for (size_t i = 0; i < taken.size(); ++i) {
        if (!taken[i]) continue;
        const auto& child = container->children[i];
        ResultCode code = ResultCode::ok;
        if (last(level)) {
            code = leaf(*container, i, to, tree ? kept : count);
        } else if (tree) {
            Buffer below;
            uint32_t ignored = 0;
            code = select(child.value, level + 1, below, ignored);
            if (code == ResultCode::ok && below.empty()) continue;
            to.append(child.key);
            to.append(below.bytes());
            ++kept;
        } else {
            code = select(child.value, level + 1, to, count);
        }
        if (code != ResultCode::ok) return code;
    }
    if (tree) {
        write_header(out, container->map, kept);
        out.append(inside.bytes());
    }
    return ResultCode::ok;
}

ResultCode Run::replace(const Container::Child& child, Buffer& out, bool& kept) {
    const Value value = evaluation_.at(path_.value);
    kept = value.type != Type::removal;
    if (!kept) return ResultCode::ok;
    if (value.unknown()) {
        if (!path_.no_fail) return ResultCode::server_error;
        out.append(child.value);
        return ResultCode::ok;
    }
    uint8_t* at = out.append(packed_size(value));
    pack(at, value);
    return ResultCode::ok;
}

ResultCode Run::apply(Bytes bytes, uint32_t level, Buffer& out) {
    auto container = Container::of(bytes);
    if (!container) {
        out.append(bytes);
        return ResultCode::ok;
    }
    std::vector<bool> taken;
    if (const ResultCode code = take(*container, step(level), taken); code != ResultCode::ok) return code;
    std::vector<Container::Child> children;
    for (size_t i = 0; i < taken.size(); ++i) {
        Container::Child child = container->children[i];
        if (taken[i]) {
            Buffer changed;
            bool kept = true;
            show(*container, i);
            const ResultCode code =
                last(level) ? replace(child, changed, kept) : apply(child.value, level + 1, changed);
            if (code != ResultCode::ok) return code;
            if (!kept) continue;
            child.value = memory_.keep(changed.bytes());
        }
        children.push_back(child);
    }
    const bool sorted_list = !container->map && (container->flags & msgpack::flag::ordered) != 0;
    if (sorted_list) {
        std::ranges::sort(children,
                          [](const auto& a, const auto& b) { return msgpack::compare(a.value, b.value) < 0; });
    }
    write_header(out, container->map, children.size() + (container->flags != 0 ? 1 : 0));
    if (container->flags != 0) {
        msgpack::write_metadata(out, container->flags);
        if (container->map) msgpack::write_nil(out);
    }
    for (const auto& child : children) {
        out.append(child.key);
        out.append(child.value);
    }
    return ResultCode::ok;
}

}  // namespace

ResultCode run_path(const Program& program, const Path& path, Evaluation& evaluation, const ParticleValue& bin,
                    record::Memory& memory, ParticleValue& answer) {
    using wire::Particle;
    if (bin.type != Particle::list && bin.type != Particle::map) return ResultCode::incompatible_type;
    Run run(program, path, evaluation, memory);
    const auto outer = evaluation.builtins;
    Buffer out;
    uint32_t count = 0;
    const bool applies = path.answer == Path::Answer::apply;
    ResultCode code = applies ? run.apply(bin.bytes, 0, out) : run.select(bin.bytes, 0, out, count);
    evaluation.builtins = outer;
    if (code != ResultCode::ok) return code;
    if (path.answer == Path::Answer::tree) {
        answer = {bin.type, memory.keep(out.bytes())};
        return ResultCode::ok;
    }
    if (applies) {
        answer = {bin.type, out.bytes()};
        code = normalise(answer, memory);  // copies
        return code == ResultCode::server_error ? ResultCode::parameter : code;
    }
    Buffer whole;
    msgpack::write_list_header(whole, count);
    whole.append(out.bytes());
    answer = {Particle::list, memory.keep(whole.bytes())};
    return ResultCode::ok;
}

bool is_path(Bytes operation) {
    msgpack::Reader reader(operation);
    Element list;
    Element code;
    return reader.next(list) && list.type == msgpack::Type::list && list.count != 0 && reader.next(code) &&
           code.type == msgpack::Type::integer && code.integer == kPathCode;
}

ResultCode path_operation(Bytes operation, bool modifies, Program& program, const Subject& subject,
                          const ParticleValue& bin, record::Memory& memory, ParticleValue& answer) {
    if (const ResultCode code = compile_path(operation, modifies, program); code != ResultCode::ok) return code;
    answer = bin;
    if (bin.absent()) return ResultCode::ok;
    Evaluation evaluation(program, subject, memory, /*metadata_only=*/false);
    return run_path(program, program.paths.front(), evaluation, bin, memory, answer);
}

Value Evaluation::path(uint32_t index) {
    const Node& called = nodes_[index];
    uint32_t subject = index + 1;
    while (nodes_[subject].end != called.end) subject = nodes_[subject].end;
    const Value value = at(subject);
    if (value.unknown()) return {};
    ParticleValue bin = to_particle(value, memory_);
    if (called.subject_raw && normalise(bin, memory_) != ResultCode::ok) return {};
    ParticleValue answer;
    const Path& path = program_.paths[size_t(called.integer)];
    if (run_path(program_, path, *this, bin, memory_, answer) != ResultCode::ok) return {};
    const Value result = from_particle(answer);
    return result.type == called.type ? result : Value{};
}

}  // namespace cairn::expr
