#pragma once
#include <memory>

#include "node/partition/namespace.h"
#include "node/txn/command.h"

namespace cairn::fuzz {

/// A calendar that inputs move forward.
class HandClock final : public runtime::Clock {
public:
    HandClock() { refresh(); }
    void refresh() override {
        now_ = std::chrono::milliseconds(passed_ms_);
        epoch_ms_ = kStartMs + passed_ms_;
    }
    /// Wraps around before the calendar does.
    void forward(uint64_t ms) {
        passed_ms_ = (passed_ms_ + ms) % kRangeMs;
        refresh();
    }

private:
    static constexpr uint64_t kStartMs = 500'000'000'000;
    static constexpr uint64_t kRangeMs = uint64_t(1) << 40;
    uint64_t passed_ms_ = 0;
};

/// What commands need of a node and nothing else: one namespace, one worker, no loop.
struct ScratchNode {
    ScratchNode() : ns(0, settings(), 1), worker(clock, 1) {}

    static NamespaceConfig settings() {
        NamespaceConfig config;
        config.name = "test";
        config.nsup_period_s = 120;
        config.storage_engine.data_size_bytes = 64 << 20;
        return config;
    }

    HandClock clock;
    partition::Namespace ns;
    txn::Worker worker;
};

/// Built anew from time to time, so that set names run out only now and then.
inline ScratchNode& shared_scratch_node() {
    static std::unique_ptr<ScratchNode> node;
    static uint32_t inputs = 0;
    if (!node || ++inputs % 2000 == 0) {
        node.reset();
        node = std::make_unique<ScratchNode>();
    }
    return *node;
}

}  // namespace cairn::fuzz
