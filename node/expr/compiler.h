#pragma once
#include <string_view>
#include <vector>

#include "node/expr/program.h"
#include "node/expr/shapes.h"
#include "node/record/msgpack.h"

namespace cairn::expr {

/// One run over the source. Every function appends nodes and answers whether the source was right so far.
class Compiler {
public:
    Compiler(Bytes source, Program& program) : source_(source), reader_(source), program_(program) {}

    bool expression();
    /// The path of an operation that is no expression.
    bool operation_with_path(bool modifies);
    size_t position() const { return reader_.position(); }

private:
    using Element = record::msgpack::Element;
    using Reader = record::msgpack::Reader;

    bool next(Element& element) { return reader_.next(element); }
    bool integer(int64_t& value);
    bool text(std::string_view& value);

    bool literal(const Element& element);
    bool collection_literal(Type type, const Reader& before);
    bool operation(uint32_t count);
    bool arguments(uint32_t at, const Shape& shape, uint32_t count);
    bool special(uint32_t at, uint32_t count);

    void geo(uint32_t at);
    bool argument(Type type);
    bool regex(uint32_t at);
    bool bin(uint32_t at);
    bool bin_name(uint32_t at);
    bool key(uint32_t at);
    bool digest_modulo(uint32_t at);
    bool builtin(uint32_t at);
    bool quote(uint32_t at);
    bool cond(uint32_t at, uint32_t count);
    bool let(uint32_t at, uint32_t count);
    bool var(uint32_t at);
    bool call(uint32_t at);
    bool call_operation(uint32_t at);
    bool path(uint32_t at, uint32_t count);
    bool path_steps(uint32_t count, std::vector<PathStep>& steps);
    bool path_step(int64_t type, PathStep& step);
    bool path_filter(uint32_t& filter);
    bool call_arguments(uint32_t at, size_t from, uint32_t count);
    void fold_arguments(uint32_t at);
    bool call_subject(uint32_t at);

    Node& node(uint32_t at) { return program_.nodes[at]; }
    uint32_t size() const { return uint32_t(program_.nodes.size()); }
    uint32_t append(Code code, Type type);

    struct Variable {
        std::string_view name;
        Type type;
    };

    const Bytes source_;
    Reader reader_;
    Program& program_;
    uint32_t depth_ = 0;
    std::vector<Variable> scope_;  // their slots are their places
};

}  // namespace cairn::expr
