#pragma once
#include "common/base/buffer.h"
#include "common/base/result.h"
#include "common/wire/encode.h"
#include "common/wire/message.h"
#include "node/expr/program.h"
#include "node/expr/subject.h"
#include "node/record/draft.h"

namespace cairn::txn {

/// Whether a write leaves nothing of the bins that were there.
inline bool replaces(const wire::MessageHeader& header) {
    return (header.info3 & (wire::info3::create_or_replace | wire::info3::replace_only)) != 0;
}

/// What is decided about a command's operations before any record is looked at.
struct OperationPlan {
    bool must_exist = false;  // a touch among them: an absent record is an error
    bool respond_all = false;
    bool reads_all = false;  // a read without a name means all bins
};

/// Checks the operations of a write as a whole.
/// @error parameter  none, too many, or a mix the protocol forbids (docs/protocol.md, "Write: order of checks").
std::expected<OperationPlan, ResultCode> plan_operations(const wire::MessageHeader& header, const wire::Ops& ops);

/// Runs the operations in order on `draft`; appends what they answer to `unit`.
/// @param subject  what expressions see: the record as it was, with the draft's bins.
/// @param program  memory for compiled expressions.
/// @param scratch  for values being checked; its content is the callee's.
/// @return  ok, or the error that undoes the whole command.
ResultCode run_operations(const wire::Ops& ops, const OperationPlan& plan, const expr::Subject& subject,
                          expr::Program& program, record::Draft& draft, Buffer& scratch, wire::UnitWriter& unit);

}  // namespace cairn::txn
