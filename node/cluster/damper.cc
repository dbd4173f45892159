#include "node/cluster/damper.h"
#include "node/cluster/contains.h"

#include <algorithm>

namespace cairn::cluster {

bool Damper::ready(const std::vector<Process>& view, const std::vector<Process>& candidates, Instant now) {
    const auto lacks = [](const std::vector<Process>& some, Process one) { return !contains(some, one); };
    const bool loss = std::ranges::any_of(view, [&](Process p) { return lacks(candidates, p); });
    const bool gain = std::ranges::any_of(candidates, [&](Process p) { return lacks(view, p); });
    const bool more = std::ranges::any_of(candidates, [&](Process p) { return lacks(last_candidates_, p); });
    last_candidates_ = candidates;

    if (!loss) loss_since_.reset();
    if (!gain) gain_since_.reset();
    if (loss && !loss_since_) loss_since_ = now;
    // One that has lost its view gains all of the next, although it knew them before.
    if (gain && (more || !gain_since_)) last_gain_ = now;
    if (gain && !gain_since_) gain_since_ = now;

    if (proposed_at_ && now - *proposed_at_ < settings_.between_proposals) return false;
    if (loss && now - *loss_since_ >= settings_.loss_batch) return true;
    const bool quiet = gain && now - last_gain_ >= settings_.gain_quiet;
    return quiet || (gain && now - *gain_since_ >= settings_.gain_most);
}

void Damper::expelled(Process who, Instant now) {
    std::erase_if(expulsions_, [&](const auto& known) { return now - known.second.last > settings_.hold_memory; });
    auto& known = expulsions_[who];
    known.hold = known.hold == Duration{} ? settings_.hold_first : std::min(settings_.hold_most, known.hold * 2);
    known.last = now;
    known.until = now + known.hold;
}

bool Damper::any_on_hold(Instant now) const {
    return std::ranges::any_of(expulsions_, [&](const auto& known) { return now < known.second.until; });
}

bool Damper::on_hold(Process who, Instant now) const {
    const auto known = expulsions_.find(who);
    return known != expulsions_.end() && now < known->second.until;
}

}  // namespace cairn::cluster
