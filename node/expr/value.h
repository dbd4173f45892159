#pragma once
#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/bins.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

namespace cairn::expr {

/// What an expression evaluates to. Up to `hll` the numbers are the protocol's.
enum class Type : uint8_t {
    nil = 0,
    boolean = 1,
    integer = 2,
    string = 3,
    list = 4,
    map = 5,
    blob = 6,
    floating = 7,
    geojson = 8,
    hll = 9,
    unknown,  // no answer: a bin that is not there, a division by zero, an operation that failed
    removal,  // of the element that a path expression is at
};
constexpr int64_t kWireTypeMax = 9;

/// One value while an expression is evaluated. `bytes` is a view into the record, the request or a Memory: the bytes a
/// bin of that type stores.
struct Value {
    Type type = Type::unknown;
    union {
        int64_t integer = 0;  // also of a boolean: 0 or 1
        double floating;
        Bytes bytes;
    };

    static Value of(bool value) { return of_integer(Type::boolean, value ? 1 : 0); }
    static Value of(int64_t value) { return of_integer(Type::integer, value); }
    static Value of(double value) {
        Value result;
        result.type = Type::floating;
        result.floating = value;
        return result;
    }
    static Value of(Type type, Bytes bytes) {
        Value result;
        result.type = type;
        result.bytes = bytes;
        return result;
    }
    static Value nil() { return of_integer(Type::nil, 0); }
    static Value removal() { return of_integer(Type::removal, 0); }

    bool unknown() const { return type == Type::unknown; }
    bool is_true() const { return type == Type::boolean && integer != 0; }
    bool is_false() const { return type == Type::boolean && integer == 0; }

private:
    static Value of_integer(Type type, int64_t value) {
        Value result;
        result.type = type;
        result.integer = value;
        return result;
    }
};

/// No value is larger than a record could be: operations fed with their own results double.
constexpr size_t kValueMax = size_t{record::kUnitsMax} * record::kUnit;

/// What a filter can answer.
enum class Trilean : uint8_t { no, yes, unknown };

/// The text of a stored GeoJSON value; empty when it is damaged.
Bytes geojson_text(Bytes stored);
/// The stored form of a text, without cells.
Bytes geojson_stored(Bytes text, record::Memory& memory);

/// The value of a bin, or of what an operation answered. Blobs of other languages are unknown; absent is nil.
Value from_particle(const record::ParticleValue& particle);
/// In stored form; nil is absent. `value` is known.
/// @param memory  lends what cannot be a view.
record::ParticleValue to_particle(const Value& value, record::Memory& memory);

/// Brings a list or map into the normal form that operations rely on.
/// @return  ok; record_too_big: larger than any record; else what record::normalise_collection() says.
ResultCode normalise(record::ParticleValue& collection, record::Memory& memory);

/// Size of the value as msgpack, and the writing of it; for arguments of operations and for comparisons.
size_t packed_size(const Value& value);
/// Writes packed_size() bytes at `at`; returns the end.
uint8_t* pack(uint8_t* at, const Value& value);
Bytes pack(const Value& value, record::Memory& memory);

}  // namespace cairn::expr
