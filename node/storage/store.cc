#include "node/storage/store.h"

namespace cairn::storage {

Store::~Store() = default;

Result<void> LoadSink::entries(PartitionId, Bytes, const std::function<bool(Place)>&) {
    return fail("entries are not wanted here");
}

}  // namespace cairn::storage
