#include "tests/sim/whole_cluster_history.h"

#include <algorithm>

namespace cairn::sim {

WholeClusterHistory::WholeClusterHistory(uint64_t seed, const WholeClusterShape& shape)
    : world_(seed),
      shape_(shape),
      cluster_(std::make_unique<WholeCluster>(world_, 3, shape.mutants)),
      users_on_(&world_.machine("users", 1)) {
    for (size_t i = 0; i < shape.users; ++i) {
        users_.push_back(
            std::make_unique<ClusterUser>(world_, *cluster_, users_on_->loop(0), i, shape.registers, counters_));
    }
}

WholeClusterHistory::~WholeClusterHistory() { users_on_->kill(); }

void WholeClusterHistory::start() {
    for (size_t i = 0; i < cluster_->size(); ++i) cluster_->start(i);
    complete();
}

void WholeClusterHistory::write_all() {
    for (const auto& user : users_) user->write_each();
    users_end();
}

void WholeClusterHistory::read_all() {
    for (const auto& user : users_) user->read_each();
    users_end();
}

void WholeClusterHistory::users_end() {
    const auto idle = [this] { return std::ranges::all_of(users_, [](const auto& user) { return user->idle(); }); };
    for (const Instant end = world_.now() + 120s; world_.now() < end && !cluster_->violation(); world_.run_for(5ms)) {
        if (idle()) return;
        (void)cluster_->has_all_copies();  // then users go everywhere again
    }
    if (!idle()) cluster_->violate("users wait for ever");
}

void WholeClusterHistory::complete() {
    if (!cluster_->complete_within(90s)) {
        cluster_->violate("not all copies within 90 s: " + cluster_->incomplete().value_or(""));
    }
    if (!cluster_->violation()) cluster_->check_copies();
}

/// One node is in trouble for a while.
void WholeClusterHistory::trouble() {
    auto& dice = world_.dice();
    const size_t victim = dice.below(cluster_->size());
    const Duration lasts = dice.up_to(dice.once_in(3) ? 1s : 6s);
    switch (dice.below(6)) {
        case 0:
        case 1:
            cluster_->kill(victim);
            world_.run_for(lasts);
            return cluster_->start(victim);
        case 2:
            cluster_->stop(victim);
            world_.run_for(lasts);
            return cluster_->start(victim);
        case 3:
            cluster_->pause(victim);
            world_.run_for(lasts);
            return cluster_->resume(victim);
        default: break;
    }
    const bool out = dice.once_in(2);
    cluster_->isolate(victim, out, !out || dice.once_in(2));
    world_.run_for(lasts);
    cluster_->rejoin(victim);
}

std::optional<std::string> WholeClusterHistory::run() {
    start();
    write_all();
    for (size_t round = 0; round < shape_.rounds && !cluster_->violation(); ++round) {
        for (const auto& user : users_) user->work();
        world_.run_for(world_.dice().up_to(500ms));
        // Views may change by themselves, too.
        if (cluster_->has_all_copies()) trouble();
        world_.run_for(world_.dice().up_to(3s));
        for (const auto& user : users_) user->rest();
        users_end();
        if (cluster_->violation()) break;
        complete();
        read_all();
    }
    return cluster_->violation();
}

ClusterUser::Totals WholeClusterHistory::totals() const {
    ClusterUser::Totals all;
    for (const auto& user : users_) {
        all.acknowledged += user->totals().acknowledged;
        all.in_doubt += user->totals().in_doubt;
        all.reads += user->totals().reads;
        all.elsewhere += user->totals().elsewhere;
        all.given_up += user->totals().given_up;
    }
    return all;
}

}  // namespace cairn::sim
