#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/wire/encode.h"
#include "common/wire/message.h"
#include "node/record/layout.h"

namespace cairn::record {

using wire::Particle;

constexpr size_t kBinsMax = 32767;

/// One bin as it is stored: views into the record or, while a record is being changed, into the request.
/// `value` is in stored form: integers big-endian and shortened to 1, 2, 4 or 8 bytes, all else as on the wire.
struct Bin {
    std::string_view name;
    Particle type;
    Bytes value;

    /// Bytes this bin takes in a record.
    size_t stored_size() const { return 2 + length_size(value.size()) + name.size() + value.size(); }
    /// Writes it at `at` and returns the end.
    uint8_t* store(uint8_t* at) const;
    /// Lengths up to 11 live in the first byte; longer ones follow in 1, 2 or 4 bytes.
    static constexpr size_t length_size(size_t size) {
        return size <= 11 ? 0 : size <= 0xFF ? 1 : size <= 0xFFFF ? 2 : 4;
    }
};

/// Walks the bins of a stored record in order. The record is our own and was checked when it was written.
class BinWalk {
public:
    /// @param at, end  the bins of a record: bins_of(head) and head.body_end().
    BinWalk(const uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}
    bool next(Bin& bin);

private:
    const uint8_t* at_;
    const uint8_t* end_;
};

/// Finds bins of one record by name. Many names in a wide record are looked up by hash, so that 32,767 bins times 32,768
/// operations are not a search each.
class BinSearch {
public:
    /// @param lookups  how many find() calls to expect.
    BinSearch(const Head& head, size_t lookups);

    bool find(std::string_view name, Bin& bin) const;

private:
    const uint8_t* const begin_;
    const uint8_t* const end_;
    std::vector<Bin> bins_;  // empty: find() walks
    std::vector<uint32_t> places_;  // index in bins_ + 1, by hash of the name; open addressing, size a power of two
};

/// The stored key: type byte and bytes as the client sent them; empty when none is stored.
Bytes stored_key(const Head& head);
/// First bin of a record, after the stored key.
const uint8_t* bins_of(const Head& head);
inline BinWalk walk_bins(const Head& head) { return {bins_of(head), head.body_end()}; }

/// Bytes a key of `size` (type byte included) takes in a record.
constexpr size_t stored_key_size(size_t size) { return size == 0 ? 0 : size < 0xFF ? 1 + size : 5 + size; }
uint8_t* store_key(uint8_t* at, Bytes key);

/// Integers: the shortest of 1, 2, 4, 8 big-endian bytes that keeps the sign; a suffix of `wire`, so nothing is copied.
Bytes shorten_integer(const uint8_t* wire);
/// Sign-extends a stored integer.
int64_t load_integer(Bytes stored);

/// Appends a reply operation with `bin`'s value in wire form.
void append_bin(wire::UnitWriter& unit, wire::OpCode code, const Bin& bin);

}  // namespace cairn::record
