#pragma once
#include <memory>
#include <vector>

#include "bench/load/plan.h"
#include "common/base/time.h"
#include "common/client/frame_stream.h"

namespace cairn::bench {

class Worker;

/// One connection under load: what it has in flight, in order. Belongs to one worker.
class Lane final : client::FrameStream::Handler {
public:
    /// @param node   index of Plan::nodes().
    /// @param share  which of the `shares` lanes of that node this is: a scan reads that part of its partitions.
    Lane(Worker& worker, size_t node, size_t share, size_t shares, std::unique_ptr<runtime::Socket> socket);

    /// Queues the next request of the workload, if there is one and room for it; flush() sends what was queued.
    /// @param start  when it was to be sent.
    /// @return  false when the work is done, or all the pipeline is in flight.
    bool issue(Instant start);
    void flush() { stream_.flush(); }

    bool full() const { return in_flight_ == ring_.size(); }
    bool exhausted() const { return exhausted_; }
    bool idle() const { return in_flight_ == 0; }

private:
    struct Request {
        Instant start;
        Kind kind;
    };

    void on_frame(wire::FrameType type, Bytes body) override;
    void on_frames_end() override;
    void on_broken(const char* reason) override;

    /// Appends one request. @return  nothing when the work is done.
    std::optional<Kind> append_next();
    void fill(const Frame& frame);
    const Digest& random_key();
    /// @return  whether the reply is complete.
    bool take_stream(Kind kind, Bytes body);

    Worker& worker_;
    Plan& plan_;
    const size_t node_;
    std::vector<Request> ring_;  // in_flight_ requests from first_ on, oldest first
    size_t first_ = 0;
    size_t in_flight_ = 0;
    bool exhausted_ = false;
    Buffer scan_;             // the scan request
    uint64_t scans_left_ = 0;
    client::FrameStream stream_;
};

}  // namespace cairn::bench
