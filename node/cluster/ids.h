#pragma once
#include <compare>
#include <cstdint>
#include <limits>

#include "common/base/digest.h"

namespace cairn::cluster {

/// Configured, stable over restarts, never 0.
using NodeId = uint64_t;
/// Random, one for each start of a process; never 0.
using Boot = uint64_t;

constexpr size_t kNodesMax = 256;
constexpr size_t kNamespacesMax = 32;

/// Random, written with durable state when it is created: what was wiped comes back under another one. A node's
/// cluster state has one, and so has its data of each namespace (`DataInc`).
struct Incarnation {
    uint64_t high = 0;
    uint64_t low = 0;
    auto operator<=>(const Incarnation&) const = default;
};
using DataInc = Incarnation;

/// Orders proposals of views. Counter 0 is "none". The boot makes it the proposer's own: a node that forgot what it
/// proposed (its disk was wiped, or writes were not waited for) cannot name two views alike.
struct Ballot {
    uint32_t counter = 0;  // 28 bits, so that a regime holds it
    NodeId proposer = 0;
    Boot boot = 0;  // of the proposer
    auto operator<=>(const Ballot&) const = default;
    explicit operator bool() const { return counter != 0; }
};
constexpr uint32_t kBallotCounterMax = (uint32_t{1} << 28) - 1;

/// What clients see grow with every change of a partition's master: the view's counter, and the hand-over inside it.
using Regime = uint32_t;
constexpr Regime regime_of(Ballot ballot, uint32_t handover = 0) { return ballot.counter << 4 | handover; }

}  // namespace cairn::cluster
