#pragma once
#include <array>
#include <optional>

#include "node/expr/evaluate.h"
#include "node/expr/operation_bytes.h"

namespace cairn::expr {

/// One run of a program for one record. Arguments are evaluated where they are needed: the branch not taken of a
/// condition and what follows a decided `and` cost nothing.
class Evaluation {
public:
    /// @param metadata_only  bins and the stored key are unknown.
    Evaluation(const Program& program, const Subject& subject, record::Memory& memory, bool metadata_only);

    /// The value of the node at `index`.
    Value at(uint32_t index);

    /// What a path expression is at, by number of the builtin: key, value, index.
    std::array<Value, kBuiltinMax + 1> builtins;

private:
    Value compare(uint32_t index);
    Value geo(uint32_t index);
    Value in_list(uint32_t index);
    Value logical(uint32_t index);
    Value exclusive(uint32_t index);
    Value fold(uint32_t index);
    Value divide_all(uint32_t index);
    Value unary(uint32_t index);
    Value binary(uint32_t index);
    Value cond(uint32_t index);
    Value let(uint32_t index);
    Value map_part(uint32_t index);
    Value call(uint32_t index);
    Value path(uint32_t index);
    Value metadata(const Node& node) const;
    Value key(Type type) const;
    Value bin(const Node& node);
    Value bin_type(const Node& node);
    bool find(std::string_view name, record::Bin& bin);

    const Node& node(uint32_t index) const { return nodes_[index]; }

    const Node* const nodes_;
    const Program& program_;
    const Subject& subject_;
    record::Memory& memory_;
    const bool metadata_only_;
    Value* variables_ = nullptr;
    std::optional<record::BinSearch> search_;
};

}  // namespace cairn::expr
