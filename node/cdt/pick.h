#pragma once
#include <optional>

#include "common/base/result.h"
#include "node/cdt/answer.h"
#include "node/cdt/selection.h"

namespace cairn::cdt {

/// How an operation selects; nothing: it does something else.
struct PickKind {
    PickBy by;
    bool remove;
};
std::optional<PickKind> pick_kind(int64_t code);

/// What to answer of a selection.
struct Question {
    Want want = Want::none;
    bool inverted = false;
    bool single = false;
};

/// Checks the number of arguments of a selecting operation and reads its return type, the first of them.
/// @error parameter          too few or too many arguments, or the type is no integer.
/// @error op_not_applicable  no such type, or none that the operation can have.
ResultCode read_question(const Operation& operation, PickBy by, Question& question);

/// Answers a question. Positions in a list that is not ordered, and in maps, come in two kinds, and each selection
/// knows those of one: what is answered for the other kind, in which order, and when it is refused, is the protocol's
/// way (docs/protocol.md, "Selecting in lists and maps").
/// @error op_not_applicable  positions of the other kind.
/// @error record_too_big     the same entries asked for too often.
ResultCode answer_from_list(View& list, const Selection& selection, Question question, Memory& memory,
                            ParticleValue& result);
ResultCode answer_from_map(View& map, const Selection& selection, Question question, Memory& memory,
                           ParticleValue& result);

}  // namespace cairn::cdt
