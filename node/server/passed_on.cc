#include "node/server/passed_on.h"

#include <algorithm>

#include "common/wire/proto.h"
#include "common/wire/unit_walk.h"

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

bool PassedOn::whole() {
    constexpr size_t kInfo1At = wire::kProtoHeaderSize + 1;
    const bool batch = frame_.size() > kInfo1At && (frame_[kInfo1At] & wire::info1::batch) != 0;
    while (reply_.size() - looked_at_ >= wire::kProtoHeaderSize) {
        const Bytes rest = reply_.bytes().subspan(looked_at_);
        const size_t size = wire::kProtoHeaderSize + wire::ProtoHeader::load(rest.data()).body_size;
        if (rest.size() < size) return false;
        if (!batch) return true;
        wire::UnitWalk walk(rest.subspan(wire::kProtoHeaderSize, size - wire::kProtoHeaderSize));
        while (walk.next()) {
            if ((walk.header().info3 & wire::info3::last) != 0) return true;
        }
        looked_at_ += size;
    }
    return false;
}

ptrdiff_t PassedOn::write(Bytes bytes) {
    reply_.append(bytes);
    if (!replied_ && whole()) {
        replied_ = true;
        done_(reply_.bytes());
        if (reader_ != nullptr) tell(*std::exchange(reader_, nullptr), 0);
    }
    return static_cast<ptrdiff_t>(bytes.size());
}

}  // namespace cairn::server
