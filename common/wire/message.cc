#include "common/wire/message.h"

#include <algorithm>

namespace cairn::wire {

MessageHeader MessageHeader::load(const uint8_t* at) {
    return {.info1 = at[1],
            .info2 = at[2],
            .info3 = at[3],
            .info4 = at[4],
            .result = ResultCode(at[5]),
            .generation = load_be<uint32_t>(at + 6),
            .record_ttl = load_be<uint32_t>(at + 10),
            .timeout_ms = load_be<uint32_t>(at + 14),
            .field_count = load_be<uint16_t>(at + 18),
            .op_count = load_be<uint16_t>(at + 20)};
}

void MessageHeader::store(uint8_t* at) const {
    at[0] = kMessageHeaderSize;
    at[1] = info1;
    at[2] = info2;
    at[3] = info3;
    at[4] = info4;
    at[5] = uint8_t(result);
    store_be(at + 6, generation);
    store_be(at + 10, record_ttl);
    store_be(at + 14, timeout_ms);
    store_be(at + 18, field_count);
    store_be(at + 20, op_count);
}

bool Fields::parse(Bytes& bytes, uint16_t count) {
    for (; count != 0; --count) {
        if (bytes.size() < 5) return false;
        uint32_t size = load_be<uint32_t>(bytes.data());  // counts the type byte
        const uint8_t type = bytes[4];
        if (size > bytes.size() - 4) {
            // The Go and Java clients count a filter before it into the size of the batch field, which ends the frame.
            if (count != 1 || type != uint8_t(FieldType::batch)) return false;
            size = static_cast<uint32_t>(bytes.size() - 4);
        }
        if (size == 0) return false;
        if (type < data_.size() && !(present_ >> type & 1)) set(FieldType(type), bytes.subspan(5, size - 1));
        bytes = bytes.subspan(4 + size);
    }
    return true;
}

bool Ops::parse(Bytes& bytes, uint16_t count) {
    const Bytes all = bytes;
    for (uint16_t i = 0; i < count; ++i) {
        if (bytes.size() < 8) return false;
        const uint32_t size = load_be<uint32_t>(bytes.data());  // counts all that follows it
        const uint32_t fixed = 4u + bytes[7] + ((bytes[6] & 1) != 0 ? 8u : 0u);
        if (size > bytes.size() - 4 || size < fixed) return false;
        bytes = bytes.subspan(4 + size);
    }
    bytes_ = all.first(all.size() - bytes.size());
    count_ = count;
    return true;
}

Op Ops::Iterator::operator*() const {
    const uint32_t size = load_be<uint32_t>(at_);
    const uint8_t name_size = at_[7];
    const uint32_t lut_size = (at_[6] & 1) != 0 ? 8 : 0;  // per-bin update time of XDR writes: skipped
    const uint8_t* name = at_ + 8;
    return {OpCode(at_[4]),
            Particle(at_[5]),
            {reinterpret_cast<const char*>(name), name_size},
            {name + name_size + lut_size, size - 4 - name_size - lut_size}};
}

Ops::Iterator& Ops::Iterator::operator++() {
    at_ += 4 + load_be<uint32_t>(at_);
    --left_;
    return *this;
}

bool Message::parse_unit(Bytes& bytes) {
    if (bytes.size() < kMessageHeaderSize) return false;
    header = MessageHeader::load(bytes.data());
    bytes = bytes.subspan(kMessageHeaderSize);
    fields.clear();
    return fields.parse(bytes, header.field_count) && ops.parse(bytes, header.op_count);
}

bool peek_record(Bytes body, std::string_view& ns, Digest& digest) {
    constexpr uint32_t kFieldsLookedAt = 4;  // clients send namespace, set and digest first
    if (body.size() < kMessageHeaderSize) return false;
    const uint32_t count = std::min<uint32_t>(load_be<uint16_t>(body.data() + 18), kFieldsLookedAt);
    Bytes rest = body.subspan(kMessageHeaderSize);
    bool has_ns = false;
    for (uint32_t i = 0; i < count && rest.size() >= 5; ++i) {
        const uint32_t size = load_be<uint32_t>(rest.data());
        if (size == 0 || size > rest.size() - 4) return false;
        if (rest[4] == uint8_t(FieldType::ns)) {
            ns = as_text(rest.subspan(5, size - 1));
            has_ns = true;
        } else if (rest[4] == uint8_t(FieldType::digest)) {
            if (size != Digest::kSize + 1) return false;
            digest = Digest::from(rest.data() + 5);
            return has_ns;
        }
        rest = rest.subspan(4 + size);
    }
    return false;
}

bool Message::parse(Bytes body) { return parse_unit(body) && body.empty(); }

}  // namespace cairn::wire
