#include "tests/fuzz/mutate.h"

#include <array>

#include "common/wire/message.h"
#include "common/wire/proto.h"

namespace cairn::fuzz {
namespace {

constexpr size_t kFields = wire::kProtoHeaderSize + wire::kMessageHeaderSize;  // where the first field begins
constexpr size_t kFrameMax = 256 << 10;

}  // namespace

std::string Mutator::next() {
    std::string frame = any();
    const std::string begin = frame.substr(0, 2);
    for (uint64_t left = 1 + dice_.below(4); left != 0; --left) damage(frame);
    if (frame.size() >= wire::kProtoHeaderSize && !dice_.once_in(20)) {
        const uint64_t word = load_be<uint64_t>(reinterpret_cast<const uint8_t*>(frame.data()));
        const uint64_t honest = (word & 0xFFFF'0000'0000'0000) | (frame.size() - wire::kProtoHeaderSize);
        store_be(reinterpret_cast<uint8_t*>(frame.data()), honest);
        if (!dice_.once_in(100))
            frame.replace(0, 2, begin);  // else the connection ends, and what follows is not looked at
    }
    return frame;
}

void Mutator::lie(std::string& frame, size_t at, size_t bytes) {
    constexpr std::array<uint64_t, 14> kLies = {
        0, 1, 4, 5, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 1 << 20, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF};
    if (at + bytes > frame.size()) return;
    const uint64_t value = dice_.once_in(4) ? dice_.next() : kLies[dice_.below(kLies.size())];
    for (size_t i = 0; i < bytes; ++i) frame[at + bytes - 1 - i] = char(value >> (8 * i));
}

void Mutator::repeat_field(std::string& frame) {
    if (frame.size() < kFields + 5) return;
    size_t at = kFields;
    for (uint64_t left = dice_.below(5); left != 0; --left) {
        const size_t size = 4 + load_be<uint32_t>(reinterpret_cast<const uint8_t*>(frame.data()) + at);
        if (size > frame.size() - at || at + size + 5 > frame.size()) break;
        at += size;
    }
    const size_t size = 4 + size_t(load_be<uint32_t>(reinterpret_cast<const uint8_t*>(frame.data()) + at));
    if (size > frame.size() - at) return;
    const std::string field = frame.substr(at, size);
    const uint64_t times = dice_.once_in(8) ? dice_.below(2000) : 1 + dice_.below(3);
    for (uint64_t i = 0; i < times && frame.size() < kFrameMax; ++i) frame.insert(at, field);
    uint8_t* count = reinterpret_cast<uint8_t*>(frame.data()) + wire::kProtoHeaderSize + 18;
    store_be(count, uint16_t(load_be<uint16_t>(count) + times));
}

void Mutator::damage(std::string& frame) {
    if (frame.empty()) return;
    const size_t at = dice_.below(frame.size());
    switch (dice_.below(12)) {
        case 0:
        case 1: frame[at] = char(frame[at] ^ (1 << dice_.below(8))); break;
        case 2: frame[at] = char(dice_.next()); break;
        case 3: lie(frame, at, 4); break;
        case 4: lie(frame, wire::kProtoHeaderSize + 18, 2); break;  // fields
        case 5: lie(frame, wire::kProtoHeaderSize + 20, 2); break;  // operations
        case 6: lie(frame, wire::kProtoHeaderSize + 1 + dice_.below(17), 1); break;  // flags and numbers
        case 7: frame.resize(at); break;
        case 8: {
            const std::string& other = any();
            frame = frame.substr(0, at) + other.substr(dice_.below(other.size()));
            break;
        }
        case 9: repeat_field(frame); break;
        case 10: frame.erase(at, 1 + dice_.below(8)); break;
        case 11:
            frame.insert(at, std::string(1 + dice_.below(dice_.once_in(50) ? 70'000 : 16), char(dice_.next())));
            break;
    }
    if (dice_.once_in(2000) && frame.size() >= 8) lie(frame, 2, 6);
}

}  // namespace cairn::fuzz
