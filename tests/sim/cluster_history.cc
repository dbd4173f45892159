#include "tests/sim/cluster_history.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/cluster/codec.h"
#include "node/cluster/placement.h"

namespace cairn::sim {

using cluster::Cfg;
using cluster::DurableState;
using cluster::Membership;
using cluster::Message;
using cluster::NodeId;

namespace {

constexpr const char* kStrong = "strong";
constexpr Duration kTick = 70ms;
constexpr std::string_view kClusterName = "sim";

std::shared_ptr<const std::vector<uint8_t>> framed(const Message& message) {
    return std::make_shared<const std::vector<uint8_t>>(cluster::encode(message, kClusterName));
}

}  // namespace

struct ClusterHistory::Node {
    struct Write {
        uint64_t number;
        std::function<void(DurableState&)> change;
        std::function<void()> done;
    };
    size_t index = 0;
    NodeId id = 0;
    uint64_t life = 0;  // counts processes; what belongs to an earlier one is dropped
    bool up = false;
    bool data_lost = false;
    Instant paused_until{};
    DurableState disk;
    std::deque<Write> writes;
    bool writing = false;
    Duration write_max = 3ms;
    std::unique_ptr<Membership> machine;
    Records records[kPartitions];  // SC

    const cluster::Member& member() const { return machine->view_change().self(); }
    const cluster::PartitionReport& report(const std::string& name, size_t partition) const {
        return machine->view_change().report().namespaces.at(name).partitions[partition];
    }
};

ClusterHistory::ClusterHistory(uint64_t seed, const ClusterShape& shape) : world_(seed), shape_(shape) {
    const size_t count = shape.nodes != 0 ? shape.nodes : dice().between(3, 6);
    delay_max_ = dice().once_in(2) ? 2ms : 60ms;
    cluster::Roster roster{.generation = 1};
    std::vector<cluster::PlacedNode> placed;
    for (size_t i = 0; i < count; ++i) {
        const NodeId id = dice().between(1, 1000) * 100 + i;
        roster.nodes.push_back({id, 0});
        placed.push_back({id, 0, false});
    }
    std::ranges::sort(roster.nodes);
    const cluster::Placement placement(placed, {.uniform_balance = false, .partitions = kPartitions});
    for (size_t i = 0; i < count; ++i) {
        auto node = std::make_unique<Node>();
        node->index = i;
        node->id = placed[i].id;
        node->disk.incarnation = {node->id, ++random_};
        node->disk.promised = {1, 1};
        auto& report = node->disk.report;
        if (shape.majority) report.min_cluster_size = static_cast<uint32_t>(count / 2 + 1);
        for (const char* const name : {kAvailable, kStrong}) {
            auto& said = report.namespaces[name];
            said.data = {node->id, ++random_};
            said.strong = name == std::string(kStrong);
            said.partitions.resize(kPartitions);
        }
        report.rosters[kStrong] = roster;
        nodes_.push_back(std::move(node));
    }
    for (uint16_t p = 0; p < kPartitions; ++p) {  // as setting the roster does
        Cfg first{.id = {{1, 1}, 0}, .regime = 1 << 4};
        for (const uint16_t n : placement.targets(p)) {
            const Node& node = node_of(placement.nodes()[n].id);
            first.insync.push_back({node.id, node.disk.report.namespaces.at(kStrong).data});
        }
        first.master = first.insync.front().node;
        std::ranges::sort(first.insync);
        for (auto& node : nodes_) node->disk.report.namespaces.at(kStrong).partitions[p] = {first, true, true};
    }
}

ClusterHistory::~ClusterHistory() = default;

void ClusterHistory::after(Duration delay, std::function<void()> work) {
    world_.world.scheduler().after(delay, Scheduler::kNoLoop, std::move(work));
}

void ClusterHistory::note(std::string_view what, uint64_t a, uint64_t b) { world_.world.scheduler().note(what, a, b); }

ClusterHistory::Node& ClusterHistory::node_of(NodeId id) {
    return **std::ranges::find_if(nodes_, [&](const auto& node) { return node->id == id; });
}
const ClusterHistory::Node& ClusterHistory::node_of(NodeId id) const {
    return **std::ranges::find_if(nodes_, [&](const auto& node) { return node->id == id; });
}

std::shared_ptr<const cluster::Formed> ClusterHistory::active(size_t node) const {
    return nodes_[node]->up ? nodes_[node]->machine->active() : nullptr;
}

void ClusterHistory::start() {
    for (auto& node : nodes_) {
        after(dice().up_to(300ms), [this, &node = *node] { begin(node); });
    }
}

void ClusterHistory::begin(Node& node) {
    if (node.up) return;
    note("begin", node.id);
    node.up = true;
    node.paused_until = {};
    ++node.life;
    if (data_ != nullptr) data_->begin(node.index, node.data_lost, node.disk.report.namespaces.at(kAvailable));
    node.data_lost = false;
    node.machine =
        std::make_unique<Membership>(node.id, ++random_, node.disk, cluster::MembershipSettings{}, shape_.mutants);
    tick(node, node.life);
}

void ClusterHistory::tick(Node& node, uint64_t life) {
    if (!node.up || node.life != life) return;
    const bool paused = now() < node.paused_until;
    if (!paused) give(node, Membership::Tick{});
    if (!paused && data_ != nullptr) data_->tick(node.index);
    after(paused ? node.paused_until - now() : kTick + dice().up_to(5ms), [this, &node, life] { tick(node, life); });
}

void ClusterHistory::give(Node& node, const Membership::Event& event) {
    perform(node, node.machine->step(event, now()));
}

void ClusterHistory::perform(Node& node, Membership::Effects effects) {
    for (auto& effect : effects) {
        if (const auto* to_send = std::get_if<Membership::Send>(&effect)) {
            if (const auto* promise = std::get_if<cluster::Promise>(&to_send->message)) {
                checks_.promised(promise->from, promise->ballot);
            }
            send(node, node_of(to_send->to), framed(to_send->message));
        } else if (const auto* pulse = std::get_if<Membership::Broadcast>(&effect)) {
            const auto frame = framed(pulse->pulse);
            for (const auto& other : nodes_) {
                if (other->id != node.id) send(node, *other, frame);
            }
        } else if (const auto* promise = std::get_if<Membership::PersistPromise>(&effect)) {
            write(node, [to = promise->promised](DurableState& disk) { disk.promised = to; }, promise->number);
        } else if (const auto* view = std::get_if<Membership::PersistView>(&effect)) {
            const auto change = [view = *view](DurableState& disk) {
                disk.view = view.view;
                disk.report = *view.report;
            };
            write(node, change, view->number);
        } else if (const auto* accepted = std::get_if<Membership::ViewAccepted>(&effect)) {
            note("accepted", node.id, accepted->formed->view.ballot.counter);
            checks_.accepted(node.member(), *accepted->formed);
            if (data_ != nullptr) data_->accept(node.index, *accepted->formed);
        } else if (const auto* active = std::get_if<Membership::ViewActive>(&effect)) {
            note("active", node.id, active->formed->view.ballot.counter);
            checks_.active(node.member(), *active->formed);
            if (data_ != nullptr) data_->activate(node.index, *active->formed);
        } else if (std::get_if<Membership::ViewLost>(&effect) != nullptr) {
            if (data_ != nullptr) data_->lose_view(node.index);
        } else if (std::get_if<Membership::TablesDiffer>(&effect) != nullptr) {
            checks_.violate("members computed different tables");
        } else if (std::get_if<Membership::DuplicateSelf>(&effect) != nullptr) {
            checks_.violate("a node was told that it is a duplicate");
        }
    }
}

void ClusterHistory::send(Node& from, Node& target, const Frame& frame) {
    const size_t times = !healed_ && dice().once_in(40) ? 2 : 1;
    for (size_t i = 0; i < times; ++i) {
        if (lose_one_in_ != 0 && dice().once_in(lose_one_in_)) continue;
        const Duration delay = dice().once_in(200) ? dice().up_to(delay_max_ * 20) : dice().up_to(delay_max_);
        after(delay, [this, &from, &target, frame] {
            if (!blocked_.contains({from.index, target.index})) arrive(target, from.id, *frame);
        });
    }
}

void ClusterHistory::arrive(Node& to, uint64_t from, const std::vector<uint8_t>& frame) {
    if (!to.up) return;
    if (now() < to.paused_until) {
        after(to.paused_until - now() + dice().up_to(1ms), [this, &to, from, frame] { arrive(to, from, frame); });
        return;
    }
    const auto header = cluster::FrameHeader::parse(cluster::kClusterFrame, frame);
    if (!header && data_ != nullptr) return data_->arrive(to.index, from, frame);
    CAIRN_CHECK(header.has_value());
    const auto message = cluster::decode(*header, Bytes(frame).subspan(cluster::kFrameHeaderSize), kClusterName);
    CAIRN_CHECK(message.has_value());
    give(to, Membership::Arrived{from, *message});
}

void ClusterHistory::write(Node& node, std::function<void(DurableState&)> change, uint64_t number,
                           std::function<void()> done) {
    node.writes.push_back({number, std::move(change), std::move(done)});
    if (!node.writing) write_next(node, node.life);
}

void ClusterHistory::write_next(Node& node, uint64_t life) {
    node.writing = !node.writes.empty();
    if (!node.writing) return;
    after(dice().up_to(node.write_max), [this, &node, life] {
        if (!node.up || node.life != life) return;
        if (now() < node.paused_until) {
            after(node.paused_until - now(), [this, &node, life] {
                if (node.up && node.life == life) write_next(node, life);
            });
            return;
        }
        auto done = std::move(node.writes.front());
        node.writes.pop_front();
        done.change(node.disk);
        // Through the codec: what is read back is what was stored.
        const auto read = cluster::decode_durable(cluster::encode(node.disk));
        CAIRN_CHECK(read.has_value() && *read == node.disk);
        if (node.disk.view.ballot == node.machine->view_change().accepted().ballot) {
            checks_.accepted_durably(node.member(), node.disk.view.ballot);
        }
        write_next(node, life);
        if (done.done) done.done();
        give(node, Membership::Persisted{done.number});
    });
}

/// What was being written is on the disk or not, in order.
void ClusterHistory::end_process(Node& node) {
    while (!node.writes.empty() && dice().once_in(2)) {
        node.writes.front().change(node.disk);
        node.writes.pop_front();
    }
    node.writes.clear();
    node.writing = false;
    node.up = false;
    if (data_ != nullptr) data_->end(node.index);
    ++node.life;
}

void ClusterHistory::kill(size_t index) {
    Node& node = *nodes_[index];
    if (!node.up) return;
    note("kill", node.id);
    ++totals_.kills;
    const cluster::Process process{node.id, node.member().boot};
    end_process(node);
    if (dice().once_in(2)) return;  // the machine died too: nobody refuses connections
    for (auto& other : nodes_) {
        if (!other->up || blocked_.contains({node.index, other->index})) continue;
        after(dice().up_to(50ms), [this, &other = *other, process] {
            if (other.up && now() >= other.paused_until) give(other, Membership::ProcessEnded{process});
        });
    }
}

void ClusterHistory::restart(size_t index) {
    Node& node = *nodes_[index];
    if (node.up) return;
    const bool wiped = shape_.faults && dice().once_in(8);
    const bool data_lost = wiped || (shape_.faults && dice().once_in(4));
    if (wiped) {
        ++totals_.wipes;
        node.disk.incarnation = {node.id, ++random_};
        node.disk.promised = {};
        node.disk.view = {};
    }
    node.data_lost = data_lost;
    for (auto& [name, said] : node.disk.report.namespaces) {
        if (data_lost) said.data = {node.id, ++random_};
        for (auto& partition : said.partitions) {
            if (wiped) partition.cfg = {};
            if (data_lost) partition.has_data = partition.trusted = false;
        }
    }
    if (data_lost) {
        for (auto& records : node.records) records.clear();
    }
    begin(node);
}

void ClusterHistory::run_for(Duration time) {
    world_.world.run_until([this] { return checks_.violation().has_value(); }, time);
}

bool ClusterHistory::run_until(const std::function<bool()>& done, Duration limit) {
    world_.world.run_until([&] { return checks_.violation().has_value() || done(); }, limit);
    return !checks_.violation() && done();
}

cluster::NodeId ClusterHistory::id_of(size_t node) const { return nodes_[node]->id; }
size_t ClusterHistory::index_of(NodeId id) const { return node_of(id).index; }
bool ClusterHistory::awake(size_t node) const { return nodes_[node]->up && now() >= nodes_[node]->paused_until; }

void ClusterHistory::send_data(size_t from, NodeId to, const Frame& frame) { send(*nodes_[from], node_of(to), frame); }

bool ClusterHistory::store_cfg(size_t index, size_t partition, const Cfg& cfg, std::function<void()> done) {
    Node& node = *nodes_[index];
    auto& view_change = node.machine->view_change();
    if (view_change.frozen() || node.report(kAvailable, partition).cfg.id >= cfg.id) return false;
    view_change.set_cfg(kAvailable, static_cast<PartitionId>(partition), cfg);
    const auto change = [partition, cfg](DurableState& disk) {
        auto& report = disk.report.namespaces.at(kAvailable).partitions[partition];
        if (report.cfg.id < cfg.id) report.cfg = cfg;
    };
    write(node, change, 0, [&node, life = node.life, done = std::move(done)] {
        if (node.up && node.life == life) done();
    });
    return true;
}

const Cfg& ClusterHistory::own_cfg(size_t node, size_t partition) const {
    return nodes_[node]->report(kAvailable, partition).cfg;
}

void ClusterHistory::set_has_data(size_t node, size_t partition, bool has_data) {
    nodes_[node]->machine->view_change().set_has_data(kAvailable, static_cast<PartitionId>(partition), has_data);
}

void ClusterHistory::pause(size_t index, Duration time) {
    note("pause", nodes_[index]->id);
    ++totals_.pauses;
    nodes_[index]->paused_until = now() + time;
}

void ClusterHistory::quiesce(size_t index, bool quiesced) {
    if (!awake(index)) return;
    nodes_[index]->machine->view_change().set_quiesced(quiesced);
    give(*nodes_[index], Membership::Recluster{});
}

void ClusterHistory::set_disk(size_t node, Duration write_max) { nodes_[node]->write_max = write_max; }

void ClusterHistory::set_blocked(size_t from, size_t to, bool blocked) {
    if (blocked) blocked_.insert({from, to});
    if (!blocked) blocked_.erase({from, to});
}

bool ClusterHistory::settled() const {
    std::shared_ptr<const cluster::Formed> common;
    size_t living = 0;
    for (const auto& node : nodes_) {
        if (!node->up) continue;
        ++living;
        const auto active = node->machine->active();
        if (!active || node->machine->view_change().frozen()) return false;
        if (common && common->view != active->view) return false;
        common = active;
    }
    return common != nullptr && common->view.members.size() == living;
}

bool ClusterHistory::settle_within(Duration time) {
    const bool violated = world_.world.run_until([this] { return settled() || checks_.violation(); }, time);
    return violated && !checks_.violation() && settled();
}

bool ClusterHistory::can_write(const Node& master, const std::string& name, size_t partition) const {
    if (!master.up || now() < master.paused_until) return false;
    const auto active = master.machine->active();
    if (!active || active->table.namespaces.at(name)[partition].state != cluster::Availability::serving) return false;
    const Cfg& cfg = master.report(name, partition).cfg;
    if (cfg.master != master.id) return false;
    return std::ranges::all_of(cfg.insync, [&](const cluster::Copy& copy) {
        const Node& replica = node_of(copy.node);
        return replica.up && replica.machine->view_change().accepted() == active->view &&
               replica.machine->view_change().report().namespaces.at(name).data == copy.data;
    });
}

/// Writes, additions of filled copies, and what both must find.
void ClusterHistory::use_data() {
    for (size_t p = 0; p < kPartitions; ++p) {
        size_t writers = 0;
        for (auto& node : nodes_) {
            if (!can_write(*node, kStrong, p)) continue;
            ++writers;
            const Cfg cfg = node->report(kStrong, p).cfg;
            for (const uint32_t number : acknowledged_[p]) {
                if (node->records[p].contains(number)) continue;
                ++totals_.lost_writes;
                checks_.violate("an acknowledged write is lost, partition " + std::to_string(p));
                break;
            }
            const uint32_t number = ++writes_made_;
            const bool some_only = dice().once_in(4);  // the master dies half way: in doubt
            for (const auto& copy : cfg.insync) {
                if (!some_only || dice().once_in(2)) node_of(copy.node).records[p].insert(number);
            }
            if (some_only) continue;
            acknowledged_[p].insert(number);
            ++totals_.acknowledged;
            checks_.acknowledged(p, cfg.regime);
        }
        if (writers > 1) checks_.violate("two sides write, partition " + std::to_string(p));
        for (auto& node : nodes_) {
            for (const char* const name : {kAvailable, kStrong}) {
                if (data_ != nullptr && name == kAvailable) continue;
                if (can_write(*node, name, p) && dice().once_in(3)) change_inside_view(*node, name, p);
            }
        }
    }
    if (!checks_.violation()) after(dice().up_to(400ms), [this] { use_data(); });
}

/// The master adds a copy that has been filled.
void ClusterHistory::change_inside_view(Node& master, const std::string& name, size_t partition) {
    auto& view_change = master.machine->view_change();
    if (view_change.frozen()) return;
    const auto active = master.machine->active();
    const Cfg before = master.report(name, partition).cfg;
    for (const NodeId id : active->table.namespaces.at(name)[partition].fill) {
        Node& filled = node_of(id);
        if (before.copy_on(id) != nullptr || !filled.up) continue;
        if (filled.machine->view_change().accepted() != active->view) continue;
        const bool same_view = before.id.ballot == active->view.ballot;
        Cfg next = before.successor({active->view.ballot, same_view ? before.id.step + 1 : 1});
        next.insync.push_back({id, filled.machine->view_change().report().namespaces.at(name).data});
        std::ranges::sort(next.insync);
        if (name == std::string(kStrong)) filled.records[partition] = master.records[partition];
        ++totals_.adds;
        for (auto& node : nodes_) {
            auto& other = *node;
            if (other.id != master.id && dice().once_in(4)) continue;  // has not heard of it
            if (!other.up || other.machine->view_change().frozen()) continue;
            if (other.machine->active()->view != active->view) continue;
            if (other.report(name, partition).cfg.id >= next.id) continue;
            other.machine->view_change().set_cfg(name, static_cast<PartitionId>(partition), next);
            other.machine->view_change().set_has_data(name, static_cast<PartitionId>(partition), true);
            write(
                other,
                [name, partition, next](DurableState& disk) {
                    auto& report = disk.report.namespaces.at(name).partitions[partition];
                    if (report.cfg.id < next.id) report.cfg = next;
                },
                0);
        }
        return;
    }
}

void ClusterHistory::trouble() {
    if (now() >= trouble_ends_) return heal();
    const size_t one = dice().below(nodes_.size());
    const size_t other = dice().below(nodes_.size());
    switch (dice().below(10)) {
        case 0:
        case 1:
            kill(one);
            after(dice().up_to(dice().once_in(2) ? 500ms : 6s), [this, one] { restart(one); });
            break;
        case 2: pause(one, dice().up_to(4s)); break;
        case 3: set_blocked(one, other, true); break;
        case 4: {
            ++totals_.splits;
            const uint64_t side = dice().next();
            for (size_t a = 0; a < nodes_.size(); ++a) {
                for (size_t b = 0; b < nodes_.size(); ++b) set_blocked(a, b, (side >> a & 1) != (side >> b & 1));
            }
            break;
        }
        case 5:
        case 6: blocked_.clear(); break;
        case 7: lose_one_in_ = dice().once_in(2) ? 0 : dice().between(3, 30); break;
        case 8: nodes_[one]->write_max = dice().once_in(2) ? 3ms : dice().up_to(2s); break;
        case 9:
            if (nodes_[one]->up) quiesce(one, dice().once_in(2));
            break;
        default: break;
    }
    after(dice().up_to(dice().once_in(2) ? 300ms : 4s), [this] { trouble(); });
}

void ClusterHistory::heal() {
    note("heal", 0);
    healed_ = true;
    blocked_.clear();
    lose_one_in_ = 0;
    delay_max_ = std::min<Duration>(delay_max_, 20ms);
    for (auto& node : nodes_) {
        node->write_max = 3ms;
        node->paused_until = std::min(node->paused_until, now() + 1s);
        restart(node->index);
    }
}

std::optional<std::string> ClusterHistory::run() {
    start();
    trouble_ends_ = now() + 2s + shape_.trouble;
    after(2s, [this] { trouble(); });
    after(1s, [this] { use_data(); });
    world_.world.run_until([this] { return healed_ || checks_.violation(); }, shape_.trouble + 30s);
    // Whoever was expelled again and again comes back after a minute.
    if (!checks_.violation() && !settle_within(80s)) checks_.violate("no view of all within 80 s");
    const size_t settled_views = views();
    run_for(5s);
    if (!checks_.violation() && (!settled() || views() != settled_views)) {
        checks_.violate("the view of all did not last");
    }
    return checks_.violation();
}

ClusterHistory::Totals ClusterHistory::totals() const {
    Totals all = totals_;
    all.views = views();
    return all;
}

}  // namespace cairn::sim
