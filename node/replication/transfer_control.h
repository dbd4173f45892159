#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/time.h"

namespace cairn::replication {

/// How many copies one node fills and merges at once, over all its partitions, and how fast. Machines behind doors of many
/// threads share it.
class TransferSlots {
public:
    /// @param max  at once; 0: none, and those under way end.
    explicit TransferSlots(int max) : max_(max) {}
    class Lease {
    public:
        Lease() = default;
        explicit Lease(TransferSlots* of) : of_(of) {}
        Lease(Lease&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
        Lease& operator=(Lease&& other) noexcept {
            std::swap(of_, other.of_);
            return *this;
        }
        ~Lease() {
            if (of_ != nullptr) of_->used_.fetch_sub(1, std::memory_order_relaxed);
        }

    private:
        TransferSlots* of_ = nullptr;
    };
    /// @return  nothing: all are taken.
    std::optional<Lease> take() {
        if (used_.fetch_add(1, std::memory_order_relaxed) < max_.load(std::memory_order_relaxed)) return Lease(this);
        used_.fetch_sub(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    int free() const { return max_.load(std::memory_order_relaxed) - used_.load(std::memory_order_relaxed); }
    void set_max(int max) { max_.store(max, std::memory_order_relaxed); }
    bool paused() const { return max_.load(std::memory_order_relaxed) <= 0; }

    /// @param bytes, records  sent in a second at most, over all transfers; 0: any number.
    void set_rates(uint64_t bytes, uint64_t records) {
        bytes_.set_rate(bytes);
        records_.set_rate(records);
    }
    /// `passed` since the last call: so much more may be sent.
    void refill(Duration passed) {
        bytes_.refill(passed);
        records_.refill(passed);
    }
    /// One record may overdraw; what follows waits until that is made up for.
    bool may_send() const { return bytes_.any() && records_.any(); }
    void sent(size_t bytes) {
        bytes_.spend(static_cast<int64_t>(bytes));
        records_.spend(1);
    }

private:
    class Bucket {
    public:
        void set_rate(uint64_t rate) {
            const auto wanted = static_cast<int64_t>(std::min(rate, kRateMax));
            if (rate_.exchange(wanted, std::memory_order_relaxed) != wanted) left_.store(0, std::memory_order_relaxed);
        }
        void refill(Duration passed) {
            const int64_t rate = rate_.load(std::memory_order_relaxed);
            const auto more =
                static_cast<int64_t>(double(rate * kParts) * std::chrono::duration<double>(passed).count());
            // What nobody sent for a fifth of a second is not saved up; what was overdrawn is not forgotten.
            const int64_t most = std::max(rate / 5, int64_t{1}) * kParts;
            const int64_t left = left_.load(std::memory_order_relaxed);
            left_.fetch_add(std::clamp<int64_t>(most - left, 0, more), std::memory_order_relaxed);
        }
        bool any() const {
            return rate_.load(std::memory_order_relaxed) == 0 || left_.load(std::memory_order_relaxed) > 0;
        }
        void spend(int64_t amount) {
            if (rate_.load(std::memory_order_relaxed) != 0) left_.fetch_sub(amount * kParts, std::memory_order_relaxed);
        }

    private:
        static constexpr uint64_t kRateMax = uint64_t{1} << 40;
        static constexpr int64_t kParts = 1000;  // one a second is a part of one each tick
        std::atomic<int64_t> rate_{0};  // a second; 0: no limit
        std::atomic<int64_t> left_{0};  // in parts
    };

    std::atomic<int> max_;
    std::atomic<int> used_{0};
    Bucket bytes_, records_;
};

/// Of one namespace on one node: its transfers' settings, and what they have done since the start.
struct NamespaceTransfers {
    std::atomic<uint8_t> order{5};  // 1 to 10: namespaces with the lower one first
    std::atomic<int64_t> fill_delay_ns{0};  // before copies without any data are filled that are not the second one

    std::atomic<uint64_t> records_sent{0}, records_resent{0}, records_equal{0}, records_received{0};
    std::atomic<uint64_t> bytes_sent{0}, bytes_received{0};  // of content
    static void add(std::atomic<uint64_t>& to, uint64_t n = 1) { to.fetch_add(n, std::memory_order_relaxed); }
};

}  // namespace cairn::replication
