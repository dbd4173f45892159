#include "node/server/passed_on.h"

#include <algorithm>

#include "common/wire/proto.h"

namespace cairn::server {

PassedOn::~PassedOn() {
    if (!replied_) done_({});
}

void PassedOn::tell(Handler& handler, size_t size) {
    loop_.post([&handler, size, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) handler.on_read(size);
    });
}

void PassedOn::read_some(MutableBytes into, Handler& handler) {
    if (replied_) return tell(handler, 0);
    const size_t size = std::min(into.size(), frame_.size() - given_);
    if (size == 0) {
        reader_ = &handler;
        return;
    }
    std::copy_n(frame_.begin() + static_cast<ptrdiff_t>(given_), size, into.begin());
    given_ += size;
    tell(handler, size);
}

ptrdiff_t PassedOn::write(Bytes bytes) {
    reply_.append(bytes);
    const bool whole = reply_.size() >= wire::kProtoHeaderSize &&
                       reply_.size() >= wire::kProtoHeaderSize + wire::ProtoHeader::load(reply_.data()).body_size;
    if (whole && !replied_) {
        replied_ = true;
        done_(reply_.bytes());
        if (reader_ != nullptr) tell(*std::exchange(reader_, nullptr), 0);
    }
    return static_cast<ptrdiff_t>(bytes.size());
}

}  // namespace cairn::server
