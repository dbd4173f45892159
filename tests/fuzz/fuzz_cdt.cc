// Operations inside lists and maps: a chain of them on one bin, each from the input; what they leave is in normal form,
// and so are the collections they answer.
// The first byte of each piece chooses the kind; the next two are its size.
#include "common/base/buffer.h"
#include "common/base/check.h"
#include "node/cdt/cdt.h"
#include "node/record/collection.h"
#include "node/record/element_index.h"
#include "node/record/msgpack.h"
#include "tests/fuzz/pieces.h"

namespace cairn::fuzz {
namespace {

using record::ParticleValue;
using wire::Particle;

constexpr int kPiecesMax = 16;
constexpr size_t kBinMax = 64 << 10;

bool is_collection(const ParticleValue& value) { return value.type == Particle::list || value.type == Particle::map; }

/// In normal form, but for the places that long ones have.
void check_bin(const ParticleValue& bin) {
    if (!is_collection(bin)) return;
    Buffer plain, normal;
    if (record::has_places(bin.bytes)) {
        const record::PlainForm form = record::plain_form(bin.bytes);
        plain.append(Bytes(form.head, form.head_size));
        plain.append(form.body);
    } else {
        plain.append(bin.bytes);
    }
    CAIRN_CHECK(record::normalise_collection(bin.type, plain.bytes(), normal) == ResultCode::ok);
    CAIRN_CHECK(as_text(normal.bytes()) == as_text(plain.bytes()));
}

/// Answers may be in an order of their own, and flagged so.
void check_result(const ParticleValue& result) {
    if (!is_collection(result)) return;
    record::msgpack::Reader reader(result.bytes);
    CAIRN_CHECK(reader.skip() && reader.at_end());
}

void operate(Bytes operation, record::Memory& memory, ParticleValue& bin) {
    ParticleValue result, changed;
    if (cdt::read(bin, operation, memory, result) == ResultCode::ok) check_result(result);
    if (cdt::modify(bin, operation, memory, changed, result) != ResultCode::ok) return;
    check_bin(changed);
    check_result(result);
    if (changed.bytes.size() <= kBinMax) bin = changed;
}

void set_bin(Bytes sent, Buffer& normal, ParticleValue& bin) {
    const bool map = !sent.empty() && ((sent[0] & 0xF0) == 0x80 || sent[0] >= 0xDE);
    const auto type = map ? Particle::map : Particle::list;
    normal.clear();
    bin = {};
    if (record::normalise_collection(type, sent, normal) == ResultCode::ok) bin = {type, normal.bytes()};
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    record::Memory memory;
    record::ParticleValue bin;
    Buffer normal;
    fuzz::for_each_piece({data, size}, fuzz::kPiecesMax, [&](uint8_t kind, Bytes piece) {
        if (kind % 8 == 7) fuzz::set_bin(piece, normal, bin);
        else fuzz::operate(piece, memory, bin);
    });
    return 0;
}
