#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cairn::storage {

class BlockBuffer;

enum class BlockState : uint8_t {
    free,
    open,     // a stream appends to it
    full,     // nothing is appended any more
    emptied,  // full without live versions; free when what replaced them is durable
    tail,     // of the run of a large record, after its first block
    bad,      // could not be read; left alone
};

/// What is known of one write block. Live units change by any worker; the rest by who holds the block at the time.
struct Block {
    std::atomic<uint64_t> seq{0};  // of its present or last life; 0: never used
    std::atomic<uint32_t> live{0};  // units of versions that the index points at
    std::atomic<BlockState> state{BlockState::free};
    std::atomic<bool> sparse{false};  // waits for defragmentation, or was given up by it
    uint16_t run = 1;  // blocks; more for a large record
};
static_assert(sizeof(Block) == 16);

/// The write blocks of one device.
class BlockTable {
public:
    BlockTable() = default;
    void init(uint32_t count) {
        count_ = count;
        blocks_ = std::make_unique<Block[]>(count);
        resident_ = std::make_unique<std::atomic<BlockBuffer*>[]>(count);
        hints_ = std::make_unique<std::atomic<const uint8_t*>[]>(count);
    }
    uint32_t count() const { return count_; }
    Block& operator[](uint32_t block) { return blocks_[block]; }
    const Block& operator[](uint32_t block) const { return blocks_[block]; }
    /// Its bytes, when they are in memory (Residents).
    std::atomic<BlockBuffer*>& resident(uint32_t block) { return resident_[block]; }
    /// Where they are then, to fetch them into the CPU's cache: it may be too late, so nobody may read there.
    std::atomic<const uint8_t*>& hint(uint32_t block) { return hints_[block]; }

private:
    uint32_t count_ = 0;
    std::unique_ptr<Block[]> blocks_;
    std::unique_ptr<std::atomic<BlockBuffer*>[]> resident_;
    std::unique_ptr<std::atomic<const uint8_t*>[]> hints_;
};

/// The free blocks of one device. Its owner guards it; the count may be read by anybody.
class FreeBlocks {
public:
    /// All blocks taken.
    void init(uint32_t count);
    void add(uint32_t block);
    /// @param run  how many, one after another.
    /// @return  the first one; nothing when there is no such run.
    std::optional<uint32_t> take(uint32_t run);
    uint32_t count() const { return free_.load(std::memory_order_relaxed); }

private:
    bool is_free(uint32_t block) const { return (words_[block / 64] >> (block % 64) & 1) != 0; }
    std::optional<uint32_t> find_one() const;
    std::optional<uint32_t> find_run(uint32_t run) const;

    uint32_t blocks_ = 0;
    std::vector<uint64_t> words_;  // a bit for each free block
    std::atomic<uint32_t> free_{0};
    uint32_t next_ = 0;  // where the search goes on, so that all blocks are used equally often
};

}  // namespace cairn::storage
