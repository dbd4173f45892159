#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "node/record/bins.h"
#include "node/record/layout.h"
#include "node/record/memory.h"

namespace cairn::record {

/// A record while one command changes it: its bins as views into the old version, the request, or memory of its own.
/// Reused from command to command by its worker, so that a put allocates nothing once it is warm.
class Draft {
public:
    /// Starts from `old`, or from nothing; forgets what was before.
    void begin(const Head* old);

    size_t bin_count() const { return live_; }
    bool empty() const { return live_ == 0; }
    /// Calls f(const Bin&) for each bin, in the order of the record.
    template <class F>
    void for_each(F f) const {
        for (const Bin& bin : bins_) {
            if (bin.type != Particle::null) f(bin);
        }
    }
    /// The bin of that name, or nothing. Valid until the next change.
    Bin* find(std::string_view name);
    /// Sets a bin, keeping its place when it exists; `name` and `value` stay valid until the draft is stored.
    void set(std::string_view name, Particle type, Bytes value);
    void remove(std::string_view name);
    void clear();

    /// Memory that lives as long as this draft's views: computed values go here.
    Memory& memory() { return memory_; }
    uint8_t* allocate(size_t size) { return memory_.allocate(size); }
    /// Gives memory beyond a warm worker's share back; the draft must begin() again.
    void trim() {
        if (memory_.outgrown()) begin(nullptr);
    }
    /// All that allocate() gave since begin().
    size_t allocated() const { return memory_.allocated(); }

    /// Bytes of all bins in stored form.
    size_t stored_size() const;
    /// Writes all bins at `at`; returns the end.
    uint8_t* store(uint8_t* at) const;

private:
    Bin* find_slot(std::string_view name);
    void index_names();

    std::vector<Bin> bins_;  // a removed bin stays, with type null, so that removing many is not quadratic
    size_t live_ = 0;        // bins not removed
    // Names by hash, built only for wide records: 32,767 bins times 32,768 operations must not be a search each.
    std::vector<uint32_t> names_;  // bin index + 1, open addressing; size is a power of two
    bool named_ = false;

    Memory memory_;
};

}  // namespace cairn::record
