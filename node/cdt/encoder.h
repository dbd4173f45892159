#pragma once
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"
#include "node/record/memory.h"

namespace cairn::cdt {

/// Bytes of a list's or map's header.
constexpr size_t header_size(uint32_t count) { return count < 16 ? 1 : count <= 0xFFFF ? 3 : 5; }
constexpr size_t kMetadataSize = 3;
constexpr size_t kIntegerSizeMax = 9;

/// Writes msgpack in smallest form into memory that lives as long as the command.
class Encoder {
public:
    /// @param size_max  at least the bytes that will be written.
    Encoder(record::Memory& memory, size_t size_max) : begin_(memory.allocate(size_max)), at_(begin_) {}

    void list_header(uint32_t count) { header(count, 0x90, 0xDC); }
    void map_header(uint32_t count) { header(count, 0x80, 0xDE); }
    /// A collection's header, with metadata when there are flags.
    /// @param count  of the entries without the metadata.
    void opening(bool map, uint8_t flags, uint32_t count);
    /// Bytes that opening() writes.
    static size_t opening_size(bool map, uint8_t flags, uint32_t count) {
        return flags == 0 ? header_size(count) : header_size(count + 1) + kMetadataSize + (map ? 1 : 0);
    }
    void nil() { *at_++ = 0xC0; }
    void integer(int64_t value);
    void floating(double value);
    void bytes(Bytes encoded) {
        if (!encoded.empty()) std::memcpy(at_, encoded.data(), encoded.size());
        at_ += encoded.size();
    }

    /// Leaves room for what is not known yet.
    void leave(size_t size) { at_ += size; }
    /// Writes into that room, at its end; returns what is written from there on.
    Bytes prepend(Bytes head, size_t room) const {
        uint8_t* at = begin_ + room - head.size();
        std::memcpy(at, head.data(), head.size());
        return {at, size_t(at_ - at)};
    }

    Bytes written() const { return {begin_, size_t(at_ - begin_)}; }

private:
    void header(uint32_t count, uint8_t fix, uint8_t two);
    template <class T>
    void sized(uint8_t byte, T value) {
        *at_++ = byte;
        store_be(at_, value);
        at_ += sizeof(T);
    }

    uint8_t* begin_;
    uint8_t* at_;
};

}  // namespace cairn::cdt
