#pragma once
#include <map>
#include <optional>
#include <vector>

#include "common/base/time.h"
#include "node/cluster/pulse.h"

namespace cairn::cluster {

struct DamperSettings {
    Duration loss_batch = 150ms;  // one interval: deaths at once make one view
    Duration gain_quiet = 1s;
    Duration gain_most = 5s;
    Duration hold_first = 2s;
    Duration hold_most = 60s;
    Duration hold_memory = 600s;
    Duration between_proposals = 500ms;
};

/// When to try for another view: often enough that a loss is not delayed, seldom enough that a flapping link does not
/// keep the cluster busy. Time decides nothing else.
class Damper {
public:
    explicit Damper(DamperSettings settings) : settings_(settings) {}

    /// What the present view should become; called at each tick.
    /// @param view        processes in the view that is active, empty for none.
    /// @param candidates  as choose_candidates() gives them.
    /// @return  whether it is time to propose them.
    bool ready(const std::vector<Process>& view, const std::vector<Process>& candidates, Instant now);
    /// A proposal goes out.
    void proposed(Instant now) { proposed_at_ = now; }
    /// The last one failed because a member died: the next need not wait.
    void member_died() { proposed_at_.reset(); }

    /// A process had to leave a view, or did not answer in time: it may come back after a while that doubles each time.
    /// A new process of the same node may at once.
    void expelled(Process who, Instant now);
    bool on_hold(Process who, Instant now) const;
    bool any_on_hold(Instant now) const;

private:
    struct Expulsions {
        Duration hold{};
        Instant until{};
        Instant last{};
    };

    const DamperSettings settings_;
    std::vector<Process> last_candidates_;
    std::optional<Instant> loss_since_;
    std::optional<Instant> gain_since_;
    Instant last_gain_{};
    std::optional<Instant> proposed_at_;
    std::map<Process, Expulsions> expulsions_;  // of the last 10 minutes
};

}  // namespace cairn::cluster
