#pragma once
#include <span>

#include "node/server/state.h"
#include "node/smd/map.h"
#include "node/truncations.h"

namespace cairn {

/// System metadata of a cluster as this node has it: truncations, secondary indexes, scripts. All on loop 0.
class Metadata {
public:
    /// @param state, truncations  outlive this.
    Metadata(server::State& state, Truncations& truncations) : state_(state), truncations_(truncations) {}

    /// Gives the map what is here from before the node was in a cluster, unless the map knows anything of it.
    void add_local(smd::Map& map) const;
    /// Puts these keys in force as the map has them, durably.
    /// @error  some are not; to be tried again.
    Result<void> apply(const smd::Map& map, std::span<const smd::Key> keys);

private:
    Result<void> apply_indexes(const smd::Map& map, partition::Namespace& ns);
    Result<void> apply_modules(const smd::Map& map);

    server::State& state_;
    Truncations& truncations_;
};

}  // namespace cairn
