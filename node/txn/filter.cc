#include "node/txn/filter.h"

#include "node/txn/command.h"

namespace cairn::txn {

const Filter* filter_of(const Command& command, Worker& worker) {
    if (command.filter != nullptr || !command.fields.has(wire::FieldType::filter)) return command.filter;
    worker.filter.compile(command.fields[wire::FieldType::filter]);
    return &worker.filter;
}

expr::Subject subject_of(const partition::Namespace& ns, const Worker& worker, const record::Head& record) {
    return {.digest = record.digest,
            .set = ns.sets.name(record.set_id),
            .now_ms = worker.clock.epoch_ms(),
            .head = &record};
}

std::optional<ResultCode> check_metadata(const Filter* filter, const partition::Namespace& ns, Worker& worker,
                                         const record::Head& record, bool whole) {
    if (filter == nullptr) return ResultCode::ok;
    if (filter->code != ResultCode::ok) return filter->code;
    const expr::Program& program = filter->program;
    if (program.needs_record && (whole || !program.metadata)) return std::nullopt;
    const auto answer = expr::evaluate_metadata(program, subject_of(ns, worker, record), worker.memory);
    worker.memory.reset();
    if (answer == expr::Trilean::unknown && program.needs_record) return std::nullopt;
    return answer == expr::Trilean::yes ? ResultCode::ok : ResultCode::filtered_out;
}

ResultCode check_filter(const Filter* filter, const partition::Namespace& ns, Worker& worker,
                        const record::Head& record) {
    if (filter == nullptr) return ResultCode::ok;
    if (filter->code != ResultCode::ok) return filter->code;
    const bool passes = expr::passes(filter->program, subject_of(ns, worker, record), worker.memory);
    worker.memory.reset();
    return passes ? ResultCode::ok : ResultCode::filtered_out;
}

}  // namespace cairn::txn
