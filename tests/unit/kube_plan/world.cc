#include "tests/unit/kube_plan/world.h"

#include <algorithm>

namespace cairn::plan {

Wish a_wish(int size, const std::vector<std::string>& racks, bool claims) {
    Wish wish;
    wish.size = size;
    wish.copies = std::min(size, 2);
    wish.automatic_racks = racks.empty();
    for (const std::string& name : racks.empty() ? std::vector{std::string(kAutomaticRack)} : racks) {
        RackWish rack{.name = name, .active = true, .volumes = {}, .revision = {"r1", "t1"}};
        if (claims) rack.volumes.push_back({"data", 1 << 30});
        wish.racks.push_back(rack);
    }
    return wish;
}

World::World(Wish first, int host_count) : wish(std::move(first)), database_(wish.copies) {
    for (int at = 0; at < host_count; at++) {
        machines.push_back(
            {.host = {.name = "host" + std::to_string(at), .zone = "zone-" + std::string(1, char('a' + at % 3))}});
    }
}

void World::violate(const std::string& what) { violations.push_back(what); }

World::Machine* World::machine(const std::string& name) {
    const auto found = std::ranges::find(machines, name, [](const Machine& each) { return each.host.name; });
    return found == machines.end() ? nullptr : &*found;
}

std::string World::disk_of(const NodeObject& node) const {
    std::string disk;
    for (const auto& [volume, uid] : node.claims) disk += uid + ";";
    return disk;
}

void World::stop_process(LivePod& pod) {
    if (!pod.process) return;
    pod.process = false;
    database_.stop(pod.pod.node_id);
}

Observed World::observe() {
    Observed seen;
    seen.complete = true;
    seen.now = now;
    seen.entropy = ++serial_ * 7919;
    seen.cluster = {"demo", "uid-demo", "1"};
    seen.generation = generation;
    seen.deleting = deleting;
    seen.has_finalizer = finalizer_;
    seen.wish = wish;
    seen.status = status_;
    seen.restarts = restarts;
    for (const auto& [name, node] : nodes_) seen.nodes.push_back(node);
    for (const auto& [name, claim] : claims_) seen.claims.push_back(claim);
    for (const Machine& each : machines) seen.hosts.push_back(each.host);
    for (const auto& [rack, min] : budgets_) seen.budgets.push_back({rack, min});
    for (const auto& [name, pod] : pods_) {
        seen.pods.push_back(pod.pod);
        const Machine* on = machine(pod.pod.host);
        if (pod.process && pod.hidden == 0 && on != nullptr && on->reachable) {
            seen.servers[name] = database_.server(pod.pod.node_id);
        }
    }
    return seen;
}

void World::operate(std::optional<int> crash_after) {
    Observed seen = observe();
    last_ = plan(seen);
    plans++;
    for (int round = 0; !last_.questions.empty() && round < 4; round++) {
        for (const StopQuestion& question : last_.questions) {
            auto& answers = seen.answers[question];
            for (const auto& [name, server] : seen.servers) answers[name] = database_.may_stop(question);
        }
        last_ = plan(seen);
        plans++;
    }
    int count = 0;
    for (const Action& action : last_.actions) {
        if (crash_after && count++ >= *crash_after) return;
        if (!perform(action)) return;
    }
    status_ = last_.status;
    check_ready();
}

bool World::perform(const Action& action) {
    return std::visit([this](const auto& each) { return act(each); }, action);
}

void World::check_ready() {
    const api::Condition* ready = api::find_condition(status_.conditions, "Ready");
    if (ready == nullptr) return violate("there is no condition Ready");
    if (ready->observed_generation != generation || status_.observed_generation != generation) {
        violate("a status is not of the generation it was made from");
    }
    if (ready->status != api::Truth::yes) return;
    if (int(nodes_.size()) != wish.size || int(pods_.size()) != wish.size) violate("Ready with another size");
    for (const auto& [name, pod] : pods_) {
        if (!pod.process || !pod.pod.gate) violate("Ready while " + name + " is not");
    }
}

void World::tick() {
    now += 5;
    database_.set_copies(wish.copies);
    for (Machine& each : machines) {
        const bool heard = each.powered && each.reachable;
        if (each.host.ready && !heard) each.host.not_ready_since = now;
        each.host.ready = heard;
    }
    for (auto pod = pods_.begin(); pod != pods_.end();) {
        LivePod& live = pod->second;
        Machine* on = machine(live.pod.host);
        if (live.hidden > 0) live.hidden--;
        if (on != nullptr && !on->powered) stop_process(live);
        if (!live.pod.host.empty() && on == nullptr) {  // its host is gone, and so is it
            stop_process(live);
            pod = pods_.erase(pod);
            continue;
        }
        if (on != nullptr && !on->host.ready) {  // nobody says anything of it
            ++pod;
            continue;
        }
        if (live.pod.deleting) {
            stop_process(live);
            pod = pods_.erase(pod);
            continue;
        }
        if (on == nullptr) {
            for (Machine& each : machines) {
                const bool taken =
                    std::ranges::any_of(pods_, [&](const auto& p) { return p.second.pod.host == each.host.name; });
                if (!each.host.ready || each.host.cordoned || taken) continue;
                live.pod.host = each.host.name;
                touch(live.pod.id);
                break;
            }
            live.pod.unschedulable = live.pod.host.empty();
        } else if (!live.process) {
            const bool crashes = live.pod.revision == broken_revision;
            live.pod.crashing = crashes;
            live.pod.running = live.pod.answers = !crashes;
            if (!crashes) {
                live.process = true;
                live.starts++;
                database_.start(live.pod.node_id, disk_of(nodes_.at(live.pod.id.name)));
            }
            touch(live.pod.id);
        }
        ++pod;
    }
    std::erase_if(claims_, [this](const auto& each) {
        const bool gone = each.second.deleting && !pods_.contains(each.second.node);
        if (gone) database_.wipe(each.second.id.uid + ";");
        return gone;
    });
    database_.tick(3);
    std::erase_if(stopped_by_us_, [this](const auto& each) {
        const auto pod = pods_.find(each.first);
        return !nodes_.contains(each.first) || (pod != pods_.end() && pod->second.pod.gate);
    });
}

bool World::settles(int most) {
    for (int at = 0; at < most; at++) {
        operate();
        const bool idle =
            last_.questions.empty() && last_.waiting_for.empty() &&
            std::ranges::all_of(last_.actions, [](const Action& a) { return std::holds_alternative<ApplyPassive>(a); });
        const api::Condition* ready = api::find_condition(last_.status.conditions, "Ready");
        if (idle && ready != nullptr && ready->status == api::Truth::yes) return true;
        tick();
    }
    return false;
}

// --- faults

namespace {
template <class Map>
auto nth(Map& map, size_t index) {
    return index < map.size() ? std::next(map.begin(), ptrdiff_t(index)) : map.end();
}
}  // namespace

void World::delete_pod(size_t index) {
    const auto pod = nth(pods_, index);
    if (pod == pods_.end()) return;
    pod->second.pod.deleting = true;
    touch(pod->second.pod.id);
}

void World::crash_container(size_t index) {
    const auto pod = nth(pods_, index);
    if (pod == pods_.end() || !pod->second.process) return;
    stop_process(pod->second);
    const Machine* on = machine(pod->second.pod.host);
    if (on != nullptr && on->host.ready) pod->second.pod.running = pod->second.pod.answers = false;
    touch(pod->second.pod.id);
}

void World::delete_claim(size_t index) {
    const auto claim = nth(claims_, index);
    if (claim == claims_.end() || claim->second.retired) return;
    claim->second.deleting = true;
    touch(claim->second.id);
}

void World::hide_server(size_t index, int turns) {
    const auto pod = nth(pods_, index);
    if (pod != pods_.end()) pod->second.hidden = turns;
}

void World::power(size_t index, bool on) {
    if (index < machines.size()) machines[index].powered = on;
}
void World::cut(size_t index, bool off) {
    if (index < machines.size()) machines[index].reachable = !off;
}
void World::cordon(size_t index, bool on) {
    if (index < machines.size()) machines[index].host.cordoned = on;
}
void World::remove_machine(size_t index) {
    if (index >= machines.size()) return;
    for (auto& [name, pod] : pods_) {
        if (pod.pod.host == machines[index].host.name) stop_process(pod);
    }
    machines.erase(machines.begin() + ptrdiff_t(index));
}

void World::mend() {
    for (Machine& each : machines) {
        each.powered = each.reachable = true;
        each.host.cordoned = false;
    }
    for (int at = 0; int(machines.size()) < wish.size + 4; at++) {
        machines.push_back({.host = {.name = "spare" + fresh(), .zone = "zone-" + std::string(1, char('a' + at % 3))}});
    }
    for (auto& [name, pod] : pods_) pod.hidden = 0;
    for (auto& [name, node] : nodes_) {
        if (node.wish == api::NodeWish::fenced || node.wish == api::NodeWish::quiesced)
            node.wish = api::NodeWish::running;
    }
    broken_revision.clear();
}

void World::ask_for(size_t index, api::NodeWish node_wish) {
    const auto node = nth(nodes_, index);
    if (node == nodes_.end()) return;
    node->second.wish = node_wish;
    touch(node->second.id);
}

const std::vector<NodeObject> World::nodes() const {
    std::vector<NodeObject> all;
    for (const auto& [name, node] : nodes_) all.push_back(node);
    return all;
}

const std::vector<Pod> World::pods() const {
    std::vector<Pod> all;
    for (const auto& [name, pod] : pods_) all.push_back(pod.pod);
    return all;
}

int World::revision_of_pods(const std::string& revision) const {
    return int(std::ranges::count_if(pods_, [&](const auto& each) { return each.second.pod.revision == revision; }));
}

std::string World::text() const {
    std::string out = "size " + std::to_string(wish.size) + ", waiting for '" + last_.waiting_for + "', migrations " +
                      std::to_string(database_.migrations()) + "\n";
    for (const auto& [name, node] : nodes_) {
        out += "  " + name + " id " + node.node_id + " rev " + node.revision + (node.leaving ? " leaving" : "") +
               (node.restarting ? " restarting" : "") +
               (node.failed_revision.empty() ? "" : " failed " + node.failed_revision) + " wish " +
               std::string(api::name_of(node.wish));
        const auto pod = pods_.find(name);
        if (pod != pods_.end()) {
            const Pod& p = pod->second.pod;
            out += " | pod " + p.revision + " on " + p.host + (p.gate ? " gate" : "") +
                   (p.deleting ? " deleting" : "") + (p.crashing ? " crashing" : "") +
                   (pod->second.process ? " up" : "") + " rack " + p.rack_label;
        }
        for (const auto& [volume, uid] : node.claims) out += " " + volume + "=" + uid;
        out += "\n";
    }
    for (const auto& [name, claim] : claims_) {
        out += "  claim " + name + " uid " + claim.id.uid + (claim.deleting ? " deleting" : "") +
               (claim.retired ? " retired" : "") + "\n";
    }
    for (const auto& [rack, min] : budgets_) out += "  budget " + rack + " " + std::to_string(min) + "\n";
    for (const Machine& each : machines) {
        out += "  host " + each.host.name + (each.host.ready ? "" : " silent") +
               (each.host.cordoned ? " cordoned" : "") + "\n";
    }
    out += "  actions " + std::to_string(last_.actions.size()) + ", questions " +
           std::to_string(last_.questions.size()) + "\n";
    return out;
}

}  // namespace cairn::plan
