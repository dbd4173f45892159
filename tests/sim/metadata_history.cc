#include "tests/sim/metadata_history.h"

#include "common/base/number.h"
#include "node/smd/codec.h"

namespace cairn::sim {
namespace {

using smd::Key;
using smd::Module;

const char* const kPath = "/state/metadata";

std::string text_of(size_t node) { return "node " + std::to_string(node + 1); }

std::string text_of(const smd::Version& version) {
    return std::to_string(version.counter) + "." + std::to_string(version.sequence) + " by node " +
           std::to_string(version.author);
}

std::map<Key, smd::Version> versions_of(const smd::Map& map) {
    std::map<Key, smd::Version> versions;
    for (const auto& [key, entry] : map.entries()) versions[key] = entry.version;
    return versions;
}

/// The first key of which `some` have a later version than `all`.
std::optional<std::string> missing(const std::map<Key, smd::Version>& some, const std::map<Key, smd::Version>& all) {
    for (const auto& [key, version] : some) {
        const auto found = all.find(key);
        if (found == all.end() || found->second < version) return key.name;
    }
    return std::nullopt;
}

}  // namespace

MetadataHistory::MetadataHistory(uint64_t seed, const MetadataShape& shape)
    : shape_(shape), history_(seed, {.by_name = seed % 2 == 0}, this) {
    for (size_t i = 0; i < history_.size(); ++i) nodes_.push_back(std::make_unique<Node>());
}

MetadataHistory::~MetadataHistory() {
    for (size_t i = 0; i < nodes_.size(); ++i) history_.kill(i);
}

void MetadataHistory::begin(size_t index, fabric::Fabric::Callbacks& told) {
    Node& node = *nodes_[index];
    smd::Driver::Callbacks callbacks;
    callbacks.apply = [this, index](const smd::Map& map, std::span<const Key>) {
        on_applied(index, map);
        return Result<void>();
    };
    callbacks.changed = [this, index, publish = told.changed](const auto& standing) {
        if (standing->formed) on_serves(index, *standing->formed);
        publish(standing);
    };
    node.driver = std::make_unique<smd::Driver>(
        history_.machine(index),
        smd::DriverSettings{.cluster_name = "sim", .self = index + 1, .path = kPath, .mutants = shape_.mutants},
        node.logger, std::move(callbacks));
    told.accepted = [&node](const auto& formed) {
        node.accepted = formed;
        node.had = versions_of(*node.driver->map());
        node.driver->accepted(*formed);
    };
    told.changed = [&node](const auto& standing) { node.driver->changed(standing); };
    told.packet = [&node](cluster::NodeId from, const fabric::FrameStart& start, Bytes body) {
        return node.driver->packet(from, {start.body_size, start.check}, body);
    };
}

Result<void> MetadataHistory::start(size_t index, fabric::Fabric& fabric) {
    // What was not stored yet is forgotten with the process.
    const auto map = stored(index);
    nodes_[index]->highest = map ? versions_of(*map) : Versions();
    return nodes_[index]->driver->start(fabric, [](smd::Map&) {});
}

void MetadataHistory::end(size_t index) {
    nodes_[index]->driver.reset();
    nodes_[index]->accepted.reset();
}

void MetadataHistory::wipe(size_t index) {
    if (!shape_.wipes) return;
    (void)history_.machine(index).disk().remove_file(kPath);
}

std::optional<smd::Map> MetadataHistory::stored(size_t index) {
    const auto bytes = history_.machine(index).disk().read_file(kPath);
    if (!bytes) return std::nullopt;
    auto map = smd::decode_map(as_bytes(*bytes));
    return map ? std::optional(*std::move(map)) : std::nullopt;
}

void MetadataHistory::on_applied(size_t index, const smd::Map& map) {
    Versions& highest = nodes_[index]->highest;
    for (const auto& [key, entry] : map.entries()) {
        auto& known = highest[key];
        if (entry.version < known)
            violate(text_of(index) + ": the version of " + key.name + " fell from " + text_of(known) + " to " +
                    text_of(entry.version));
        known = entry.version;
        if (!entry.value || key.module == Module::truncate) continue;
        const auto [seen, is_new] = version_of_.try_emplace(*entry.value, entry.version);
        if (!is_new && seen->second != entry.version) violate("the change to " + *entry.value + " was made twice");
    }
}

/// It has all that the members had when they accepted the view.
void MetadataHistory::on_serves(size_t index, const cluster::Formed& formed) {
    const auto present = versions_of(*nodes_[index]->driver->map());
    for (const auto& member : formed.view.members) {
        const Node& other = *nodes_[member.id - 1];
        if (!other.accepted || other.accepted->view != formed.view) continue;
        if (const auto key = missing(other.had, present)) {
            violate(text_of(index) + " serves without " + *key + ", which node " + std::to_string(member.id) + " has");
        }
    }
}

/// All members that are there have it, durably. (One that ended and came back has what it had stored.)
void MetadataHistory::on_ok(size_t index, const smd::Set& set) {
    ++answered_ok_;
    if (!set.value) return;
    if (nodes_[index]->driver->map()->find(set.key) == nullptr)
        return violate(text_of(index) + " answers before it has " + set.key.name);
    if (set.key.module == Module::truncate) {
        uint64_t time = 0;
        (void)parse_number(*set.value, time);
        truncated_[set.key] = std::max(truncated_[set.key], time);
        return;
    }
    const auto version = version_of_.find(*set.value);
    if (version == version_of_.end()) return;  // another change followed in the same step
    acknowledged_[set.key] = std::max(acknowledged_[set.key], version->second);
    const auto& formed = nodes_[index]->accepted;
    for (const auto& member : formed->view.members) {
        if (nodes_[member.id - 1]->driver == nullptr) continue;
        if (history_.fabric(member.id - 1).self() != member) continue;
        const auto map = stored(member.id - 1);
        const smd::Entry* const there = map ? map->find(set.key) : nullptr;
        if (there == nullptr || there->version < version->second) {
            violate(text_of(index) + " answers, but node " + std::to_string(member.id) + " has not stored " +
                    *set.value);
        }
    }
}

void MetadataHistory::ask() {
    auto& dice = history_.world().dice();
    const size_t index = dice.below(nodes_.size());
    if (nodes_[index]->driver == nullptr) return;
    smd::Set set;
    const std::string value = std::to_string(++values_);
    if (dice.once_in(4)) set = {{Module::truncate, "test|" + std::to_string(dice.below(2))}, {}};
    else set = {{Module::sindex, "test|" + std::to_string(dice.below(3))}, {}};
    const bool removes = set.key.module == Module::sindex && dice.once_in(5);
    if (!removes) set.value = std::make_shared<const std::string>(value);
    const uint64_t now_ms = history_.machine(index).loop(0).clock().epoch_ms();
    nodes_[index]->driver->change({{set}, now_ms}, [this, index, set](smd::Outcome outcome) {
        if (outcome == smd::Outcome::ok && nodes_[index]->driver) on_ok(index, set);
    });
}

/// Nobody else asks for anything. A view may change once more: then it is in doubt.
bool MetadataHistory::change_in_peace(size_t asked) {
    const smd::Set set{{Module::sindex, "test|0"}, std::make_shared<const std::string>(std::to_string(++values_))};
    std::optional<smd::Outcome> outcome;
    const uint64_t now_ms = history_.machine(asked).loop(0).clock().epoch_ms();
    nodes_[asked]->driver->change({{set}, now_ms}, [&](smd::Outcome came) { outcome = came; });
    if (!history_.world().run_until([&] { return outcome.has_value(); }, 7s)) violate("a change is not answered");
    if (outcome != smd::Outcome::ok || !history_.settled()) return false;
    for (size_t i = 0; i < nodes_.size(); ++i) {
        const smd::Entry* const entry = nodes_[i]->driver->map()->find(set.key);
        if (entry == nullptr || !entry->value || *entry->value != *set.value) {
            violate(text_of(i) + " has not the change to " + *set.value + ", which was acknowledged");
        }
    }
    return true;
}

void MetadataHistory::check_end() {
    const auto first = nodes_[0]->driver->map();
    for (size_t i = 0; i < nodes_.size(); ++i) {
        if (*nodes_[i]->driver->map() != *first) violate(text_of(i) + " has other metadata than node 1");
        const auto map = stored(i);
        if (!first->entries().empty() && (!map || *map != *first)) violate(text_of(i) + " has stored other metadata");
    }
    if (shape_.wipes) return;
    if (const auto key = missing(acknowledged_, versions_of(*first))) violate(*key + " was acknowledged and is lost");
    for (const auto& [key, time] : truncated_) {
        const smd::Entry* const entry = first->find(key);
        uint64_t kept = 0;
        if (entry != nullptr && entry->value) (void)parse_number(*entry->value, kept);
        if (kept < time) violate("the truncation of " + key.name + " was acknowledged and is lost");
    }
}

std::optional<std::string> MetadataHistory::run() {
    auto& world = history_.world();
    history_.start();
    for (const Instant end = world.now() + shape_.trouble; world.now() < end && !violation_;) {
        for (uint64_t i = world.dice().below(8); i-- > 0;) {
            world.run_for(world.dice().up_to(200ms));
            ask();
        }
        if (world.dice().once_in(2)) history_.trouble();
    }
    history_.heal();
    if (violation_) return violation_;
    if (!history_.settle_within(120s)) return "no view of all two minutes after the trouble";
    for (int i = 0; i < 20; ++i) ask();
    world.run_for(6s);
    size_t made = 0;
    for (size_t i = 0; i < 3 * nodes_.size(); ++i) made += change_in_peace(i % nodes_.size());
    if (made == 0) violate("no change is made when the trouble is over");
    if (!violation_ && history_.settled()) check_end();
    return violation_ ? violation_ : history_.violation();
}

}  // namespace cairn::sim
