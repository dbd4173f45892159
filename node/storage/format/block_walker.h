#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "node/record/layout.h"
#include "node/storage/format/chunk.h"

namespace cairn::storage {

/// What the reader of a block knows of it beforehand.
struct ExpectedBlock {
    uint64_t device_mark = 0;
    uint32_t block = 0;
    uint32_t sector_bytes = 4096;
    uint32_t block_bytes = 0;  // of one write block, when the bytes are the run of a large record
    uint64_t seq = 0;  // 0: whatever the first chunk says
    /// A block of this sequence or a later one was left in order (Superblock::durable_from_seq()): damage in its last
    /// chunk is no torn write, and it has a last chunk.
    uint64_t durable_from_seq = UINT64_MAX;
};

enum class Damage : uint8_t {
    torn,  // in the last chunk of a block that may have been open when the power went
    corrupt,  // a check is wrong, or a chunk is missing
    stale,  // from an earlier life of the block: a write was lost
    misplaced,  // belongs to another block of the device
    foreign,  // written by another device
};
constexpr size_t kDamages = 5;
std::string damage_name(Damage damage);

struct WalkReport {
    uint64_t seq = 0;  // 0: the block holds no chunk of this device
    Stream stream = Stream::user;
    uint32_t chunks = 0;
    uint32_t records = 0;
    uint32_t tombstones = 0;
    uint32_t set_names = 0;
    uint32_t filled_units = 0;  // up to the end of the last chunk
    bool sealed = false;  // its last chunk is there
    /// The large record that began here has been given up: a later block of its run is in use again by itself.
    bool overwritten = false;
    /// Places that were damaged, by kind; one place is a record, a header, or a missing chunk.
    uint32_t damages[kDamages] = {};
    struct Bad {
        Damage damage;
        uint32_t unit;  // from the start of the block
        const char* what;  // "record", "chunk header", ...
    };
    std::optional<Bad> first_bad;

    uint32_t count(Damage damage) const { return damages[size_t(damage)]; }
    bool damaged() const { return first_bad.has_value(); }
};

/// Goes through the bytes of a whole write block and gives each record whose check is right. What is wrong is counted
/// and passed over: a bad record by its size if that is plausible, else with the rest of its chunk; it is never given.
/// The bytes may be anything. They outlive this, and are aligned to 16.
class BlockWalker {
public:
    /// @param block  the block; of a large record the whole run (first_chunk() tells its size).
    BlockWalker(Bytes block, const ExpectedBlock& expected);

    /// The next record, tombstone or set name; nothing at the end of the block, when the report is complete.
    const record::Head* next();
    /// Where the last one stands, in units from the start of the block; its check was made with seq() and this.
    uint32_t unit() const { return unit_; }
    uint64_t seq() const { return report_.seq; }
    const WalkReport& report() const { return report_; }

private:
    enum class Enter { chunk, nothing };

    const record::Head* next_in_chunk();
    Enter enter_chunk();
    Enter refuse_header(const FoundHeader& found);
    Enter refuse_first(const FoundHeader& found);
    bool resume_at_later_chunk();
    bool fits(const ChunkHeader& header) const;
    void begin_chunk(const ChunkHeader& header);
    void end_chunk();
    void finish();
    bool run_is_overwritten() const;
    void note(Damage damage, uint32_t unit, const char* what, uint32_t count = 1);
    void note_undecided(uint32_t unit, const char* what);
    void decide(Damage damage);
    /// Whether damage in the latest chunk can be what a power cut left. A block that does not say its sequence can be of
    /// any, unless the device was left in order.
    bool may_be_torn() const {
        return report_.seq == 0 ? expected_.durable_from_seq == UINT64_MAX : report_.seq < expected_.durable_from_seq;
    }
    const record::Head& head_at(uint32_t unit) const {
        return *reinterpret_cast<const record::Head*>(block_.data() + size_t{unit} * record::kUnit);
    }

    const Bytes block_;
    const ExpectedBlock expected_;
    const uint32_t capacity_;  // units
    WalkReport report_;
    uint32_t at_ = 0;  // units; in a chunk the next record, else where a header is looked for
    uint32_t chunk_end_ = 0;  // 0: in no chunk
    uint32_t chunk_records_ = 0;
    uint32_t chunk_records_expected_ = 0;
    uint16_t next_number_ = 0;
    uint32_t unit_ = 0;
    bool done_ = false;
    // Damage of the latest chunk, torn or corrupt: which is known when another chunk follows, or none.
    uint32_t undecided_ = 0;
    uint32_t undecided_unit_ = 0;
    const char* undecided_what_ = "";
};

/// The header of a block's first chunk: how far a large record goes.
/// @param from  at least 64 bytes.
std::optional<ChunkHeader> first_chunk(Bytes from, uint64_t device_mark, uint32_t block);

}  // namespace cairn::storage
