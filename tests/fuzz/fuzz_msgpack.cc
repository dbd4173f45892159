// Collections: normal form is stable and no longer than what was sent, and the order of values is an order.
// The first byte chooses list or map, or two arbitrary values to compare.
#include <array>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "node/record/collection.h"
#include "node/record/msgpack.h"

namespace cairn::fuzz {
namespace {

namespace msgpack = record::msgpack;

constexpr size_t kComparedMax = 12;

/// The values inside one collection in normal form.
std::vector<Bytes> values_of(Bytes collection) {
    std::vector<Bytes> values;
    msgpack::Reader reader(collection);
    msgpack::Element header;
    CAIRN_CHECK(reader.next(header));
    for (uint64_t left = header.children(); left != 0 && values.size() < kComparedMax; --left) {
        const size_t from = reader.position();
        CAIRN_CHECK(reader.skip());
        const Bytes value = collection.subspan(from, reader.position() - from);
        msgpack::Element element;
        msgpack::Reader(value).next(element);
        if (!element.metadata()) values.push_back(value);
    }
    return values;
}

int sign(int value) { return (value > 0) - (value < 0); }

void check_order(const std::vector<Bytes>& values) {
    for (const Bytes a : values) {
        CAIRN_CHECK(msgpack::compare(a, a) == 0);
        for (const Bytes b : values) {
            const int ab = sign(msgpack::compare(a, b));
            CAIRN_CHECK(ab == -sign(msgpack::compare(b, a)));
            for (const Bytes c : values) {
                if (ab <= 0 && msgpack::compare(b, c) <= 0) CAIRN_CHECK(msgpack::compare(a, c) <= 0);
            }
        }
    }
}

void check_collection(wire::Particle type, Bytes sent) {
    Buffer normal;
    if (record::normalise_collection(type, sent, normal) != ResultCode::ok) {
        CAIRN_CHECK(normal.empty());
        return;
    }
    CAIRN_CHECK(normal.size() <= sent.size());
    Buffer again;
    CAIRN_CHECK(record::normalise_collection(type, normal.bytes(), again) == ResultCode::ok);
    CAIRN_CHECK(as_text(again.bytes()) == as_text(normal.bytes()));
    check_order(values_of(normal.bytes()));
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    if (size == 0) return 0;
    // A copy of its own size: reading behind it is found.
    const std::vector<uint8_t> exact(data + 1, data + size);
    if (data[0] % 4 == 3) {
        const size_t half = exact.size() / 2;
        record::msgpack::compare(Bytes(exact).first(half), Bytes(exact).subspan(half));
        return 0;
    }
    fuzz::check_collection(data[0] % 2 == 0 ? wire::Particle::list : wire::Particle::map, exact);
    return 0;
}
