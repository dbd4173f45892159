#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load/keys.h"
#include "bench/load/options.h"
#include "common/base/buffer.h"

namespace cairn::bench {

enum class Kind : uint8_t { read, write, batch, scan };

/// A request frame written once; each use copies it and fills in its digests.
struct Frame {
    std::vector<uint8_t> bytes;
    std::vector<uint32_t> digest_at;  // where each digest goes

    /// Appends a copy to `out`. @return  its first byte there.
    uint8_t* append_to(Buffer& out) const {
        uint8_t* at = out.append(bytes.size());
        std::memcpy(at, bytes.data(), bytes.size());
        return at;
    }
};

/// What all workers share: the work, and what is left of it. Filled before the load starts; then only the counters move.
class Plan {
public:
    /// @error  this machine cannot compute digests.
    static Result<std::unique_ptr<Plan>> create(const Options& options);

    const Options& options() const { return options_; }
    const std::vector<Digest>& digests() const { return digests_; }
    const Frame& read() const { return read_; }
    const Frame& batch() const { return batch_; }
    /// One frame for each of up to 64 sizes between the smallest and the largest.
    const std::vector<Frame>& writes() const { return writes_; }
    Buffer scan(const std::vector<PartitionId>& partitions) const;

    /// The nodes, and which of them is master of each partition. Requests go there only.
    void set_nodes(std::vector<runtime::Endpoint> nodes, const std::array<uint16_t, kPartitionCount>& owners);
    const std::vector<runtime::Endpoint>& nodes() const { return nodes_; }
    bool owns(size_t node, const Digest& digest) const {
        return nodes_.size() == 1 || owners_[digest.partition()] == node;
    }
    std::vector<PartitionId> partitions_of(size_t node) const;

    /// The next key to insert at `node`, as an index of digests(); nothing when all are taken. Any thread.
    std::optional<uint64_t> next_insert(size_t node);
    /// Takes one request off `--count`. @return false when none is left. Any thread.
    bool take();

private:
    explicit Plan(const Options& options);
    Frame write_frame(uint32_t size) const;

    const Options options_;
    const Permutation order_;
    std::vector<Digest> digests_;
    Frame read_;
    Frame batch_;
    std::vector<Frame> writes_;
    std::vector<runtime::Endpoint> nodes_;
    std::array<uint16_t, kPartitionCount> owners_{};  // index of nodes_
    // Shared by the threads: a key is inserted once, and --count holds over all of them.
    std::unique_ptr<std::atomic<uint64_t>[]> inserted_;  // one for each node
    std::atomic<uint64_t> taken_{0};
};

}  // namespace cairn::bench
