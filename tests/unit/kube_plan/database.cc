#include "tests/unit/kube_plan/database.h"

#include <algorithm>
#include <functional>

#include "common/base/split_mix.h"

namespace cairn::plan {

void Database::start(const std::string& id, const std::string& disk) {
    Process process{.disk = disk};
    if (!disk.empty()) process.versions = disks_[disk];
    const bool first = servers_.empty();
    servers_[id] = std::move(process);
    key_++;
    for (int at = 0; first && at < kPartitions; at++) {
        if (versions_[at] == 0) keep(servers_[id], at, 0);  // an empty cluster is complete
    }
}

void Database::stop(const std::string& id) {
    if (servers_.erase(id) == 0) return;
    recluster();
}

void Database::quiesce(const std::string& id, bool on) {
    const auto found = servers_.find(id);
    if (found != servers_.end()) found->second.to_be_quiesced = on;
}

void Database::recluster() {
    key_++;
    for (auto& [id, process] : servers_) process.quiesced = process.to_be_quiesced;
}

void Database::keep(Process& process, int partition, int64_t version) {
    process.versions[partition] = version;
    if (!process.disk.empty()) disks_[process.disk][partition] = version;
}

bool Database::latest(const Process& process, int partition) const {
    const auto found = process.versions.find(partition);
    return found != process.versions.end() && found->second == versions_[partition];
}

std::vector<std::string> Database::targets(int partition) const {
    std::vector<std::tuple<bool, uint64_t, std::string>> row;
    for (const auto& [id, process] : servers_) {
        row.emplace_back(process.quiesced, mix_bits(std::hash<std::string>{}(id) + uint64_t(partition)), id);
    }
    std::ranges::sort(row);
    std::vector<std::string> chosen;
    for (const auto& [quiesced, score, id] : row) {
        if (int(chosen.size()) < copies_) chosen.push_back(id);
    }
    return chosen;
}

void Database::tick(int moves) {
    for (int at = 0; at < kPartitions; at++) {
        std::vector<Process*> holders;
        for (auto& [id, process] : servers_) {
            if (latest(process, at)) holders.push_back(&process);
        }
        if (holders.empty()) {
            // What nobody has any more is begun anew; what a disk has is waited for.
            const bool stored = std::ranges::any_of(disks_, [&](const auto& disk) {
                const auto found = disk.second.find(at);
                return found != disk.second.end() && found->second == versions_[at];
            });
            if (!stored && !servers_.empty()) keep(servers_.begin()->second, at, versions_[at]);
            continue;
        }
        const std::vector<std::string> wanted = targets(at);
        for (const std::string& id : wanted) {
            if (moves > 0 && !latest(servers_[id], at)) {
                moves--;
                keep(servers_[id], at, versions_[at]);
                holders.push_back(&servers_[id]);
            }
        }
        versions_[at]++;
        for (Process* holder : holders) keep(*holder, at, versions_[at]);
        if (std::ranges::any_of(wanted, [&](const std::string& id) { return !latest(servers_[id], at); })) continue;
        for (auto& [id, process] : servers_) {
            if (std::ranges::find(wanted, id) != wanted.end()) continue;
            process.versions.erase(at);
            if (!process.disk.empty()) disks_[process.disk].erase(at);
        }
    }
}

bool Database::complete(const std::string& id) const {
    for (int at = 0; at < kPartitions; at++) {
        const std::vector<std::string> wanted = targets(at);
        if (std::ranges::find(wanted, id) != wanted.end() && !latest(servers_.at(id), at)) return false;
    }
    return true;
}

Server Database::server(const std::string& id) const {
    const Process& process = servers_.at(id);
    Server server;
    server.cluster_key = "key" + std::to_string(key_);
    for (const auto& [each, other] : servers_) server.members.push_back(each);
    server.serving = true;
    server.to_be_quiesced = process.to_be_quiesced;
    server.quiesced = process.quiesced;
    server.full = complete(id);
    server.version = "1.0";
    for (int at = 0; at < kPartitions; at++) {
        bool somebody = false;
        bool better = false;
        for (const auto& [each, other] : servers_) {
            somebody |= latest(other, at);
            better |= each != id && latest(other, at) && !other.quiesced;
        }
        server.unavailable += somebody ? 0 : 1;
        server.masters += latest(process, at) && (!process.quiesced || !better) ? 1 : 0;
        for (const std::string& target : targets(at)) {
            const bool lacks = !latest(servers_.at(target), at);
            server.migrations += lacks && (target == id || latest(process, at)) ? 1 : 0;
        }
    }
    return server;
}

StopAnswer Database::may_stop(const StopQuestion& nodes) const {
    StopAnswer answer{.cluster_key = "key" + std::to_string(key_)};
    const auto goes = [&nodes](const std::string& id) { return std::ranges::find(nodes, id) != nodes.end(); };
    for (int at = 0; at < kPartitions; at++) {
        bool left = false;
        for (const auto& [id, process] : servers_) left |= !goes(id) && latest(process, at);
        answer.unavailable += left ? 0 : 1;
        answer.without_full_copy += left ? 0 : 1;
        for (const std::string& target : targets(at)) {
            if (latest(servers_.at(target), at)) continue;
            bool touched = goes(target);
            for (const auto& [id, process] : servers_) touched |= goes(id) && latest(process, at);
            answer.moving += touched ? 1 : 0;
        }
    }
    return answer;
}

int64_t Database::migrations() const {
    int64_t most = 0;
    for (const auto& [id, process] : servers_) most = std::max(most, server(id).migrations);
    return most;
}

int Database::only_on(const std::string& disk) const {
    int only = 0;
    const auto found = disks_.find(disk);
    if (found == disks_.end()) return 0;
    for (const auto& [at, version] : found->second) {
        if (version != versions_[at]) continue;
        const bool elsewhere = std::ranges::any_of(
            servers_, [&](const auto& each) { return each.second.disk != disk && latest(each.second, at); });
        if (!elsewhere) only++;
    }
    return only;
}

}  // namespace cairn::plan
