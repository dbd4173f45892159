#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "common/runtime/disk.h"
#include "node/server/state.h"

namespace cairn {

/// The truncations and evictions of namespaces on devices, in a small file: records that they ended are removed from the
/// index alone, and would come back when it is built anew. A line for each: time (ms since 2010), namespace, and what of
/// it: a set in hexadecimal, "-" for all of it, or "<" and a void-time (s since 2010) for what expires before.
class Truncations {
public:
    /// @param disk, state  outlive this.
    Truncations(runtime::Disk& disk, std::string path, server::State& state)
        : disk_(disk), path_(std::move(path)), state_(state) {}

    /// Writes those in force with this one changed, durably; only then it is in force. From any thread.
    /// @param lut   of a namespace on devices or of a set in it.
    /// @param time  ms since 2010: nothing happens if a later one is in force; 0: none any more.
    Result<void> change(std::atomic<uint64_t>& lut, uint64_t time);
    /// What a cluster has agreed on, of one namespace or a set in it, whether it is here yet or not.
    struct Wanted {
        partition::Namespace* ns;
        std::string set;  // empty: all of it
        uint64_t time = 0;  // ms since 2010; 0: none
    };
    /// Puts all of these in force, and writes those in force, durably: a node that leaves its cluster needs them. Until
    /// then the cluster's metadata has them.
    Result<void> put_in_force(const std::vector<Wanted>& wanted);
    /// Writes those in force, and the evictions, durably. From any thread.
    Result<void> keep();
    /// Puts those of one namespace in force; sets that no stored record names have none.
    /// @error  the file cannot be read, or is not what change() writes.
    Result<void> restore(partition::Namespace& ns);

private:
    Result<void> write(const std::atomic<uint64_t>* changed, uint64_t to);

    runtime::Disk& disk_;
    const std::string path_;
    server::State& state_;
    std::mutex changing_;
};

}  // namespace cairn
