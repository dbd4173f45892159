#include "node/txn/read_wanted.h"

#include <memory>

namespace cairn::txn {

runtime::Task<bool> read_wanted(runtime::TaskGroup& group, partition::Reads& reads) {
    const auto answered = std::make_shared<bool>(false);
    reads.start(group.loop(), [answered] { *answered = true; });
    while (!*answered) {
        if (!co_await group.sleep(1ms)) co_return false;
    }
    co_return true;
}

}  // namespace cairn::txn
