#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "node/fabric/fabric.h"

namespace cairn::server {

/// What this node says of its cluster. Alone, it is one member, itself the principal, and has a view that `recluster:`
/// renews; when a cluster is configured, the fabric says. Quiescing takes two steps: asked for, then in force with the
/// next view. Safe on any thread.
class Membership {
public:
    struct View {
        uint64_t cluster_key = 0;  // 48 bits, 0 when the node is in no view
        uint32_t generation = 0;   // of views, from 1
        Instant since{};
        bool quiesce_asked = false;
        bool quiesced = false;
        uint32_t size = 1;       // members; 0: in no view
        uint32_t quiesced_nodes = 0;  // 0 when all members are: then none counts as that
        uint64_t principal = 0;  // node id; 0: in no view
    };
    /// How a cluster is asked for things.
    struct Asks {
        std::function<void()> recluster;
        std::function<void(bool)> quiesce;
        std::function<void(std::vector<runtime::Endpoint>)> seeds;
    };

    Membership(uint64_t node_id, Instant now);

    /// A cluster is configured. Once; `figures` outlives this.
    /// @param seeds  as they are configured.
    void join(Asks asks, const fabric::Figures* figures, std::vector<runtime::Endpoint> seeds);
    /// What the fabric knows now.
    void set_standing(std::shared_ptr<const fabric::Standing> standing);

    View view() const;
    /// Nothing: the node is alone.
    std::shared_ptr<const fabric::Standing> standing() const;
    /// Nothing: the node is alone.
    const fabric::Figures* figures() const {
        const std::lock_guard lock(mutex_);
        return figures_;
    }
    uint64_t node_id() const { return seed_[0]; }

    void ask_quiesce(bool quiesce);
    /// @return  false: another node is the principal, and has to be asked.
    bool recluster(Instant now);

    /// One more seed, until the process ends; one that is there already changes nothing.
    /// @error  no cluster is configured, or there are kSeedsMax already.
    Result<void> add_seed(runtime::Endpoint seed);
    /// Forgets these seeds, configured ones too, until the process ends. Who is known by others stays.
    /// @param texts  as Endpoint::text() writes them; a name is not resolved.
    /// @return  how many of them were seeds.
    size_t clear_seeds(const std::set<std::string, std::less<>>& texts);
    void clear_all_seeds();

    static constexpr size_t kSeedsMax = 256;

private:
    void renew(Instant now);

    const uint64_t seed_[2];
    mutable std::mutex mutex_;  // guards all below
    const fabric::Figures* figures_ = nullptr;
    Asks asks_;  // empty: alone
    View view_;  // alone, but quiesce_asked
    std::vector<runtime::Endpoint> seeds_;
    std::shared_ptr<const fabric::Standing> standing_;
};

}  // namespace cairn::server
