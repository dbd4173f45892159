#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>

#include "node/replication/partition_machine.h"
#include "tests/sim/memory_store.h"

namespace cairn::replication {

/// One partition on some nodes, whose messages the test delivers.
class Rig : public testing::Test {
protected:
    using Machine = PartitionMachine;
    using Outcome = Machine::Outcome;
    using Role = Machine::Role;
    struct Letter {
        NodeId from, to;
        Ballot view;
        Message message;
    };
    struct Node {
        sim::MemoryStore store;
        std::unique_ptr<Machine> machine;
        Cfg own;
        size_t erased = 0;
        bool refuses_cfgs = false;
    };

    Node& node(NodeId id) { return nodes[id]; }
    Machine& machine(NodeId id) { return *nodes.at(id).machine; }
    static Digest digest(uint8_t key, uint8_t bucket = 0) {
        Digest made{};
        made.bytes[2] = static_cast<uint8_t>(bucket << 6);
        made.bytes[19] = key;
        return made;
    }
    static Version version(uint8_t content, uint16_t generation = 1, uint64_t last_update_ms = 0) {
        return {.generation = generation, .last_update_ms = last_update_ms, .content = {content}};
    }
    static cluster::Copy copy(NodeId id) { return {id, {id, 0}}; }
    static Ballot view(uint32_t counter) { return {counter, 9, 9}; }

    /// @param insync  its first is master.
    cluster::PartitionPlan plan(uint32_t counter, std::vector<NodeId> insync, std::vector<NodeId> targets) {
        cluster::PartitionPlan made;
        made.cfg = {.id = {view(counter), 0}, .master = insync.front(), .regime = cluster::regime_of(view(counter))};
        std::ranges::sort(insync);
        for (const NodeId id : insync) made.cfg.insync.push_back(copy(id));
        made.targets = std::move(targets);
        for (const NodeId id : made.targets) {
            if (made.cfg.copy_on(id) == nullptr) made.fill.push_back(id);
        }
        return made;
    }
    void accept(NodeId id, const cluster::PartitionPlan& of) {
        Node& at = node(id);
        if (!at.machine) at.machine = std::make_unique<Machine>(id, at.store, settings, mutants);
        const bool merged = std::ranges::find(of.merge, id) != of.merge.end();
        if (!merged) at.own = of.cfg;
        std::vector<cluster::Copy> copies;
        for (const NodeId other : members) copies.push_back(copy(other));
        give(id, Machine::ViewAccepted{of.cfg.id.ballot, of, at.own, copies});
    }
    void activate(NodeId id, const cluster::PartitionPlan& of) { give(id, Machine::ViewActive{of.cfg.id.ballot}); }
    void form(const cluster::PartitionPlan& of) {
        for (const NodeId id : members) accept(id, of);
        for (const NodeId id : members) activate(id, of);
    }

    void give(NodeId id, const Machine::Event& event) {
        for (auto& effect : machine(id).step(event, now)) {
            if (auto* send = std::get_if<Machine::Send>(&effect)) {
                letters.push_back({id, send->to, send->view, send->message});
            } else if (auto* answer = std::get_if<Machine::Answer>(&effect)) {
                answers[answer->ticket].push_back(answer->outcome);
            } else if (auto* wanted = std::get_if<Machine::StoreCfg>(&effect)) {
                stores.emplace_back(id, *wanted);
            } else if (std::holds_alternative<Machine::Erased>(effect)) {
                ++node(id).erased;
            }
        }
    }
    void put(NodeId id, uint64_t ticket, const Digest& key, Version written, bool commit_all = true) {
        give(id, Machine::Put{{ticket, now + 1s}, key, std::move(written), commit_all});
    }
    void remove(NodeId id, uint64_t ticket, const Digest& key) { put(id, ticket, key, {.kind = Kind::deleted}); }

    using Lost = std::function<bool(const Letter&)>;
    /// Delivers and stores until nothing is left, but for letters that `lost` is true of.
    void deliver(const Lost& lost = [](const Letter&) { return false; }) {
        while (!letters.empty() || !stores.empty()) {
            for (const auto& [id, wanted] : std::exchange(stores, {})) {
                if (node(id).refuses_cfgs) {
                    give(id, Machine::CfgRefused{wanted.number});
                } else {
                    node(id).own = wanted.cfg;
                    give(id, Machine::CfgStored{wanted.number});
                }
            }
            for (const Letter& letter : std::exchange(letters, {})) {
                if (lost(letter) || std::ranges::find(members, letter.to) == members.end()) continue;
                delivered.push_back(letter);
                give(letter.to, Machine::Arrived{letter.from, letter.view, letter.message});
            }
        }
    }
    void tick_for(Duration time, const Lost& lost = [](const Letter&) { return false; }) {
        for (const Instant end = now + time; now < end;) {
            now += 50ms;
            for (const NodeId id : members) give(id, Machine::Tick{});
            deliver(lost);
        }
    }
    template <class Kind>
    static bool is(const Letter& letter) {
        return std::holds_alternative<Kind>(letter.message);
    }
    template <class Kind>
    size_t count_delivered() const {
        return static_cast<size_t>(std::ranges::count_if(delivered, is<Kind>));
    }
    uint8_t content(NodeId id, const Digest& key) {
        const auto& records = node(id).store.records();
        const auto found = records.find(key);
        return found != records.end() && !found->second.content.empty() ? found->second.content.front() : 0;
    }
    Outcome answer_to(uint64_t ticket) {
        EXPECT_EQ(answers[ticket].size(), 1u) << "ticket " << ticket;
        return answers[ticket].empty() ? Outcome::overload : answers[ticket].front();
    }

    ReplicationSettings settings;
    ReplicationMutants mutants;
    std::vector<NodeId> members{1, 2, 3};
    std::map<NodeId, Node> nodes;
    std::vector<Letter> letters, delivered;
    std::vector<std::pair<NodeId, Machine::StoreCfg>> stores;
    std::map<uint64_t, std::vector<Outcome>> answers;
    Instant now = 100s;
};

}  // namespace cairn::replication
