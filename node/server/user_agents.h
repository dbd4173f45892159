#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace cairn::server {

/// How many open connections named each user agent. Connections of all workers come and go, so it has a lock; a
/// connection enters it twice in its life.
class UserAgents {
public:
    /// A connection calls itself `now`, and no longer `before`; empty texts do not count.
    void change(const std::string& before, const std::string& now) {
        if (before == now) return;
        const std::lock_guard lock(mutex_);
        if (const auto found = counts_.find(before); found != counts_.end() && --found->second == 0)
            counts_.erase(found);
        if (!now.empty()) ++counts_[now];
    }
    std::map<std::string, uint32_t> counts() const {
        const std::lock_guard lock(mutex_);
        return counts_;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, uint32_t> counts_;  // by the base64 text as sent
};

}  // namespace cairn::server
