#pragma once
#include <cstdint>
#include <mutex>

#include "common/base/hash.h"
#include "common/base/time.h"

namespace cairn::server {

/// What this node, alone, says of its cluster: one member, itself the principal, and a view that `recluster:` renews.
/// Quiescing takes two steps as in a larger cluster: asked for, then in force with the next view.
class Membership {
public:
    struct View {
        uint64_t cluster_key = 0;  // 48 bits, not 0
        uint32_t generation = 0;   // of views, from 1
        Instant since{};
        bool quiesce_asked = false;
        bool quiesced = false;
    };

    Membership(uint64_t node_id, Instant now) : seed_{node_id, static_cast<uint64_t>(now.count())} { recluster(now); }

    View view() const {
        const std::lock_guard lock(mutex_);
        return view_;
    }
    void ask_quiesce(bool quiesce) {
        const std::lock_guard lock(mutex_);
        view_.quiesce_asked = quiesce;
    }
    void recluster(Instant now) {
        const std::lock_guard lock(mutex_);
        const uint64_t parts[] = {seed_[0], seed_[1], ++view_.generation};
        view_.cluster_key = hash64({reinterpret_cast<const uint8_t*>(parts), sizeof(parts)}) & 0xFFFF'FFFF'FFFF;
        if (view_.cluster_key == 0) view_.cluster_key = 1;
        view_.since = now;
        view_.quiesced = view_.quiesce_asked;
    }

private:
    const uint64_t seed_[2];
    mutable std::mutex mutex_;
    View view_;
};

}  // namespace cairn::server
