#pragma once
#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "node/expr/regex.h"
#include "node/expr/value.h"
#include "node/geo/region.h"
#include "node/record/memory.h"

/// Filters and computed values: a language of msgpack arrays, compiled once for a request and then evaluated for each
/// record. Format and rules: docs/protocol.md, "Expressions".
namespace cairn::expr {

/// What a node does. Numbers below 128 are the protocol's.
enum class Code : uint8_t {
    unknown = 0,
    equal = 1,
    not_equal = 2,
    greater = 3,
    greater_equal = 4,
    less = 5,
    less_equal = 6,
    regex = 7,
    geo = 8,
    in_list = 9,
    logical_and = 16,
    logical_or = 17,
    logical_not = 18,
    exclusive = 19,
    add = 20,
    subtract = 21,
    multiply = 22,
    divide = 23,
    power = 24,
    logarithm = 25,
    modulo = 26,
    absolute = 27,
    floor = 28,
    ceil = 29,
    to_int = 30,
    to_float = 31,
    bit_and = 32,
    bit_or = 33,
    bit_xor = 34,
    bit_not = 35,
    shift_left = 36,
    shift_right = 37,
    shift_arithmetic = 38,
    bit_count = 39,
    scan_left = 40,
    scan_right = 41,
    min = 50,
    max = 51,
    digest_modulo = 64,
    device_size = 65,
    last_update = 66,
    since_update = 67,
    void_time = 68,
    ttl = 69,
    set_name = 70,
    key_exists = 71,
    is_tombstone = 72,
    memory_size = 73,
    record_size = 74,
    key = 80,
    bin = 81,
    bin_type = 82,
    removal = 100,
    map_keys = 101,
    map_values = 102,
    builtin = 122,
    cond = 123,
    var = 124,
    let = 125,
    quote = 126,
    call = 127,
    literal = 200,
    path = 201,  // a call of code 254
};

/// What a call calls.
enum class System : uint8_t { cdt = 0, bits = 1, hll = 2 };

/// One node of a program: its arguments follow it, each with all its own before the next.
struct Node {
    Code code;
    Type type;               // of its value, when that is known
    System system = {};                // call
    bool modifies : 1 = false;         // call: answers the changed subject, not what the operation answers
    bool subject_raw : 1 = false;      // call: the subject may be a collection as its client sent it
    bool second_literal : 1 = false;   // geo: the region is that of the second argument
    uint32_t end;                      // index behind its last argument
    union {
        int64_t integer =
            0;  // literal; digest_modulo: the divisor; var, let: slot; builtin: which; regex, geo, path: index
        double floating;  // literal
        Bytes bytes;  // literal; bin, bin_type: the name; call: the operation
    };
};

/// One step of a path into lists and maps: which children of a container it takes.
struct PathStep {
    enum class Kind : uint8_t { index = 0, rank = 1, key = 2, value = 3, all = 4, keys = 10 };
    Kind kind;
    bool lists = true;    // takes children of lists
    bool maps = true;     // takes children of maps
    int64_t position = 0;  // index, rank: from the end when negative
    Bytes value;          // key, value: msgpack; keys: a list of them
    uint32_t filter = 0;  // node that says for each child whether it is taken; 0: all are
};

/// What a path does with the children it ends at.
struct Path {
    enum class Answer : uint8_t { tree = 0, values = 1, keys = 2, pairs = 3, apply = 4 };
    Answer answer = Answer::tree;
    bool no_fail = false;  // children without an answer are not taken, or stay as they are
    uint32_t first_step = 0;
    uint32_t step_count = 0;
    uint32_t value = 0;  // apply: node of the new value
};

/// An expression, compiled: flat, and its memory is used again by the next. Compiling the same again costs a comparison:
/// requests repeat their filters, and jobs ask for the same of every record.
struct Program {
    std::vector<uint8_t> source;  // of what is compiled; empty when that is larger than kSourceKeptMax: a view then
    enum class Form : uint8_t { none, expression, path_read, path_modify } form = Form::none;
    size_t consumed = 0;  // bytes of the source

    std::vector<Node> nodes;  // the first is the root
    std::vector<Regex> regexes;
    std::vector<geo::Region> regions;  // literals that records' places are compared with
    std::vector<PathStep> steps;
    std::vector<Path> paths;
    record::Memory constants;
    uint32_t variables = 0;  // slots
    uint32_t bin_lookups = 0;
    bool needs_record = false;  // asks for bins or the stored key; without, metadata decides all
    bool metadata = false;  // asks for what is known without reading the record

    Type type() const { return nodes.front().type; }
};

/// Containment and arguments: deeper expressions are refused.
constexpr uint32_t kDepthMax = 256;
constexpr size_t kNodesMax = 65'536;
constexpr size_t kSourceKeptMax = 16u << 10;
constexpr size_t kVariablesMax = 255;
/// Of a geo node whose arguments are both known with the record only.
constexpr int64_t kNoRegion = -1;

/// Compiles one expression that fills `source`, which stays where it is while the program is used, unless it is small
/// (kSourceKeptMax). Types are checked here, so that evaluation need not.
/// @return  ok; parameter: malformed, unknown, of mixed types, or beyond a limit above. `program` is then unusable.
ResultCode compile(Bytes source, Program& program);
/// The same for a filter, whose type is boolean.
ResultCode compile_filter(Bytes source, Program& program);
/// Compiles an operation with a path, [254, path, flags] or [254, path, flags, expression], into a program for run_path().
ResultCode compile_path(Bytes operation, bool modifies, Program& program);
/// The same as compile() for an expression at the front of `source`, which is dropped from it.
ResultCode compile_front(Bytes& source, Program& program);

}  // namespace cairn::expr
