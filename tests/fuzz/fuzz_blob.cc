// Operations on bits and on sketches: a chain of them on one bin, each from the input, does what it may and no more.
// The first byte of each piece chooses the kind; the next two are the size of the operation.
#include "common/base/check.h"
#include "node/blob/bits.h"
#include "node/blob/hll.h"
#include "node/record/sketch_form.h"
#include "tests/fuzz/pieces.h"

namespace cairn::fuzz {
namespace {

using record::ParticleValue;
using wire::Particle;

constexpr size_t kBlobMax = 8 << 20;
constexpr int kOperationsMax = 16;

void check_bin(const ParticleValue& bin) {
    if (bin.type == Particle::hll) CAIRN_CHECK(record::is_sketch(bin.bytes));
    else CAIRN_CHECK(bin.absent() || (bin.type == Particle::blob && bin.bytes.size() <= kBlobMax));
}

void operate(bool bits, Bytes operation, record::Memory& memory, ParticleValue& bin) {
    ParticleValue result;
    (bits ? blob::bits_read : blob::hll_read)(bin, operation, memory, result);
    ParticleValue changed;
    const auto modify = bits ? blob::bits_modify : blob::hll_modify;
    const ParticleValue before = bin;
    if (modify(bin, operation, memory, changed, result) != ResultCode::ok) return;
    check_bin(changed);
    CAIRN_CHECK(before.absent() || !changed.absent());
    bin = changed;
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    record::Memory memory;
    record::ParticleValue bin;
    fuzz::for_each_piece({data, size}, fuzz::kOperationsMax, [&](uint8_t kind, Bytes piece) {
        if (kind % 8 == 7) {  // another bin
            bin = {record::is_sketch(piece) ? wire::Particle::hll : wire::Particle::blob, piece};
        } else {
            fuzz::operate(kind % 2 == 0, piece, memory, bin);
        }
    });
    return 0;
}
