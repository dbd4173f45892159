#include "node/txn/value_operations.h"

#include "node/blob/bits.h"
#include "node/blob/hll.h"
#include "node/cdt/cdt.h"

namespace cairn::txn {

using record::Memory;
using record::ParticleValue;
using wire::OpCode;
using wire::Particle;

bool reads_value(OpCode code) {
    return code == OpCode::cdt_read || code == OpCode::bits_read || code == OpCode::hll_read;
}
bool modifies_value(OpCode code) {
    return code == OpCode::cdt_modify || code == OpCode::bits_modify || code == OpCode::hll_modify;
}

ResultCode read_value(const wire::Op& op, const ParticleValue& bin, Memory& memory, ParticleValue& result) {
    if (op.code == OpCode::cdt_read) return cdt::read(bin, op.value, memory, result);
    if (op.type != Particle::blob) return ResultCode::incompatible_type;
    return op.code == OpCode::bits_read ? blob::bits_read(bin, op.value, memory, result)
                                        : blob::hll_read(bin, op.value, memory, result);
}

ResultCode modify_value(const wire::Op& op, const ParticleValue& bin, Memory& memory, ParticleValue& changed,
                        ParticleValue& result) {
    if (op.code == OpCode::cdt_modify) return cdt::modify(bin, op.value, memory, changed, result);
    if (op.type != Particle::blob) return ResultCode::incompatible_type;
    return op.code == OpCode::bits_modify ? blob::bits_modify(bin, op.value, memory, changed, result)
                                          : blob::hll_modify(bin, op.value, memory, changed, result);
}

}  // namespace cairn::txn
