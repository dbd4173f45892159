#include "tests/sim/cluster_trouble.h"

#include <vector>

namespace cairn::sim {

using Trouble = ClusterShape::Trouble;

Duration ClusterTrouble::some_time() { return world_.dice().up_to(world_.dice().once_in(3) ? 1s : 6s); }

void ClusterTrouble::round() {
    auto& dice = world_.dice();
    std::vector<size_t> members;
    for (size_t i = 0; i < cluster_.size(); ++i) {
        if (cluster_.member(i)) members.push_back(i);
        else if (dice.once_in(3)) at(dice.up_to(3s), [this, i] { cluster_.start(i); });
    }
    const auto& shape = cluster_.shape();
    // Who is quiesced keeps no copies.
    const bool quiesces = dice.once_in(5);
    if (quiesces) quiesce_one();
    const size_t holders = std::max<size_t>(members.size() - quiesces, 1);
    size_t most = shape.lossy() ? members.size() : std::min<size_t>(shape.copies, holders) - 1;
    // Of two lines on one node each nobody can say which the users wrote to; until both are one, a write may be made to the
    // older version.
    if (shape.trouble == Trouble::islands) most = std::min(most, members.size() - std::min<size_t>(members.size(), 2));
    alone_ = !shape.lossy() && members.size() == 1 && plan_.empty();
    const size_t count = most == 0 || dice.once_in(6) ? 0 : dice.between(1, most);
    for (size_t i = 0; i < count && !members.empty(); ++i) {
        const auto chosen = members.begin() + static_cast<ptrdiff_t>(dice.below(members.size()));
        lose_one(*chosen);
        members.erase(chosen);
    }
    if (alone_ && shape.on_files) end_and_return(members[0], dice.up_to(1s), some_time());
    for (size_t i = dice.below(3); i > 0; --i) annoy();
    run();
}

void ClusterTrouble::lose_one(size_t victim) {
    auto& dice = world_.dice();
    const Duration begins = dice.up_to(dice.once_in(2) ? 100ms : 3s);
    const Duration lasts = some_time();
    const bool islands = cluster_.shape().trouble != Trouble::losses;
    switch (dice.below(islands ? 8 : 5)) {
        case 0:
        case 1:
        case 2: return end_and_return(victim, begins, lasts);
        case 3:
            if (cluster_.size() > 2 && dice.once_in(2)) return leave(victim, begins);
            return end_and_return(victim, begins, lasts);
        case 4:
            at(begins, [this, victim] { cluster_.pause(victim); });
            return at(begins + lasts, [this, victim] { cluster_.resume(victim); });
        case 5: return flap(victim, begins, lasts);
        default: return isolate(victim, begins, lasts);
    }
}

/// Alone, with files and without other copies, it may only end so that nothing is lost: what was removed without a trace
/// is there again after a start that reads all blocks.
void ClusterTrouble::end_and_return(size_t victim, Duration begins, Duration lasts) {
    auto& dice = world_.dice();
    const auto& shape = cluster_.shape();
    const bool keeps_all = shape.commit_to_device && (!shape.removes || shape.durably);
    const uint64_t how = alone_ && !keeps_all ? 0 : dice.below(4);
    at(begins, [this, victim, how] {
        if (how == 0) return cluster_.stop(victim);
        how == 1 ? cluster_.crash(victim) : cluster_.kill(victim);
    });
    // Without a trace of what was removed meanwhile: what the node still has would be there again if it met nobody first.
    const bool wiped = !alone_ && (dice.once_in(4) || (shape.removes && !shape.durably));
    at(begins + lasts, [this, victim, wiped] {
        if (wiped) cluster_.wipe(victim);
        cluster_.start(victim);
    });
}

void ClusterTrouble::isolate(size_t victim, Duration begins, Duration lasts) {
    auto& dice = world_.dice();
    const bool out = dice.once_in(2);
    const bool in = !out || dice.once_in(2);
    at(begins, [this, victim, out, in] { cluster_.isolate(victim, out, in); });
    at(begins + lasts, [this, victim] { cluster_.rejoin(victim); });
}

void ClusterTrouble::flap(size_t victim, Duration begins, Duration lasts) {
    auto& dice = world_.dice();
    const bool out = dice.once_in(2);
    const bool in = !out || dice.once_in(2);
    const Duration each = dice.once_in(2) ? 300ms : 3s;
    for (Duration when = begins; when < begins + lasts; when += 1ms + dice.up_to(each)) {
        at(when, [this, victim, out, in] { cluster_.isolate(victim, out, in); });
        when += 1ms + dice.up_to(each);
        if (when < begins + lasts) at(when, [this, victim] { cluster_.unblock(victim); });
    }
    at(begins + lasts, [this, victim] { cluster_.rejoin(victim); });
}

void ClusterTrouble::leave(size_t victim, Duration begins) {
    at(begins, [this, victim, orderly = world_.dice().once_in(2)] {
        if (cluster_.member_count() == 1) return;
        orderly ? cluster_.stop(victim) : cluster_.kill(victim);
        cluster_.leave(victim);
        cluster_.wipe(victim);
    });
}

void ClusterTrouble::quiesce_one() {
    const Duration begins = world_.dice().up_to(4s);
    const auto set = [this, node = any_node()](bool quiesced) {
        cluster_.quiesce(node, quiesced);
        cluster_.recluster();
    };
    at(begins, [set] { set(true); });
    at(begins + some_time(), [set] { set(false); });
}

/// Nobody is lost.
void ClusterTrouble::annoy() {
    auto& dice = world_.dice();
    const auto& shape = cluster_.shape();
    const Duration begins = dice.up_to(4s);
    const size_t node = any_node();
    switch (dice.below(5)) {
        case 0:
            // Where islands are merged by time, clocks decide.
            if (shape.trouble == Trouble::islands) return;
            return at(begins, [this, node, forward = dice.once_in(2), by = dice.up_to(std::chrono::hours(5))] {
                cluster_.machine(node).step_calendar(forward ? by : -by);
            });
        case 1: {
            const size_t other = any_node();
            return at(begins, [this, node, other] {
                if (node != other) world_.network().cut(cluster_.machine(node), cluster_.machine(other));
            });
        }
        case 2:
            if (shape.racks == 1) return;
            return at(begins, [this, node, rack = dice.between(1, shape.racks)] { cluster_.set_rack(node, rack); });
        case 3: return at(begins, [this] { cluster_.recluster(); });
        default:
            // For less than others take for an end.
            at(begins, [this, node] { cluster_.machine(node).set_paused(true); });
            return at(begins + dice.up_to(400ms), [this, node] { cluster_.machine(node).set_paused(false); });
    }
}

void ClusterTrouble::run() {
    while (!plan_.empty() && !cluster_.violation()) {
        const auto next = plan_.begin();
        if (next->first > world_.now()) {
            world_.run_for(std::min<Duration>(next->first - world_.now(), 50ms));
            cluster_.check_masters();
            continue;
        }
        auto act = std::move(next->second);
        plan_.erase(next);
        act();
    }
    plan_.clear();
}

}  // namespace cairn::sim
