#pragma once
#include "common/wire/message.h"

namespace cairn::wire {

/// Steps over the units of a frame without looking into them.
class UnitWalk {
public:
    explicit UnitWalk(Bytes body) : left_(body) {}

    /// @return  false at the end of the body, or when it is cut short (then broken()).
    bool next();
    bool broken() const { return broken_; }
    const MessageHeader& header() const { return header_; }
    /// All of it, header, fields and operations.
    Bytes unit() const { return unit_; }

private:
    /// Steps over fields or operations: a 4-byte size, then that many bytes.
    bool skip(size_t count);

    Bytes left_;
    Bytes unit_;
    MessageHeader header_;
    bool broken_ = false;
};

}  // namespace cairn::wire
