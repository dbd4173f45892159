#include "node/cluster/view_change.h"
#include "node/cluster/contains.h"

#include <algorithm>

#include "common/base/check.h"

namespace cairn::cluster {

ViewChange::ViewChange(NodeId id, Boot boot, DurableState durable, ViewChangeSettings settings,
                       const ViewChangeMutants& mutants)
    : self_{id, durable.incarnation, boot},
      settings_(settings),
      mutants_(mutants),
      report_(std::move(durable.report)),
      promised_(durable.promised) {}

void ViewChange::set_cfg(const std::string& name, PartitionId partition, Cfg cfg) {
    CAIRN_CHECK(!frozen());
    auto& report = report_.namespaces.at(name).partitions.at(partition);
    CAIRN_CHECK(report.cfg.id < cfg.id);
    report.cfg = std::move(cfg);
}

void ViewChange::set_has_data(const std::string& name, PartitionId partition, bool has_data) {
    report_.namespaces.at(name).partitions.at(partition).has_data = has_data;
}

ViewChange::Effects ViewChange::propose(std::vector<Member> members, Ballot heard, Instant now) {
    std::ranges::sort(members);
    CAIRN_CHECK(contains(members, self_) && members.size() <= kNodesMax);
    proposal_ = Proposal{.number = ++gathers_, .view = {{}, std::move(members)}, .highest = heard, .since = now};
    Effects out;
    const Gather gather{proposal_->number, proposal_->view.members};
    for (const Member& member : gather.members) {
        if (member != self_) out.push_back(Send{member.id, gather});
    }
    on(self_.id, Gathered{proposal_->number, promised_}, now, out);
    return out;
}

ViewChange::Effects ViewChange::receive(NodeId from, const Message& message, Instant now) {
    Effects out;
    if (const auto* gather = std::get_if<Gather>(&message)) on(from, *gather, out);
    if (const auto* gathered = std::get_if<Gathered>(&message)) on(from, *gathered, now, out);
    if (const auto* refuse = std::get_if<Refuse>(&message)) on(from, *refuse, out);
    if (const auto* prepare = std::get_if<Prepare>(&message)) on(from, *prepare, now, out);
    if (const auto* promise = std::get_if<Promise>(&message)) on(from, *promise, out);
    if (const auto* accepted = std::get_if<Accepted>(&message)) on(from, *accepted, out);
    if (const auto* missing = std::get_if<Missing>(&message)) on(from, *missing, out);
    return out;
}

bool ViewChange::names_us(const std::vector<Member>& members) const {
    return std::ranges::any_of(members, [&](const Member& member) {
        return member == self_ || (mutants_.ignore_boot && member.id == self_.id);
    });
}

void ViewChange::on(NodeId from, const Gather& gather, Effects& out) {
    if (names_us(gather.members)) {
        out.push_back(Send{from, Gathered{gather.number, promised_}});
    } else {
        out.push_back(Send{from, Refuse{gather.number, {}, Refuse::Reason::stranger, promised_}});
    }
}

void ViewChange::on(NodeId from, const Gathered& gathered, Instant now, Effects& out) {
    if (!proposal_ || proposal_->number != gathered.number || proposal_->phase != Proposal::Phase::gathering) return;
    proposal_->highest = std::max(proposal_->highest, gathered.promised);
    if (proposal_->view.find(from) != nullptr) proposal_->answered.insert(from);
    if (proposal_->answered.size() == proposal_->view.members.size()) prepare(now, out);
}

void ViewChange::prepare(Instant now, Effects& out) {
    const uint32_t counter = std::max(proposal_->highest.counter, promised_.counter) + 1;
    if (counter > kBallotCounterMax) return fail_proposal({}, Refuse::Reason::ballot, out);
    proposal_->phase = Proposal::Phase::preparing;
    proposal_->view.ballot = {counter, self_.id, self_.boot};
    proposal_->since = now;
    proposal_->answered.clear();
    const Prepare prepare{proposal_->view};
    for (const Member& member : prepare.view.members) {
        if (member != self_) out.push_back(Send{member.id, prepare});
    }
    on(self_.id, prepare, now, out);
}

void ViewChange::on(NodeId from, const Refuse& refuse, Effects& out) {
    if (!proposal_) return;
    const bool gathering = proposal_->phase == Proposal::Phase::gathering;
    if (gathering ? refuse.number != proposal_->number : refuse.ballot != proposal_->view.ballot) return;
    if (proposal_->view.find(from) == nullptr) return;
    fail_proposal({}, refuse.reason, out);
}

void ViewChange::fail_proposal(std::vector<Member> silent, std::optional<Refuse::Reason> refused, Effects& out) {
    out.push_back(ProposalFailed{proposal_->view.ballot, std::move(silent), refused});
    proposal_.reset();
}

ViewChange::Round* ViewChange::round(Ballot ballot) {
    if (promising_ && promising_->view.ballot == ballot) return &*promising_;
    if (accepting_ && accepting_->view.ballot == ballot) return &*accepting_;
    return nullptr;
}

bool ViewChange::names(const Round& round, const Member& member) const {
    const Member* const named = round.view.find(member.id);
    return named != nullptr && (*named == member || mutants_.ignore_boot);
}

void ViewChange::on(NodeId from, const Prepare& prepare, Instant now, Effects& out) {
    const View& view = prepare.view;
    const Member* const proposer = view.find(from);
    if (proposer == nullptr || from != view.ballot.proposer || proposer->boot != view.ballot.boot) return;
    if (!names_us(view.members)) {
        out.push_back(Send{from, Refuse{0, view.ballot, Refuse::Reason::stranger, promised_}});
        return;
    }
    if (Round* const known = round(view.ballot)) {  // sent again
        if (known->promise_durable) out.push_back(Send{from, Promise{view.ballot, self_, known->own_report}});
        return;
    }
    // By the counter alone: two views with a common member never have one regime.
    if (view.ballot.counter <= promised_.counter && !mutants_.lower_ballot) {
        out.push_back(Send{from, Refuse{0, view.ballot, Refuse::Reason::ballot, promised_}});
        return;
    }
    promised_ = view.ballot;
    const bool overtaken = proposal_ && proposal_->view.ballot && proposal_->view.ballot != promised_;
    if (overtaken) fail_proposal({}, Refuse::Reason::ballot, out);
    promising_ = Round{.view = view, .since = now, .own_report = std::make_shared<const NodeReport>(report_)};
    out.push_back(PersistPromise{++writes_, promised_});
    promises_written_[writes_] = promised_;
    if (mutants_.promise_before_durable) promise_to_all(*promising_, out);
    if (early_ballot_ == promised_) {
        for (const auto& [sender, message] : std::exchange(early_, {})) {
            if (const auto* promise = std::get_if<Promise>(&message)) on(sender, *promise, out);
            if (const auto* accepted = std::get_if<Accepted>(&message)) on(sender, *accepted, out);
        }
    }
}

void ViewChange::promise_to_all(Round& round, Effects& out) {
    round.promise_durable = true;
    const Promise promise{round.view.ballot, self_, round.own_report};
    send_to_others(round, promise, out);
    on(self_.id, promise, out);
}

void ViewChange::send_to_others(const Round& round, const Message& message, Effects& out) const {
    for (const Member& member : round.view.members) {
        if (member.id != self_.id) out.push_back(Send{member.id, message});
    }
}

void ViewChange::keep_early(NodeId from, Ballot ballot, const Message& message) {
    if (ballot <= promised_ || ballot < early_ballot_) return;
    if (ballot > early_ballot_) early_.clear();
    early_ballot_ = ballot;
    const auto known = std::ranges::find_if(
        early_, [&](const auto& early) { return early.first == from && early.second.index() == message.index(); });
    if (known == early_.end() && early_.size() < 2 * kNodesMax) early_.emplace_back(from, message);
}

void ViewChange::on(NodeId from, const Promise& promise, Effects& out) {
    if (from != promise.from.id) return;
    Round* const known = round(promise.ballot);
    if (known == nullptr) return keep_early(from, promise.ballot, promise);
    if (!names(*known, promise.from)) return;
    known->promises.emplace(from, promise.report);
    if (proposal_ && proposal_->view.ballot == promise.ballot) proposal_->answered.insert(from);
    accept_when_complete(out);
}

void ViewChange::accept_when_complete(Effects& out) {
    if (!promising_ || promising_->promises.size() < promising_->view.members.size()) return;
    if (promised_ != promising_->view.ballot) return;
    accepting_ = std::move(promising_);
    promising_.reset();
    Round& round = *accepting_;
    round.formed = std::make_shared<const Formed>(round.view, round.promises, make_table(round.view, round.promises));
    accepted_view_ = round.view;
    active_.reset();
    store_cfgs(round.formed->table);
    out.push_back(ViewAccepted{round.formed});
    out.push_back(PersistView{++writes_, round.view, std::make_shared<const NodeReport>(report_)});
    views_written_[writes_] = round.view.ballot;
}

/// What is stored is what the data is now measured by: it is trusted again, or known not to be in sync. A copy that is to
/// be merged keeps its own line: forgotten now, a view before the merge ends would take it for behind and drop its records.
void ViewChange::store_cfgs(const Table& table) {
    for (auto& [name, said] : report_.namespaces) {
        const auto& plans = table.namespaces.at(name);
        for (size_t p = 0; p < plans.size(); ++p) {
            if (!plans[p].cfg || contains(plans[p].merge, self_.id)) continue;
            said.partitions[p].cfg = plans[p].cfg;
            said.partitions[p].trusted = true;
        }
    }
}

void ViewChange::on(NodeId from, const Accepted& accepted, Effects& out) {
    if (from != accepted.from.id) return;
    Round* const known = round(accepted.ballot);
    if (known == nullptr) return keep_early(from, accepted.ballot, accepted);
    if (!names(*known, accepted.from)) return;
    known->accepted.emplace(from, accepted.table_hash);
    activate_when_complete(out);
}

void ViewChange::activate_when_complete(Effects& out) {
    if (!accepting_ || active_ || !accepting_->accept_durable || accepting_->differs) return;
    const Round& round = *accepting_;
    for (const auto& [node, hash] : round.accepted) {
        if (hash == round.formed->table.hash) continue;
        accepting_->differs = true;
        out.push_back(TablesDiffer{round.view.ballot, node});
        return;
    }
    const size_t needed = round.view.members.size() - (mutants_.active_without_one && round.view.members.size() > 1);
    if (round.accepted.size() < needed) return;
    active_ = round.formed;
    if (proposal_ && proposal_->view.ballot == round.view.ballot) proposal_.reset();
    out.push_back(ViewActive{active_});
}

void ViewChange::on(NodeId from, const Missing& missing, Effects& out) {
    const Round* const known = round(missing.ballot);
    if (known == nullptr || known->view.find(from) == nullptr) return;
    if (missing.promise && known->promise_durable) {
        out.push_back(Send{from, Promise{missing.ballot, self_, known->own_report}});
    }
    if (missing.accepted && known->accept_durable) {
        out.push_back(Send{from, Accepted{missing.ballot, self_, known->formed->table.hash}});
    }
}

ViewChange::Effects ViewChange::persisted(uint64_t number, Instant) {
    Effects out;
    if (const auto promise = promises_written_.extract(number)) {
        Round* const known = round(promise.mapped());
        if (known != nullptr && !known->promise_durable) promise_to_all(*known, out);
    }
    if (const auto view = views_written_.extract(number)) {
        if (accepting_ && accepting_->view.ballot == view.mapped()) {
            accepting_->accept_durable = true;
            const Accepted accepted{view.mapped(), self_, accepting_->formed->table.hash};
            send_to_others(*accepting_, accepted, out);
            on(self_.id, accepted, out);
        }
    }
    return out;
}

ViewChange::Effects ViewChange::tick(Instant now) {
    Effects out;
    if (now - resent_at_ >= settings_.resend) {
        resent_at_ = now;
        resend(now, out);
    }
    if (proposal_ && now - proposal_->since > settings_.answer) {
        const Round* const known = round(proposal_->view.ballot);
        std::vector<Member> silent;
        for (const Member& member : proposal_->view.members) {
            const bool done = known != nullptr && known->formed ? known->accepted.contains(member.id)
                                                                : proposal_->answered.contains(member.id);
            if (!done && member.id != self_.id) silent.push_back(member);
        }
        fail_proposal(std::move(silent), std::nullopt, out);
    }
    return out;
}

void ViewChange::resend(Instant now, Effects& out) {
    if (promising_ && now - promising_->since < settings_.resend_for) {
        const bool ours = proposal_ && proposal_->view.ballot == promising_->view.ballot;
        for (const Member& member : promising_->view.members) {
            if (member.id == self_.id || promising_->promises.contains(member.id)) continue;
            if (ours) out.push_back(Send{member.id, Prepare{promising_->view}});
            if (!ours) out.push_back(Send{member.id, Missing{promising_->view.ballot, true, false}});
        }
    }
    if (accepting_ && !active_ && now - accepting_->since < settings_.resend_for) {
        for (const Member& member : accepting_->view.members) {
            if (member.id == self_.id || accepting_->accepted.contains(member.id)) continue;
            out.push_back(Send{member.id, Missing{accepting_->view.ballot, false, true}});
        }
    }
}

}  // namespace cairn::cluster
