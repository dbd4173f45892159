#include "node/record/bins.h"

#include <bit>

#include "common/base/hash.h"
#include "node/record/element_index.h"

namespace cairn::record {
namespace {

constexpr uint8_t kLength8 = 12, kLength16 = 13, kLength32 = 14;
constexpr size_t kLookupsMany = 32;  // from here on the names are hashed, if there are as many

}  // namespace

uint8_t* Bin::store(uint8_t* at) const {
    const size_t size = value.size();
    const uint8_t code = size <= 11 ? uint8_t(size) : size <= 0xFF ? kLength8 : size <= 0xFFFF ? kLength16 : kLength32;
    *at++ = uint8_t(name.size() | code << 4);
    *at++ = uint8_t(type);
    if (code == kLength8) *at++ = uint8_t(size);
    if (code == kLength16) store_le(at, uint16_t(size)), at += 2;
    if (code == kLength32) store_le(at, uint32_t(size)), at += 4;
    std::memcpy(at, name.data(), name.size());
    at += name.size();
    if (size != 0) std::memcpy(at, value.data(), size);
    return at + size;
}

bool BinWalk::next(Bin& bin) {
    if (at_ == end_) return false;
    const uint8_t lengths = *at_++;
    bin.type = Particle(*at_++);
    size_t size = lengths >> 4;
    if (size == kLength8) size = *at_++;
    else if (size == kLength16) size = load_le<uint16_t>(at_), at_ += 2;
    else if (size == kLength32) size = load_le<uint32_t>(at_), at_ += 4;
    const size_t name_size = lengths & 15;
    bin.name = {reinterpret_cast<const char*>(at_), name_size};
    bin.value = {at_ + name_size, size};
    at_ += name_size + size;
    return true;
}

BinSearch::BinSearch(const Head& head, size_t lookups) : begin_(bins_of(head)), end_(head.body_end()) {
    if (lookups < kLookupsMany) return;
    BinWalk walk(begin_, end_);
    for (Bin bin; walk.next(bin);) bins_.push_back(bin);
    if (bins_.size() < kLookupsMany) {
        bins_.clear();
        return;
    }
    places_.assign(std::bit_ceil(bins_.size() * 2), 0);
    const size_t mask = places_.size() - 1;
    for (uint32_t i = 0; i < bins_.size(); ++i) {
        size_t place = hash64(as_bytes(bins_[i].name)) & mask;
        while (places_[place] != 0) place = (place + 1) & mask;
        places_[place] = i + 1;
    }
}

bool BinSearch::find(std::string_view name, Bin& bin) const {
    if (bins_.empty()) {
        BinWalk walk(begin_, end_);
        while (walk.next(bin)) {
            if (bin.name == name) return true;
        }
        return false;
    }
    const size_t mask = places_.size() - 1;
    for (size_t place = hash64(as_bytes(name)) & mask; places_[place] != 0; place = (place + 1) & mask) {
        bin = bins_[places_[place] - 1];
        if (bin.name == name) return true;
    }
    return false;
}

Bytes stored_key(const Head& head) {
    if (!head.has_key) return {};
    const uint8_t* at = head.body();
    if (*at != 0xFF) return {at + 1, *at};
    return {at + 5, load_le<uint32_t>(at + 1)};
}

const uint8_t* bins_of(const Head& head) {
    const Bytes key = stored_key(head);
    return key.empty() ? head.body() : key.data() + key.size();
}

uint8_t* store_key(uint8_t* at, Bytes key) {
    if (key.empty()) return at;
    if (key.size() < 0xFF) {
        *at++ = uint8_t(key.size());
    } else {
        *at++ = 0xFF;
        store_le(at, uint32_t(key.size()));
        at += 4;
    }
    std::memcpy(at, key.data(), key.size());
    return at + key.size();
}

Bytes shorten_integer(const uint8_t* wire) {
    const auto value = int64_t(load_be<uint64_t>(wire));
    const size_t size = value == int8_t(value) ? 1 : value == int16_t(value) ? 2 : value == int32_t(value) ? 4 : 8;
    return {wire + 8 - size, size};
}

int64_t load_integer(Bytes stored) {
    switch (stored.size()) {
        case 1: return int8_t(stored[0]);
        case 2: return int16_t(load_be<uint16_t>(stored.data()));
        case 4: return int32_t(load_be<uint32_t>(stored.data()));
        default: return int64_t(load_be<uint64_t>(stored.data()));
    }
}

void append_bin(wire::UnitWriter& unit, wire::OpCode code, const Bin& bin) {
    const bool collection = bin.type == Particle::list || bin.type == Particle::map;
    if (bin.type == Particle::integer) {
        store_be(unit.op(code, bin.type, bin.name, 8), uint64_t(load_integer(bin.value)));
    } else if (collection && has_places(bin.value)) {
        const PlainForm form = plain_form(bin.value);
        uint8_t* at = unit.op(code, bin.type, bin.name, form.size());
        std::memcpy(at, form.head, form.head_size);
        if (!form.body.empty()) std::memcpy(at + form.head_size, form.body.data(), form.body.size());
    } else {
        unit.op(code, bin.type, bin.name, bin.value);
    }
}

}  // namespace cairn::record
