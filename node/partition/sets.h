#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::partition {

/// A set's number inside its namespace; 0 means "no set". 12 bits in a record's head.
using SetId = uint16_t;
constexpr SetId kNoSet = 0;
constexpr size_t kSetNameMax = 63;
constexpr uint32_t kSetCountMax = 4095;

/// What is known of one set besides its records. Numbers change at run time and are read on the data path without a
/// lock; 0 in a limit means "none".
struct Set {
    explicit Set(std::string_view set_name) : name(set_name) {}

    const std::string name;
    std::atomic<uint64_t> truncate_lut{0};  // records last updated before this ms since 2010 are gone
    std::atomic<uint32_t> default_ttl_s{0};  // 0: the namespace's
    std::atomic<bool> disable_eviction{false};
    std::atomic<bool> enable_index{false};
    std::atomic<int> default_read_touch_ttl_pct{0};
    std::atomic<uint64_t> stop_writes_count{0};
    std::atomic<uint64_t> stop_writes_size{0};
    // Totals over all slices, kept by their doors with relaxed adds: limits and `sets` read them. On a line of their
    // own, as every worker that creates records writes them.
    alignas(64) std::atomic<uint64_t> objects{0};
    std::atomic<uint64_t> used_bytes{0};
    std::atomic<uint64_t> tombstones{0};
};

/// The set names of one namespace. Ids are given in order of first use and never taken back. Looked up by every worker
/// without a lock; only a new name takes one.
class Sets {
public:
    /// @return  kNoSet when there is no such set (or `name` is empty).
    SetId find(std::string_view name) const;
    /// @return  kNoSet when the name is too long or all 4095 numbers are given.
    SetId find_or_add(std::string_view name);
    /// Gives a name the number it has in stored records. Before clients are served; ids may come in any order.
    /// @return  false when the number belongs to another name, or the name to another number.
    bool restore(SetId id, std::string_view name);
    /// Truncates a set, also one that is not here yet: it then begins so.
    /// @param lut  ms since 2010; 0: not any more.
    void truncate(std::string_view name, uint64_t lut);
    /// `id` is one that find() gave.
    Set& operator[](SetId id) { return *slots_[id].load(std::memory_order_acquire); }
    const Set& operator[](SetId id) const { return *slots_[id].load(std::memory_order_acquire); }
    std::string_view name(SetId id) const { return id == kNoSet ? std::string_view{} : (*this)[id].name; }
    /// Sets are numbered 1 to count(). After a restart some numbers may have no set yet: exists().
    bool exists(SetId id) const { return slots_[id].load(std::memory_order_acquire) != nullptr; }
    uint32_t count() const { return count_.load(std::memory_order_acquire); }

private:
    void place(SetId id, std::string_view name);

    static constexpr uint32_t kHashSlots = 16384;

    std::array<std::atomic<Set*>, kSetCountMax + 1> slots_{};
    std::array<std::atomic<SetId>, kHashSlots> by_name_{};  // open addressing; an id appears after its slot is filled
    std::atomic<uint32_t> count_{0};
    std::mutex adding_;  // guards owned_, truncated_ and the order of the three above
    std::vector<std::unique_ptr<Set>> owned_;
    std::map<std::string, uint64_t, std::less<>> truncated_;  // sets that are not here yet
};

}  // namespace cairn::partition
