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
    bool with_body = true;  // its key and bins, not only what the index knows of it
};

/// Starts loading what the look-ups of all these records will touch: for commands that are known before they run, in
/// batches and pipelines. One pass for the leaves, one for the records they lead to (on devices: for the entries, and one more for
/// what is in memory of the records); directories are few and small, and stay in the cache by themselves.
void prefetch(std::span<const Expected> records);

}  // namespace cairn::txn
