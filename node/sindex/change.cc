#include "node/sindex/change.h"

#include <algorithm>
#include <iterator>

namespace cairn::sindex {

void Change::compute(RecordValues& values, const expr::Subject* before, const expr::Subject* after) {
    erased_.clear();
    inserted_.clear();
    before_.clear();
    after_.clear();
    if (before && after && values.unchanged(*before->head, *after->head)) return;
    if (before) values.of(*before, before_);
    if (after) values.of(*after, after_);
    std::ranges::set_difference(before_, after_, std::back_inserter(erased_));
    std::ranges::set_difference(after_, before_, std::back_inserter(inserted_));
}

}  // namespace cairn::sindex
