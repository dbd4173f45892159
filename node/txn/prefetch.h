#pragma once
#include <span>

#include "common/base/digest.h"
#include "node/partition/namespace.h"

namespace cairn::txn {

/// Requests whose cache misses overlap; more would push each other out of the cache again.
constexpr size_t kPrefetchGroup = 32;

/// A record that is about to be looked up.
struct Expected {
    partition::Namespace* ns;
    Digest digest;
};

/// Starts loading what the look-ups of all these records will touch: for commands that are known before they run, in
/// batches and pipelines. One pass for the leaves, one for the records they lead to; directories are few and small, and
/// stay in the cache by themselves.
void prefetch(std::span<const Expected> records);

}  // namespace cairn::txn
