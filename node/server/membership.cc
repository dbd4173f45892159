#include "node/server/membership.h"

#include <algorithm>

#include "common/base/hash.h"

namespace cairn::server {

Membership::Membership(uint64_t node_id, Instant now) : seed_{node_id, static_cast<uint64_t>(now.count())} {
    view_.principal = node_id;
    renew(now);
}

void Membership::join(Asks asks, const fabric::Figures* figures, std::vector<runtime::Endpoint> seeds) {
    const std::lock_guard lock(mutex_);
    asks_ = std::move(asks);
    figures_ = figures;
    seeds_ = std::move(seeds);
    standing_ = std::make_shared<const fabric::Standing>();
}

void Membership::set_standing(std::shared_ptr<const fabric::Standing> standing) {
    const std::lock_guard lock(mutex_);
    standing_ = std::move(standing);
}

std::shared_ptr<const fabric::Standing> Membership::standing() const {
    const std::lock_guard lock(mutex_);
    return standing_;
}

Membership::View Membership::view() const {
    const std::lock_guard lock(mutex_);
    if (!standing_) return view_;
    View view{.quiesce_asked = view_.quiesce_asked, .size = 0};
    view.generation = static_cast<uint32_t>(standing_->generation);
    view.since = standing_->since;
    if (!standing_->formed) return view;
    view.cluster_key = standing_->cluster_key;
    const auto& members = standing_->formed->view.members;
    view.size = static_cast<uint32_t>(members.size());
    view.principal = members.back().id;
    for (const auto& [id, report] : standing_->formed->reports) {
        if (!report->quiesced) continue;
        ++view.quiesced_nodes;
        view.quiesced = view.quiesced || id == node_id();
    }
    if (view.quiesced_nodes == view.size) {  // then none counts as quiesced
        view.quiesced_nodes = 0;
        view.quiesced = false;
    }
    return view;
}

void Membership::ask_quiesce(bool quiesce) {
    const std::lock_guard lock(mutex_);
    view_.quiesce_asked = quiesce;
    if (asks_.quiesce) asks_.quiesce(quiesce);
}

bool Membership::recluster(Instant now) {
    const bool principal = view().principal == node_id();
    const std::lock_guard lock(mutex_);
    if (!asks_.recluster) {
        renew(now);
    } else {
        if (!principal) return false;
        asks_.recluster();
    }
    return true;
}

Result<void> Membership::add_seed(runtime::Endpoint seed) {
    const std::lock_guard lock(mutex_);
    if (!asks_.seeds) return fail("heartbeat is not configured");
    if (std::ranges::find(seeds_, seed) != seeds_.end()) return {};
    if (seeds_.size() >= kSeedsMax) return fail("there are " + std::to_string(kSeedsMax) + " seeds already");
    seeds_.push_back(std::move(seed));
    asks_.seeds(seeds_);
    return {};
}

size_t Membership::clear_seeds(const std::set<std::string, std::less<>>& texts) {
    const std::lock_guard lock(mutex_);
    const size_t cleared = std::erase_if(seeds_, [&](const auto& seed) { return texts.contains(seed.text()); });
    if (cleared > 0) asks_.seeds(seeds_);
    return cleared;
}

void Membership::clear_all_seeds() {
    const std::lock_guard lock(mutex_);
    seeds_.clear();
    if (asks_.seeds) asks_.seeds(seeds_);
}

void Membership::renew(Instant now) {
    const uint64_t parts[] = {seed_[0], seed_[1], ++view_.generation};
    view_.cluster_key = hash64({reinterpret_cast<const uint8_t*>(parts), sizeof(parts)}) & 0xFFFF'FFFF'FFFF;
    if (view_.cluster_key == 0) view_.cluster_key = 1;
    view_.since = now;
    view_.quiesced = view_.quiesce_asked;
    view_.quiesced_nodes = view_.quiesced ? 1 : 0;
}

}  // namespace cairn::server
