#pragma once
#include <cstdint>

#include "common/base/bytes.h"
#include "node/record/msgpack.h"

namespace cairn::blob {

/// The arguments of one operation, [code, argument...], taken one after another. Every function answers false when the
/// next argument is missing or of another kind; what is left is unspecified then.
class Arguments {
public:
    explicit Arguments(Bytes operation) : operation_(operation), reader_(operation) {}

    /// Begins: passes the code.
    bool open(int64_t& code);
    /// Arguments not taken yet.
    uint32_t left() const { return left_; }

    bool integer(int64_t& value);
    bool boolean(bool& value);
    /// String, blob or other raw value, without its prefix byte. Not empty.
    bool content(Bytes& value);
    /// Any one value, encoded.
    bool any(Bytes& encoded);

private:
    bool next(record::msgpack::Element& element);

    Bytes operation_;
    record::msgpack::Reader reader_;
    uint32_t left_ = 0;
};

}  // namespace cairn::blob
