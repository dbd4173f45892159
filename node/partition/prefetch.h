#pragma once
#include <span>

#include "common/base/digest.h"
#include "node/partition/namespace.h"

namespace cairn::partition {

/// Requests whose cache misses overlap; more would push each other out of the cache again.
constexpr size_t kPrefetchGroup = 32;

/// A record that is about to be looked up.
struct Expected {
    Namespace* ns;
    Digest digest;
    bool with_body = true;  // its key and bins, not only what the index knows of it
    bool written = false;   // and other copies get it
};

/// Starts loading what the look-ups of all these records will touch: for commands that are known before they run, in
/// batches and pipelines. One pass for the leaves, one for the records they lead to (on devices: for the entries, and one more for
/// what is in memory of the records); directories are few and small, and stay in the cache by themselves.
void prefetch(std::span<const Expected> records);

}  // namespace cairn::partition
