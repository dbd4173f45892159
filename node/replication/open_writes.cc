#include "node/replication/open_writes.h"

#include <algorithm>

namespace cairn::replication {

std::optional<Ticket> OpenWrites::acknowledged(uint32_t sequence, NodeId from) {
    const auto found = writes_.find(sequence);
    if (found == writes_.end()) return std::nullopt;
    Write& write = found->second;
    std::erase(write.insync, from);
    std::erase(write.filling, from);
    if (!write.insync.empty()) return std::nullopt;
    const auto ticket = std::exchange(write.ticket, std::nullopt);
    if (write.filling.empty()) writes_.erase(found);
    return ticket;
}

void OpenWrites::forget_filling(NodeId node) {
    for (auto at = writes_.begin(); at != writes_.end();) {
        std::erase(at->second.filling, node);
        at = at->second.filling.empty() && at->second.insync.empty() ? writes_.erase(at) : std::next(at);
    }
}

std::vector<Ticket> OpenWrites::forget_insync(NodeId node) {
    std::vector<Ticket> answered;
    for (auto at = writes_.begin(); at != writes_.end();) {
        const uint32_t sequence = (at++)->first;
        if (const auto ticket = acknowledged(sequence, node)) answered.push_back(*ticket);
    }
    return answered;
}

std::vector<Ticket> OpenWrites::take_expired(Instant now) {
    std::vector<Ticket> expired;
    for (auto& [sequence, write] : writes_) {
        if (!write.ticket || now < write.ticket->deadline) continue;
        expired.push_back(*write.ticket);
        write.ticket.reset();
    }
    return expired;
}

std::vector<std::pair<Ticket, Digest>> OpenWrites::abandon() {
    std::vector<std::pair<Ticket, Digest>> waiting;
    for (const auto& [sequence, write] : writes_) {
        if (write.ticket) waiting.emplace_back(*write.ticket, write.digest);
    }
    writes_.clear();
    return waiting;
}

bool OpenWrites::waits_for(NodeId node) const {
    return std::ranges::any_of(writes_, [&](const auto& entry) {
        return std::ranges::find(entry.second.insync, node) != entry.second.insync.end() ||
               std::ranges::find(entry.second.filling, node) != entry.second.filling.end();
    });
}

void OpenWrites::resend(Instant now, Duration back_off_max, size_t max, const SendAgain& send) {
    for (auto& [sequence, write] : writes_) {
        if (now < write.resend_at) continue;
        const size_t needed = write.insync.size() + write.filling.size();
        if (needed > max) return;
        max -= needed;
        for (const NodeId node : write.insync) send(write, node);
        for (const NodeId node : write.filling) send(write, node);
        write.back_off = std::min(write.back_off * 2, back_off_max);
        write.resend_at = now + write.back_off;
    }
}

}  // namespace cairn::replication
