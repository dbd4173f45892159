#pragma once
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "node/expr/evaluate.h"
#include "node/partition/namespace.h"

namespace cairn::txn {

struct Command;
struct Worker;

/// The filter of a command, compiled before its record is looked up. A bad one is an error only where there is a record.
struct Filter {
    expr::Program program;
    ResultCode code = ResultCode::ok;  // of compiling it

    void compile(Bytes source) { code = expr::compile_filter(source, program); }
};

/// The filter of a command, compiled into its worker's memory unless it comes compiled; null: it has none.
const Filter* filter_of(const Command& command, Worker& worker);

/// Asks a filter about a record that need not be whole, so that a record that does not pass is not read.
/// @param filter  may be null.
/// @param whole   the record is, and will be asked about anyway: nothing is done twice for it.
/// @return  ok; filtered_out; parameter: the filter is none; nothing: the record's key or bins decide.
std::optional<ResultCode> check_metadata(const Filter* filter, const partition::Namespace& ns, Worker& worker,
                                         const record::Head& record, bool whole);
/// The same about a record that is whole, and always answers.
ResultCode check_filter(const Filter* filter, const partition::Namespace& ns, Worker& worker,
                        const record::Head& record);

/// A stored record as expressions see it.
expr::Subject subject_of(const partition::Namespace& ns, const Worker& worker, const record::Head& record);

}  // namespace cairn::txn
