#pragma once
#include "node/expr/evaluate.h"

namespace cairn::expr {

class Evaluation;

/// Runs a path on a value.
/// @param bin     a list or map in stored form.
/// @param answer  receives the list or tree, or for apply the changed value; in normal form when it is a changed value.
/// @return  ok; incompatible_type: no list or map, or the keys of what has none; parameter: a filter without an
///          answer; server_error: a new value without one.
ResultCode run_path(const Program& program, const Path& path, Evaluation& evaluation, const record::ParticleValue& bin,
                    record::Memory& memory, record::ParticleValue& answer);

/// Whether a CDT_READ or CDT_MODIFY operation carries a path.
bool is_path(Bytes operation);

/// Such an operation on a bin's value; absent: the answer is, too.
/// @param program  memory for the compiled path.
/// @return  as above, and parameter: malformed.
ResultCode path_operation(Bytes operation, bool modifies, Program& program, const Subject& subject,
                          const record::ParticleValue& bin, record::Memory& memory, record::ParticleValue& answer);

}  // namespace cairn::expr
