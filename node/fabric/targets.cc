#include "node/fabric/targets.h"

#include <algorithm>
#include <utility>

namespace cairn::fabric {

Targets::Target* Targets::find(const runtime::Endpoint& at) {
    const auto found = targets_.find(at.text());
    return found == targets_.end() ? nullptr : &found->second;
}

Targets::Target& Targets::add(const runtime::Endpoint& at, Instant now) {
    const auto [place, is_new] = targets_.try_emplace(at.text());
    if (is_new) place->second = Target{.at = at, .named_at = now, .next = now, .back_off = settings_.back_off_first};
    return place->second;
}

void Targets::set_seed(const std::string& seed, const std::vector<runtime::Endpoint>& addresses, Instant now) {
    for (auto& [text, target] : targets_) {
        if (std::erase(target.seeds, seed) > 0) target.named_at = now;
    }
    for (const auto& address : addresses) {
        if (targets_.size() < kTargetsMax || find(address) != nullptr) add(address, now).seeds.push_back(seed);
    }
}

void Targets::learn(const std::vector<runtime::Endpoint>& addresses, Instant now) {
    for (const auto& address : addresses) {
        if (targets_.size() < kTargetsMax || find(address) != nullptr) add(address, now).named_at = now;
    }
}

void Targets::came(const std::vector<runtime::Endpoint>& addresses, Instant now) {
    learn(addresses, now);
    for (const auto& address : addresses) {
        Target* const target = find(address);
        if (target == nullptr || target->busy || target->leads_to) continue;
        target->next = std::min(target->next, now);
    }
}

std::vector<runtime::Endpoint> Targets::due(Instant now, const std::function<bool(Process)>& linked) {
    std::erase_if(targets_, [&](const auto& entry) {
        const Target& target = entry.second;
        return target.seeds.empty() && !target.busy && now - target.named_at > settings_.forget;
    });
    std::vector<runtime::Endpoint> due;
    for (auto& [text, target] : targets_) {
        if (target.busy || now < target.next) continue;
        if (target.leads_to && !target.lost && linked(*target.leads_to)) continue;  // by another of its addresses
        target.busy = true;
        due.push_back(target.at);
    }
    return due;
}

std::optional<Targets::Process> Targets::failed(const runtime::Endpoint& at, bool refused, Instant now,
                                                uint64_t random) {
    Target* const target = find(at);
    if (target == nullptr) return std::nullopt;
    const auto lost = std::exchange(target->lost, std::nullopt);
    target->busy = false;
    target->leads_to.reset();
    wait(*target, now, random);
    return refused ? lost : std::nullopt;
}

/// A process that ends may close its connections before its listener: an attempt in between is taken, and dropped. Only
/// the next one tells.
void Targets::cut_short(const runtime::Endpoint& at, Instant now, uint64_t random) {
    Target* const target = find(at);
    if (target == nullptr) return;
    if (!target->lost || ++target->cut_short > kCutShortMax) return (void)failed(at, false, now, random);
    target->busy = false;
    target->next = now;
}

/// Twice as long each time, and up to a quarter longer, so that nodes that lost each other do not dial in step.
void Targets::wait(Target& target, Instant now, uint64_t random) {
    const Duration jitter = target.back_off / 4 * static_cast<int64_t>(random % 1024) / 1024;
    target.next = now + target.back_off + jitter;
    target.back_off = std::min(2 * target.back_off, settings_.back_off_most);
}

void Targets::linked(const runtime::Endpoint& at, Process process, Instant now) {
    Target* const target = find(at);
    if (target == nullptr) return;
    target->answered = true;
    target->leads_to = process;
    target->lost.reset();
    target->linked_at = now;
}

void Targets::known(const runtime::Endpoint& at, Process process) {
    Target* const target = find(at);
    if (target == nullptr) return;
    target->busy = false;
    target->answered = true;
    target->leads_to = process;
    target->lost.reset();
}

void Targets::turned_away(const runtime::Endpoint& at, Instant now) {
    Target* const target = find(at);
    if (target == nullptr) return;
    target->answered = true;
    target->busy = false;
    target->leads_to.reset();
    target->lost.reset();
    target->next = now + settings_.turned_away;
}

void Targets::unlinked(const runtime::Endpoint& at, bool by_peer, Instant now, uint64_t random) {
    Target* const target = find(at);
    if (target == nullptr) return;
    target->busy = false;
    if (now - target->linked_at >= settings_.held) target->back_off = settings_.back_off_first;
    // A peer that takes connections only to break them is not tried at once for ever.
    const bool often = target->at_once_at && now - *target->at_once_at < settings_.held;
    if (!by_peer || often) return wait(*target, now, random);
    target->at_once_at = now;
    target->next = now;
    target->lost = target->leads_to;
    target->cut_short = 0;
}

bool Targets::pending(const std::string& seed) const {
    bool known = false;
    for (const auto& [text, target] : targets_) {
        if (std::ranges::find(target.seeds, seed) == target.seeds.end()) continue;
        known = true;
        if (!target.answered) return true;
    }
    return !known;
}

}  // namespace cairn::fabric
