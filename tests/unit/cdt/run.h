#pragma once
#include "node/cdt/cdt.h"
#include "node/record/bins.h"
#include "tests/unit/cdt/packed.h"

namespace cairn::cdt::test {

/// One bin and what operations make of it.
class Bin {
public:
    Bin() = default;
    explicit Bin(Packed collection) : bytes_(std::move(collection)) {
        value_ = {is_map(bytes_) ? wire::Particle::map : wire::Particle::list, bytes_};
    }

    ResultCode read(std::initializer_list<Value> operation) { return read_packed(list(operation)); }
    ResultCode read_packed(const Packed& payload) { return cdt::read(value_, memory_.keep(payload), memory_, result_); }
    /// Keeps the change, if there is one.
    ResultCode modify(std::initializer_list<Value> operation) { return modify_packed(list(operation)); }
    ResultCode modify_packed(const Packed& payload) {
        ParticleValue changed;
        const ResultCode code = cdt::modify(value_, memory_.keep(payload), memory_, changed, result_);
        if (code == ResultCode::ok) value_ = changed;
        return code;
    }

    /// Bytes given out and passed so far.
    size_t charged() const { return memory_.allocated(); }
    bool exists() const { return !value_.absent(); }
    Packed value() const { return Packed(value_.bytes.begin(), value_.bytes.end()); }
    wire::Particle result_type() const { return result_.type; }
    Packed result() const { return Packed(result_.bytes.begin(), result_.bytes.end()); }
    int64_t number() const { return record::load_integer(result_.bytes); }

private:
    static bool is_map(const Packed& bytes) {
        msgpack::Element header;
        return msgpack::Reader(bytes).next(header) && header.type == msgpack::Type::map;
    }

    Packed bytes_;
    record::Memory memory_;
    ParticleValue value_, result_;
};

}  // namespace cairn::cdt::test
