#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "common/client/frame_stream.h"
#include "common/client/reply.h"
#include "common/runtime/loop.h"

namespace cairn::ctl {

/// One scan of one node, record by record as they arrive: its memory does not grow with the answer. Used on one loop.
class ScanStream final : client::FrameStream::Handler {
public:
    using Take = std::function<void(const client::Record&)>;
    using Done = std::move_only_function<void(Result<void>)>;

    /// Sends `request` and gives each record to `take`, inside a turn of the loop; then calls `done` once.
    /// @param timeout  longest wait for the next records.
    ScanStream(runtime::Loop& loop, std::unique_ptr<runtime::Socket> socket, Bytes request, Duration timeout, Take take,
               Done done);

private:
    void on_frame(wire::FrameType type, Bytes body) override;
    void on_broken(const char* reason) override;
    void finish(Result<void> result);
    void arm();

    runtime::Loop& loop_;  // outlives the stream
    const Duration timeout_;
    Take take_;
    Done done_;  // empty once called
    client::Stream partial_{.kind = client::StreamKind::query};
    client::Record record_;  // the latest one
    size_t partitions_failed_ = 0;
    std::unique_ptr<runtime::Timer> timer_;
    std::optional<client::FrameStream> stream_;
};

}  // namespace cairn::ctl
