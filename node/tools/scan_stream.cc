#include "node/tools/scan_stream.h"

#include "node/tools/session.h"

namespace cairn::ctl {

ScanStream::ScanStream(runtime::Loop& loop, std::unique_ptr<runtime::Socket> socket, Bytes request, Duration timeout,
                       Take take, Done done)
    : loop_(loop), timeout_(timeout), take_(std::move(take)), done_(std::move(done)), timer_(loop.make_timer()) {
    stream_.emplace(std::move(socket), static_cast<client::FrameStream::Handler&>(*this));
    stream_->out().append(request);
    stream_->flush();
    arm();
}

void ScanStream::arm() {
    timer_->arm(timeout_, [this] { finish(fail("the scan had no answer in time (--timeout)")); });
}

void ScanStream::on_frame(wire::FrameType type, Bytes body) {
    if (!done_) return;
    if (type != wire::FrameType::message) return finish(fail("the scan was answered with a frame of another type"));
    const auto decoded = client::decode_stream(body, partial_, record_, [this](const client::Record& record) {
        if (!done_) return;
        // A query that fails before it streams answers with one plain unit.
        if (record.result != ResultCode::ok) return finish(fail(describe(record.result)));
        take_(record);
    });
    if (!decoded) return finish(decoded);
    if (!done_) return;
    partitions_failed_ += partial_.failed_partitions.size();
    partial_.failed_partitions.clear();
    if (!partial_.done) return arm();
    if (partial_.result != ResultCode::ok) return finish(fail(describe(partial_.result)));
    if (partitions_failed_ != 0) {
        return finish(fail(std::to_string(partitions_failed_) + " partitions could not be read; the rest is complete"));
    }
    finish({});
}

void ScanStream::on_broken(const char* reason) { finish(fail(std::string("the scan broke off: ") + reason)); }

void ScanStream::finish(Result<void> result) {
    if (!done_) return;
    timer_->cancel();
    loop_.post(
        [done = std::exchange(done_, nullptr), result = std::move(result)]() mutable { done(std::move(result)); });
}

}  // namespace cairn::ctl
