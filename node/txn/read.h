#pragma once
#include "common/wire/encode.h"
#include "node/record/layout.h"
#include "node/txn/command.h"

namespace cairn::txn {

/// A command that only reads. See execute().
ResultCode read(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

struct ReadStyle {
    bool respond_all;  // an empty answer is null, not nothing
    bool as_reads;     // answers have the code of a plain read
};
/// Appends what reading operations answer about a record.
/// @return  ok; bin_name, parameter: an operation that is none of those; an error of an operation; record_too_big.
ResultCode append_reads(wire::UnitWriter& unit, const partition::Namespace& ns, Worker& worker,
                        const record::Head& record, const wire::Ops& ops, ReadStyle style);

}  // namespace cairn::txn
