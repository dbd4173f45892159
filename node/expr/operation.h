#pragma once
#include <string_view>

#include "node/expr/evaluate.h"

namespace cairn::expr {

/// Flags of the operations that compute a bin.
namespace flag {
constexpr uint8_t create_only = 0x01, update_only = 0x02, allow_delete = 0x04, policy_no_fail = 0x08,
                  eval_no_fail = 0x10;
}

/// Runs an EXP_READ operation.
/// @param payload  msgpack [expression] or [expression, flags].
/// @param program  memory for the compiled expression.
/// @param memory   lends what the result needs.
/// @param result   receives the value; absent: nil, or no answer and the flags accept that.
/// @return  ok; parameter: malformed, or flags it cannot have; op_not_applicable: no answer.
ResultCode read(Bytes payload, Program& program, const Subject& subject, record::Memory& memory,
                record::ParticleValue& result);

/// Runs an EXP_MODIFY operation: the value becomes a bin of the draft.
/// @param subject  has the draft.
/// @return  as read(), and bin_exists, bin_not_found: against the flags; server_error, record_too_big: a list or map
///          that cannot be stored.
ResultCode modify(Bytes payload, Program& program, const Subject& subject, std::string_view bin);

}  // namespace cairn::expr
