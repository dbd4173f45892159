#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace cairn::server {

/// How far the node is with reading what its devices hold. Until it has, it serves no records. Told by the thread that
/// loads, asked by any.
class LoadProgress {
public:
    struct Now {
        std::string ns;  // the namespace at work
        uint32_t done_pct = 0;
        uint32_t seconds_left = 0;
    };

    void begin();
    void tell(std::string_view ns, double done, double seconds_left);
    void end();

    /// One load, for the data path.
    bool active() const { return active_.load(std::memory_order_acquire); }
    Now now() const;
    /// "loading test: 43 %, about 12 s left"
    std::string text() const;

private:
    std::atomic<bool> active_{false};
    mutable std::mutex lock_;  // guards now_
    Now now_;
};

}  // namespace cairn::server
