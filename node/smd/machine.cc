#include "node/smd/machine.h"

#include <algorithm>

namespace cairn::smd {
namespace {

constexpr size_t kOperationsMax = 4096;

/// What does not fit into a message.
bool too_large(const Set& set) {
    return set.key.name.size() > Map::kNameMax || (set.value && set.value->size() > Map::kValueMax);
}

/// Above these a client's change is refused; what is there already is merged whatever its size.
bool fits(const Map& map, const Set& set) {
    const size_t more = set.key.name.size() + set.value->size();
    return map.bytes() + more <= Map::kBytesMax && (map.find(set.key) || map.entries().size() < Map::kEntriesMax);
}

bool same_value(const Entry& entry, const Set& set) {
    return (entry.value == nullptr) == (set.value == nullptr) && (!entry.value || *entry.value == *set.value);
}

}  // namespace

Machine::Effects Machine::step(const Event& event, Instant now) {
    Effects out;
    std::visit([&](const auto& known) { on(known, now, out); }, event);
    return out;
}

/// What was sent may have been done, by a principal that is none any more.
void Machine::leave_view(Effects& out) {
    std::erase_if(requests_, [&](const auto& request) {
        if (request.second.sent) out.push_back(Answer{request.second.ticket, Outcome::in_doubt});
        return request.second.sent;
    });
    view_ = {};
    members_.clear();
    merged_.clear();
    wanted_from_.reset();
    ready_ = false;
    sequence_ = 0;
    operations_.clear();
    finished_.clear();
    to_tell_.clear();
}

void Machine::on(const ViewAccepted& accepted, Instant, Effects& out) {
    leave_view(out);
    view_ = accepted.view;
    members_.insert(accepted.members.begin(), accepted.members.end());
    merged_.insert(self_);
    for (const NodeId member : members_) {
        if (member != self_) send(member, Have{map_.hash(), false}, out);
    }
    look(out);
}

void Machine::on(const ViewLost&, Instant, Effects& out) { leave_view(out); }

void Machine::on(const Arrived& arrived, Instant, Effects& out) {
    // What a member has may arrive before this node has accepted the view.
    if (const auto* const have = std::get_if<Have>(&arrived.message.body)) {
        auto& said = said_[arrived.from];
        if (said.first <= arrived.message.view) said = {arrived.message.view, have->hash};
        if (said_.size() > 2 * cluster::kNodesMax) said_.clear();
    }
    if (!view_ || arrived.message.view != view_ || !members_.contains(arrived.from)) return;
    std::visit([&](const auto& known) { receive(arrived.from, known, out); }, arrived.message.body);
}

/// Whom this node has everything of, and of whom it wants everything: one after another, since most have the same.
void Machine::look(Effects& out) {
    std::optional<NodeId> next;
    for (const NodeId member : members_) {
        if (merged_.contains(member)) continue;
        const auto said = said_.find(member);
        if (said == said_.end() || said->second.first != view_) continue;
        if (said->second.second == map_.hash()) merged_.insert(member);
        else if (!next) next = member;
    }
    if (next && !wanted_from_) {
        wanted_from_ = next;
        send(*next, Want{}, out);
    }
    if (ready_ || (merged_.size() < members_.size() && !mutants_.serves_before_all)) return;
    ready_ = true;
    out.push_back(Ready{view_});
    ask_for_all(out);
}

void Machine::receive(NodeId from, const Have& have, Effects& out) {
    if (have.asks) send(from, Have{map_.hash(), false}, out);
    look(out);
}

void Machine::receive(NodeId from, const Want&, Effects& out) {
    send(from, Whole{{map_.entries().begin(), map_.entries().end()}}, out);
}

void Machine::receive(NodeId from, const Whole& whole, Effects& out) {
    if (wanted_from_ == from) wanted_from_.reset();
    merge(whole.entries, out);
    merged_.insert(from);
    look(out);
}

uint64_t Machine::merge(const Entries& entries, Effects& out) {
    Changed changed{++changes_, {}};
    for (const auto& [key, entry] : entries) {
        if (map_.merge(key, entry)) changed.keys.push_back(key);
    }
    out.push_back(std::move(changed));
    return changes_;
}

/// Higher than any that a member has: this node has what they have, and their views were earlier. The present one is looked
/// at all the same, since a node may have lost its memory of views and kept this.
Version Machine::next_version(const Entry* present) {
    Version next{view_.counter, ++sequence_, self_};
    if (present == nullptr || present->version < next) return next;
    return {present->version.counter, present->version.sequence + 1, self_};
}

std::optional<Outcome> Machine::objection(const Change& change) const {
    for (const Set& set : change.sets) {
        const Entry* const present = map_.find(set.key);
        if (set.only_new && present && present->value && !same_value(*present, set)) return Outcome::exists;
        if (set.value && !fits(map_, set)) return Outcome::too_much;
    }
    if (operations_.size() >= kOperationsMax) return Outcome::too_much;
    return std::nullopt;
}

void Machine::receive(NodeId from, const Ask& ask, Effects& out) {
    if (principal() != self_ || !ready_) return;  // it will be repeated
    const auto done = finished_.find({from, ask.number});
    if (done != finished_.end() && !mutants_.repeats_requests) {
        return finish(from, ask.number, done->second, out);
    }
    const bool open = std::ranges::any_of(operations_, [&](const auto& operation) {
        return operation.second.asker == from && operation.second.request == ask.number;
    });
    if (open) return;
    if (const auto refused = objection(ask.change)) return finish(from, ask.number, *refused, out);
    begin(from, ask.number, ask.change, out);
}

void Machine::begin(NodeId asker, uint64_t request, const Change& change, Effects& out) {
    Entries entries;
    for (const Set& set : change.sets) {
        const Entry* const present = map_.find(set.key);
        if (!set.value && present == nullptr) continue;  // nobody has it
        Entry entry{.time_ms = change.time_ms, .value = set.value};
        entry.version = mutants_.same_version && present ? present->version : next_version(present);
        if (!set.value) entry.era = entry.version;
        else if (present) entry.era = present->era;
        entries.emplace_back(set.key, std::move(entry));
    }
    if (entries.empty()) return finish(asker, request, Outcome::ok, out);
    const uint64_t kept = merge(entries, out);
    for (auto& [key, entry] : entries) entry = *map_.find(key);
    const uint64_t number = ++operations_begun_;
    auto& operation = operations_[number] = Operation{asker, request, members_, entries};
    to_tell_[kept] = {self_, number};
    for (const NodeId member : members_) {
        if (member != self_) send(member, Store{number, entries}, out);
    }
    if (mutants_.answers_before_all) operation.waits_for = {self_};
}

void Machine::receive(NodeId from, const Store& store, Effects& out) {
    if (from != principal()) return;
    const bool underway =
        std::ranges::any_of(to_tell_, [&](const auto& kept) { return kept.second == std::pair(from, store.number); });
    if (underway) return;
    to_tell_[merge(store.entries, out)] = {from, store.number};
    if (mutants_.answers_before_durable) send(from, Stored{store.number}, out);
}

void Machine::on(const Kept& kept, Instant, Effects& out) {
    const auto found = to_tell_.extract(kept.number);
    if (!found) return;
    const auto [to, operation] = found.mapped();
    if (to == self_) stored(operation, self_, out);
    else send(to, Stored{operation}, out);
}

void Machine::receive(NodeId from, const Stored& message, Effects& out) { stored(message.number, from, out); }

void Machine::stored(uint64_t number, NodeId by, Effects& out) {
    const auto found = operations_.find(number);
    if (found == operations_.end()) return;
    found->second.waits_for.erase(by);
    if (!found->second.waits_for.empty()) return;
    const auto [asker, request] = std::pair(found->second.asker, found->second.request);
    operations_.erase(found);
    finish(asker, request, Outcome::ok, out);
}

void Machine::finish(NodeId asker, uint64_t request, Outcome outcome, Effects& out) {
    finished_[{asker, request}] = outcome;
    if (finished_.size() > kOperationsMax) {
        // The oldest of the same asker: what it asks for now is newer than anything it repeats.
        const auto oldest = finished_.lower_bound({asker, 0});
        finished_.erase(oldest);
    }
    if (asker == self_) return receive(self_, Answered{request, outcome}, out);
    send(asker, Answered{request, outcome}, out);
}

void Machine::receive(NodeId from, const Answered& answered, Effects& out) {
    const auto found = requests_.find(answered.number);
    if (from != principal() || found == requests_.end()) return;
    out.push_back(Answer{found->second.ticket, answered.outcome});
    requests_.erase(found);
}

void Machine::on(const Wanted& wanted, Instant now, Effects& out) {
    if (wanted.change.sets.size() > kSetsMax || std::ranges::any_of(wanted.change.sets, too_large)) {
        out.push_back(Answer{wanted.ticket, Outcome::too_much});
        return;
    }
    if (requests_.size() >= kRequestsMax) {
        out.push_back(Answer{wanted.ticket, Outcome::in_doubt});
        return;
    }
    const uint64_t number = ++requests_made_;
    requests_[number] = {wanted.ticket, wanted.change, now};
    if (ready_) ask_principal(number, out);
}

void Machine::ask_principal(uint64_t number, Effects& out) {
    Request& request = requests_.at(number);
    request.sent = true;
    const Ask ask{number, request.change};  // it may be answered, and gone, at once
    if (principal() == self_) receive(self_, ask, out);
    else send(principal(), ask, out);
}

void Machine::ask_for_all(Effects& out) {
    std::vector<uint64_t> numbers;
    for (const auto& [number, request] : requests_) numbers.push_back(number);
    for (const uint64_t number : numbers) ask_principal(number, out);
}

void Machine::on(const Tick&, Instant now, Effects& out) {
    std::erase_if(requests_, [&](const auto& request) {
        if (now - request.second.since <= settings_.patience) return false;
        out.push_back(Answer{request.second.ticket, Outcome::in_doubt});
        return true;
    });
    if (now - resent_at_ < settings_.resend || !view_) return;
    resent_at_ = now;
    resend(out);
}

void Machine::resend(Effects& out) {
    for (const NodeId member : members_) {
        if (merged_.contains(member)) continue;
        const auto said = said_.find(member);
        if (said == said_.end() || said->second.first != view_) send(member, Have{map_.hash(), true}, out);
    }
    if (wanted_from_) send(*wanted_from_, Want{}, out);
    if (!ready_) return;
    if (principal() != self_) ask_for_all(out);
    for (const auto& [number, operation] : operations_) {
        for (const NodeId member : operation.waits_for) {
            if (member != self_) send(member, Store{number, operation.entries}, out);
        }
    }
}

}  // namespace cairn::smd
