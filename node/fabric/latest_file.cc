#include "node/fabric/latest_file.h"

#include <utility>

namespace cairn::fabric {
namespace {

constexpr Duration kRetry = 1s;

}  // namespace

LatestFile::LatestFile(runtime::Disk& disk, runtime::Loop& loop, std::string path,
                       std::function<void(const Result<void>&)> tell)
    : disk_(disk), loop_(loop), path_(std::move(path)), tell_(std::move(tell)) {}

void LatestFile::store(std::string bytes, std::function<void()> done) {
    if (!next_) next_.emplace();
    next_->bytes = std::move(bytes);
    next_->done.push_back(std::move(done));
    if (!writing_) write_next();
}

void LatestFile::write_next() {
    writing_ = std::exchange(next_, std::nullopt);
    disk_.write_file_later(loop_, path_, writing_->bytes,
                           [this, alive = std::weak_ptr(alive_)](const Result<void>& outcome) {
                               if (!alive.expired()) written(outcome);
                           });
}

void LatestFile::written(const Result<void>& outcome) {
    tell_(outcome);
    if (!outcome) {
        if (!next_) next_ = std::move(writing_);
        else next_->done.insert(next_->done.begin(), writing_->done.begin(), writing_->done.end());
        if (!retry_) retry_ = loop_.make_timer();
        return retry_->arm(kRetry, [this] { write_next(); });  // writing_ stays: nothing begins before
    }
    const auto done = std::move(writing_->done);
    writing_.reset();
    if (next_) write_next();
    for (const auto& told : done) told();
}

}  // namespace cairn::fabric
