#pragma once
#include <cstdint>

namespace cairn::index {

/// Address space reserved once and never moved; memory comes page by page on first touch and goes with discard().
/// Small pages at first: a huge page at each first touch would make a hundred small ranges cost 2 MiB each. What is
/// filled may be made huge afterwards, which spares most of the address translation of random reads.
class AddressRange {
public:
    static constexpr uint64_t kHugeBytes = 2u << 20;

    /// @param bytes  rounded up to whole pages. When the kernel refuses, size() is 0.
    explicit AddressRange(uint64_t bytes);
    ~AddressRange();

    AddressRange(const AddressRange&) = delete;  // what points into it must not move
    AddressRange& operator=(const AddressRange&) = delete;

    uint8_t* at(uint64_t offset) const { return base_ + offset; }
    uint64_t size() const { return size_; }
    uint64_t page_bytes() const { return page_bytes_; }

    /// Bytes up to the end of the page that holds byte `size - 1`.
    uint64_t page_up(uint64_t size) const { return (size + page_bytes_ - 1) & ~(page_bytes_ - 1); }

    /// Gives the whole pages inside [from, to) back to the machine; they read as zeros afterwards.
    void discard(uint64_t from, uint64_t to);

    /// Puts the kHugeBytes from `offset`, a multiple of it, into one huge page; their content stays, and may be used
    /// meanwhile. Takes about half a millisecond.
    /// @return  false when the kernel cannot now, or does not know how (before Linux 6.1): they stay as they are.
    bool make_huge(uint64_t offset);

private:
    uint64_t page_bytes_;
    uint64_t size_ = 0;
    uint8_t* base_ = nullptr;  // a multiple of kHugeBytes
    uint8_t* mapped_ = nullptr;
    uint64_t mapped_size_ = 0;
};

}  // namespace cairn::index
