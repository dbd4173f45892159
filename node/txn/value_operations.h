#pragma once
#include "common/base/result.h"
#include "common/wire/message.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

/// Operations inside a bin's value: lists and maps, bits of a blob, HyperLogLog.
namespace cairn::txn {

/// Bytes one command may compute: each append copies the whole value, and 32,768 of them on a megabyte are 32 GiB.
constexpr size_t kComputedMax = 256u << 20;

/// Whether the operation reads inside a value.
bool reads_value(wire::OpCode code);
/// Whether it changes one.
bool modifies_value(wire::OpCode code);

/// Runs an operation for which reads_value() holds.
/// @param bin     the bin's value; absent: there is no such bin.
/// @param memory  lends what the result needs beyond views into `bin` and `op`.
/// @param result  receives the answer; absent: an empty one, sent only to who asked for all responses.
/// @return  ok, or the error that ends the command.
ResultCode read_value(const wire::Op& op, const record::ParticleValue& bin, record::Memory& memory,
                      record::ParticleValue& result);

/// Runs an operation for which modifies_value() holds.
/// @param changed  receives the bin's new value; absent: there is to be no bin.
ResultCode modify_value(const wire::Op& op, const record::ParticleValue& bin, record::Memory& memory,
                        record::ParticleValue& changed, record::ParticleValue& result);

}  // namespace cairn::txn
