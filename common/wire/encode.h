#pragma once
#include <cstdint>
#include <string_view>

#include "common/base/buffer.h"
#include "common/wire/message.h"
#include "common/wire/proto.h"

namespace cairn::wire {

/// A frame being written at the end of a buffer: the header is reserved first and its size patched by finish().
class FrameWriter {
public:
    FrameWriter(Buffer& out, FrameType type) : out_(out), start_(out.size()), type_(type) {
        out.append(kProtoHeaderSize);
    }
    void finish() { store_proto_header(out_.data() + start_, type_, out_.size() - start_ - kProtoHeaderSize); }
    size_t body_size() const { return out_.size() - start_ - kProtoHeaderSize; }

private:
    Buffer& out_;
    size_t start_;
    FrameType type_;
};

/// A larger unit is refused while it is written: operations may name a bin over and over, and records are far smaller.
constexpr size_t kUnitMax = 64u << 20;

/// One message unit being written: header reserved first, counts patched by finish().
class UnitWriter {
public:
    explicit UnitWriter(Buffer& out) : out_(out), start_(out.size()) { out.append(kMessageHeaderSize); }

    void field(FieldType type, Bytes data) {
        uint8_t* at = out_.append(5 + data.size());
        store_be(at, uint32_t(data.size() + 1));
        at[4] = uint8_t(type);
        if (!data.empty()) std::memcpy(at + 5, data.data(), data.size());
        ++field_count_;
    }
    /// Room for a value of `size` bytes under `name`; the caller fills it at once.
    uint8_t* op(OpCode code, Particle type, std::string_view name, size_t size) {
        uint8_t* at = out_.append(8 + name.size() + size);
        store_be(at, uint32_t(4 + name.size() + size));
        at[4] = uint8_t(code);
        at[5] = uint8_t(type);
        at[6] = 0;
        at[7] = uint8_t(name.size());
        std::memcpy(at + 8, name.data(), name.size());
        ++op_count_;
        return at + 8 + name.size();
    }
    void op(OpCode code, Particle type, std::string_view name, Bytes value) {
        uint8_t* at = op(code, type, name, value.size());
        if (!value.empty()) std::memcpy(at, value.data(), value.size());
    }
    uint16_t op_count() const { return op_count_; }
    size_t size() const { return out_.size() - start_; }
    /// Forgets all ops and fields written so far: an error reply carries none.
    void drop_content() {
        out_.truncate(start_ + kMessageHeaderSize);
        field_count_ = op_count_ = 0;
    }
    /// Forgets the unit altogether.
    void abandon() { out_.truncate(start_); }
    /// Writes the header, with the counts of what was written.
    void finish(MessageHeader header) {
        header.field_count = field_count_;
        header.op_count = op_count_;
        header.store(out_.data() + start_);
    }

private:
    Buffer& out_;
    size_t start_;
    uint16_t field_count_ = 0;
    uint16_t op_count_ = 0;
};

/// A whole frame that holds one unit without fields and ops.
void append_status(Buffer& out, const MessageHeader& header);

}  // namespace cairn::wire
