#pragma once
#include <cstdint>
#include <string_view>

#include "common/base/digest.h"
#include "node/record/draft.h"
#include "node/record/layout.h"

namespace cairn::expr {

/// The record that an expression is evaluated for.
struct Subject {
    const Digest& digest;
    std::string_view set;                // empty: none
    uint64_t now_ms;                     // since 2010
    const record::Head* head = nullptr;  // nothing: it is being created
    record::Draft* draft = nullptr;  // has its bins while a command changes them; nothing: they are those of `head`
};

}  // namespace cairn::expr
