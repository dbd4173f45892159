#include "common/runtime/asio/completions.h"

#include "common/runtime/loop.h"

namespace cairn::runtime {

void Completions::add(Device::Done done, Result<void> result) {
    bool first;
    {
        const std::lock_guard lock(mutex_);
        first = waiting_.empty();
        waiting_.push_back({std::move(done), std::move(result)});
    }
    if (first) loop_.post([this] { deliver(); });
}

void Completions::deliver() {
    {
        const std::lock_guard lock(mutex_);
        delivering_.swap(waiting_);
    }
    for (auto& answer : delivering_) {
        Device::Done done = std::move(answer.done);
        done(std::move(answer.result));
    }
    delivering_.clear();
}

}  // namespace cairn::runtime
