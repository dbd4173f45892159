#include "tests/unit/txn/desk.h"

namespace cairn::txn {

std::unique_ptr<storage::Store> usual_store() { return nullptr; }

}  // namespace cairn::txn
