#pragma once
#include <mutex>
#include <vector>

#include "common/runtime/device.h"

namespace cairn::runtime {

/// Answers on their way from the threads that did the work to the loop that asked. What arrives before the loop comes
/// to look is delivered in one go: under load, one wake-up brings many answers.
class Completions {
public:
    explicit Completions(Loop& loop) : loop_(loop) {}
    Completions(const Completions&) = delete;
    Completions& operator=(const Completions&) = delete;

    /// `done(result)` will run on the loop. From any thread.
    void add(Device::Done done, Result<void> result);

private:
    struct Answer {
        Device::Done done;
        Result<void> result;
    };
    void deliver();

    Loop& loop_;  // owns this
    std::mutex mutex_;
    std::vector<Answer> waiting_;    // guarded; not empty: a delivery is posted
    std::vector<Answer> delivering_;  // the loop's own; keeps its memory
};

}  // namespace cairn::runtime
