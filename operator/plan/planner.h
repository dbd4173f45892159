#pragma once
#include "operator/plan/action.h"
#include "operator/plan/observed.h"

namespace cairn::plan {

/// What is to be done with a cluster, given all that is known of it. Pure: the same input gives the same plan, and
/// nothing is remembered. What is not known forbids disruptive steps, and nothing else.
Plan plan(const Observed& observed);

}  // namespace cairn::plan
