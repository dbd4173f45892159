#include "node/storage/store.h"

namespace cairn::storage {

Store::~Store() = default;

}  // namespace cairn::storage
