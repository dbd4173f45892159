#pragma once
#include "node/expr/program.h"
#include "node/expr/subject.h"

namespace cairn::expr {

/// Evaluates a compiled expression for one record.
/// @param memory  lends what the value needs beyond views; also scratch, so reset it between records.
/// @return  unknown when there is no answer. A `removal` is none either.
Value evaluate(const Program& program, const Subject& subject, record::Memory& memory);

/// Evaluates a filter as far as that goes without reading the record: no bins, no stored key.
/// @param subject  its `head` need only have the fixed part.
/// @return  unknown when the record decides.
Trilean evaluate_metadata(const Program& program, const Subject& subject, record::Memory& memory);

/// Whether a record passes a filter; unknown does not.
bool passes(const Program& filter, const Subject& subject, record::Memory& memory);

}  // namespace cairn::expr
