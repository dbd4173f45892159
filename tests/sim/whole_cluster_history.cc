#include "tests/sim/whole_cluster_history.h"

#include <algorithm>

namespace cairn::sim {

WholeClusterHistory::WholeClusterHistory(uint64_t seed, const ClusterShape& shape)
    : world_(seed),
      shape_(shape),
      cluster_(std::make_unique<WholeCluster>(world_, shape)),
      trouble_(world_, *cluster_),
      users_on_(&world_.machine("users", 1)) {
    for (size_t i = 0; i < shape.users; ++i) {
        users_.push_back(std::make_unique<ClusterUser>(world_, *cluster_, users_on_->loop(0), i, shared_));
    }
}

WholeClusterHistory::~WholeClusterHistory() { users_on_->kill(); }

void WholeClusterHistory::start() {
    for (size_t i = 0; i < shape_.beginners; ++i) cluster_->start(i);
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

std::optional<std::string> WholeClusterHistory::run() {
    start();
    write_all();
    while (world_.now() < Instant{} + shape_.lasts && !cluster_->violation()) {
        for (const auto& user : users_) user->work();
        world_.run_for(world_.dice().up_to(500ms));
        // Views may change by themselves, too.
        if (cluster_->has_all_copies()) trouble_.round();
        world_.run_for(world_.dice().up_to(3s));
        for (const auto& user : users_) user->rest();
        users_end();
        if (cluster_->violation()) break;
        complete();
        read_all();
    }
    if (!cluster_->violation()) return std::nullopt;
    return *cluster_->violation() + "\n    " + describe(shape_);
}

ClusterUser::Totals WholeClusterHistory::totals() const {
    ClusterUser::Totals all;
    for (const auto& user : users_) {
        all.acknowledged += user->totals().acknowledged;
        all.in_doubt += user->totals().in_doubt;
        all.reads += user->totals().reads;
        all.scans += user->totals().scans;
        all.elsewhere += user->totals().elsewhere;
        all.given_up += user->totals().given_up;
    }
    return all;
}

}  // namespace cairn::sim
