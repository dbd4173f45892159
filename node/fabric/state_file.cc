#include "node/fabric/state_file.h"

#include <utility>

#include "node/cluster/codec.h"

namespace cairn::fabric {
namespace {

constexpr Duration kRetry = 1s;

}  // namespace

StateFile::StateFile(runtime::Disk& disk, runtime::Loop& loop, std::string path, log::Logger& logger, Figures& figures)
    : disk_(disk), loop_(loop), path_(std::move(path)), log_(logger), figures_(figures) {}

Result<std::optional<cluster::DurableState>> StateFile::load() const {
    const auto bytes = disk_.read_file(path_);
    if (!bytes) {
        if (bytes.error().code == ResultCode::not_found) return std::nullopt;
        return std::unexpected(bytes.error());
    }
    auto state = cluster::decode_durable(as_bytes(*bytes));
    if (!state) {
        return fail("'" + path_ + "': " + state.error().detail +
                    "; without the file the node comes back as a new one, whose data counts for nothing");
    }
    return std::optional(*std::move(state));
}

void StateFile::store(const cluster::DurableState& state, std::function<void()> done) {
    if (!next_) next_.emplace();
    next_->bytes = as_text(cluster::encode(state));
    next_->done.push_back(std::move(done));
    if (!writing_) write_next();
}

void StateFile::write_next() {
    writing_ = std::exchange(next_, std::nullopt);
    disk_.write_file_later(loop_, path_, writing_->bytes,
                           [this, alive = std::weak_ptr(alive_)](const Result<void>& outcome) {
                               if (!alive.expired()) written(outcome);
                           });
}

void StateFile::written(const Result<void>& outcome) {
    if (!outcome) {
        figures_.state_writes_failed.add();
        if (!failed_) {
            log_.warning(log::Module::clustering,
                         "cluster state cannot be stored: this node promises nothing until it can",
                         {{"reason", outcome.error().detail}});
        }
        failed_ = true;
        if (!next_) next_ = std::move(writing_);
        else next_->done.insert(next_->done.begin(), writing_->done.begin(), writing_->done.end());
        if (!retry_) retry_ = loop_.make_timer();
        return retry_->arm(kRetry, [this] { write_next(); });  // writing_ stays: nothing begins before
    }
    if (failed_) log_.info(log::Module::clustering, "cluster state is stored again", {{"path", path_}});
    failed_ = false;
    figures_.state_writes.add();
    const auto done = std::move(writing_->done);
    writing_.reset();
    if (next_) write_next();
    for (const auto& told : done) told();
}

}  // namespace cairn::fabric
