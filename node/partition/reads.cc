#include "node/partition/reads.h"

#include <utility>

namespace cairn::partition {

const Reads::Read* Reads::find(const storage::Store& store, storage::Place place) const {
    for (const auto& read : reads_) {
        if (read->store == &store && read->place == place) return read.get();
    }
    return nullptr;
}

bool Reads::want(storage::Store& store, storage::Place place) {
    if (const Read* known = find(store, place)) return known->code == ResultCode::timeout;
    if (full()) return false;
    reads_.push_back(std::make_shared<Read>(&store, place, ResultCode::timeout, Buffer{}));
    ++wanted_;
    return true;
}

void Reads::start(runtime::Loop& loop, runtime::Work done) {
    struct Pending {
        size_t left;
        runtime::Work done;
    };
    reads_.erase(reads_.begin(), reads_.end() - static_cast<ptrdiff_t>(wanted_));
    wanted_ = 0;
    auto pending = std::make_shared<Pending>(reads_.size(), std::move(done));
    for (const std::shared_ptr<Read>& read : std::vector(reads_)) {
        read->store->read(loop, read->place, read->bytes, [read, pending](ResultCode code) {
            read->code = code;
            if (--pending->left == 0) pending->done();
        });
    }
}

void Reads::clear() {
    reads_.clear();
    wanted_ = 0;
}

}  // namespace cairn::partition
