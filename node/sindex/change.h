#pragma once
#include <vector>

#include "node/sindex/record_values.h"

namespace cairn::sindex {

/// What a change of a record changes in one index. Kept from change to change, so that it allocates nothing once it is
/// warm.
class Change {
public:
    /// @param before, after  the record's versions; null: it was not there, or is gone. Both are readable.
    /// Costs a comparison of the indexed bin when that stays the same.
    void compute(RecordValues& values, const expr::Subject* before, const expr::Subject* after);

    /// Values whose entries are to go. Records that agree in Entry::key share entries, so one stays when another of
    /// them has the value.
    const std::vector<Value>& erased() const { return erased_; }
    /// Values that get an entry.
    const std::vector<Value>& inserted() const { return inserted_; }

private:
    std::vector<Value> before_, after_, erased_, inserted_;
};

}  // namespace cairn::sindex
