#pragma once
#include "common/base/bytes.h"
#include "common/wire/message.h"

namespace cairn::record {

/// One value apart from any bin: what an operation or expression reads and answers. `bytes` is a view in stored form
/// (bins.h); its owner is the record, the request, or a Memory.
struct ParticleValue {
    wire::Particle type = wire::Particle::null;  // null: absent
    Bytes bytes;

    bool absent() const { return type == wire::Particle::null; }
};

}  // namespace cairn::record
