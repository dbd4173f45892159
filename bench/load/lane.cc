#include "bench/load/lane.h"

#include "bench/load/worker.h"
#include "common/client/reply.h"

namespace cairn::bench {

Lane::Lane(Worker& worker, size_t node, size_t share, size_t shares, std::unique_ptr<runtime::Socket> socket)
    : worker_(worker),
      plan_(worker.plan()),
      node_(node),
      ring_(plan_.options().mode == Mode::scan ? 1 : plan_.options().pipeline),
      stream_(std::move(socket), *this) {
    if (plan_.options().mode != Mode::scan) return;
    const auto all = plan_.partitions_of(node);
    std::vector<PartitionId> mine;
    for (size_t i = share; i < all.size(); i += shares) mine.push_back(all[i]);
    scan_ = plan_.scan(mine);
    scans_left_ = plan_.options().count == 0 ? UINT64_MAX : plan_.options().count;
    if (mine.empty()) scans_left_ = 0;
}

bool Lane::issue(Instant start) {
    if (exhausted_ || full()) return false;
    const auto kind = append_next();
    if (!kind) {
        exhausted_ = true;
        return false;
    }
    ring_[(first_ + in_flight_++) % ring_.size()] = {start, *kind};
    return true;
}

std::optional<Kind> Lane::append_next() {
    const auto& options = plan_.options();
    auto& out = stream_.out();
    if (options.mode == Mode::scan) {
        if (scans_left_ == 0) return std::nullopt;
        --scans_left_;
        out.append(scan_.bytes());
        return Kind::scan;
    }
    if (!plan_.take()) return std::nullopt;
    if (options.mode == Mode::read_update && worker_.dice().below(100) < options.read_percent) {
        const bool batch = options.batch > 1;
        fill(batch ? plan_.batch() : plan_.read());
        return batch ? Kind::batch : Kind::read;
    }
    const auto& writes = plan_.writes();
    const auto& frame = writes[writes.size() == 1 ? 0 : worker_.dice().below(writes.size())];
    if (options.mode == Mode::insert) {
        const auto index = plan_.next_insert(node_);
        if (!index) return std::nullopt;
        std::memcpy(frame.append_to(out) + frame.digest_at[0], plan_.digests()[*index].bytes.data(), Digest::kSize);
    } else {
        fill(frame);
    }
    return Kind::write;
}

void Lane::fill(const Frame& frame) {
    uint8_t* at = frame.append_to(stream_.out());
    for (const uint32_t offset : frame.digest_at) std::memcpy(at + offset, random_key().bytes.data(), Digest::kSize);
}

const Digest& Lane::random_key() {
    const auto& digests = plan_.digests();
    for (;;) {
        const auto& digest = digests[worker_.dice().below(digests.size())];
        if (plan_.owns(node_, digest)) return digest;
    }
}

void Lane::on_frame(wire::FrameType type, Bytes body) {
    if (type != wire::FrameType::message || body.size() < wire::kMessageHeaderSize || in_flight_ == 0) {
        return worker_.fail_run("the server at " + stream_.peer() + " sent a frame that is no answer");
    }
    const Request request = ring_[first_];
    if (request.kind == Kind::batch || request.kind == Kind::scan) {
        if (!take_stream(request.kind, body)) return;
    } else {
        worker_.tally().count(request.kind, ResultCode(body[5]));
    }
    first_ = (first_ + 1) % ring_.size();
    --in_flight_;
    worker_.completed(*this, request.kind, request.start);
}

bool Lane::take_stream(Kind kind, Bytes body) {
    const auto stream = kind == Kind::batch ? client::StreamKind::batch : client::StreamKind::query;
    auto& tally = worker_.tally();
    client::UnitWalk walk(body);
    while (walk.next()) {
        const auto& header = walk.header();
        if (client::ends_stream(header, stream)) {
            if (header.result != ResultCode::ok) tally.error(header.result);
            return true;
        }
        if (header.info3 & wire::info3::partition_done) {
            if (header.result != ResultCode::ok) tally.error(header.result);
        } else {
            tally.count(kind, header.result);
        }
    }
    if (walk.broken()) worker_.fail_run("the server at " + stream_.peer() + " sent a damaged reply");
    return false;
}

void Lane::on_frames_end() { worker_.replies_taken(*this); }

void Lane::on_broken(const char* reason) { worker_.fail_run(reason + (" (" + stream_.peer() + ")")); }

}  // namespace cairn::bench
