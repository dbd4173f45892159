#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "common/log/logger.h"

namespace cairn::log {

/// Keeps the lines in memory; for tests.
class MemorySink : public Sink {
public:
    void write(std::string_view line) override {
        std::lock_guard lock(mutex_);
        lines_.emplace_back(line);
    }
    std::vector<std::string> lines() const {
        std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;  // a test reads while other threads log
    std::vector<std::string> lines_;
};

}  // namespace cairn::log
