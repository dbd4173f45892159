// The same facts of records that are never in memory: every command that needs one is run again when it has been read.
#include "tests/unit/partition/fake_store.h"
#include "tests/unit/txn/desk.h"

namespace cairn::txn {

std::unique_ptr<storage::Store> usual_store() { return std::make_unique<storage::FakeStore>(); }

}  // namespace cairn::txn
