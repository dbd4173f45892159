#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "operator/plan/observed.h"

namespace cairn::plan {

/// The servers of one cluster, as far as an operator can do harm to them: who has which version of each partition.
/// A server's copies live as long as its process, or on its disk when it has one.
class Database {
public:
    static constexpr int kPartitions = 6;

    explicit Database(int copies) : copies_(copies) {}

    /// A process begins. @param disk  what its copies are on (uids of claims); empty: memory.
    void start(const std::string& id, const std::string& disk);
    /// It ends, however.
    void stop(const std::string& id);
    /// A disk is gone for ever.
    void wipe(const std::string& disk) { disks_.erase(disk); }

    void quiesce(const std::string& id, bool on);
    void recluster();
    /// A turn of time: one new write in each partition, and `moves` copies are filled.
    void tick(int moves);

    bool online(const std::string& id) const { return servers_.contains(id); }
    bool complete(const std::string& id) const;
    /// What it says of itself.
    Server server(const std::string& id) const;
    StopAnswer may_stop(const StopQuestion& nodes) const;
    int64_t migrations() const;
    /// Partitions whose latest version is on this disk and on no server that is online.
    int only_on(const std::string& disk) const;
    void set_copies(int copies) { copies_ = copies; }

private:
    struct Process {
        std::string disk = {};
        bool to_be_quiesced = false;
        bool quiesced = false;
        std::map<int, int64_t> versions = {};  // of partitions it has
    };
    std::vector<std::string> targets(int partition) const;
    bool latest(const Process& process, int partition) const;
    void keep(Process& process, int partition, int64_t version);

    int copies_;
    std::map<std::string, Process> servers_;
    std::map<std::string, std::map<int, int64_t>> disks_;
    int64_t versions_[kPartitions] = {};  // that were acknowledged last
    int key_ = 1;
};

}  // namespace cairn::plan
