#include "node/storage/format/block_walker.h"

#include <utility>

#include "common/base/check.h"
#include "node/storage/format/cipher.h"
#include "node/storage/format/stored_record.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;
using record::kUnit;

Kind kind_of(const Head& head) { return Kind(uint8_t(head.kind)); }

/// What the check does not say: that the sizes of a record's parts fit into it.
bool sound(const Head& head) {
    if (kind_of(head) == Kind::filler) return true;
    const uint32_t least = sizeof(Head) + (head.encrypted ? kTagBytes : 0);
    if (head.format != 0 || head.size() < least) return false;
    const uint32_t name_size = head.size() - uint32_t{sizeof(Head)};
    return kind_of(head) != Kind::set_name || (head.set_id != 0 && name_size >= 1 && name_size <= 63);
}

}  // namespace

std::string damage_name(Damage damage) {
    switch (damage) {
        case Damage::torn: return "torn";
        case Damage::corrupt: return "corrupt";
        case Damage::stale: return "stale";
        case Damage::misplaced: return "misplaced";
        case Damage::foreign: break;
    }
    return "foreign";
}

BlockWalker::BlockWalker(Bytes block, const ExpectedBlock& expected)
    : block_(block), expected_(expected), capacity_(uint32_t(block.size() / kUnit)) {
    CAIRN_CHECK(reinterpret_cast<uintptr_t>(block.data()) % kUnit == 0 && expected.sector_bytes >= kUnit);
}

const Head* BlockWalker::next() {
    while (!done_) {
        if (chunk_end_ != 0) {
            if (const Head* head = next_in_chunk()) return head;
        } else if (enter_chunk() == Enter::nothing) {
            finish();
        }
    }
    return nullptr;
}

const Head* BlockWalker::next_in_chunk() {
    while (at_ < chunk_end_) {
        const Head& head = head_at(at_);
        const uint32_t unit = at_;
        const bool plausible = plausible_record(head, chunk_end_ - at_);
        if (!plausible || !check_record(head, check_seed(report_.seq, unit)) || !sound(head)) {
            if (report_.stream == Stream::large && run_is_overwritten()) {
                report_.overwritten = true;
                at_ = chunk_end_;
                break;
            }
            note_undecided(unit, "record");
            at_ = plausible ? at_ + head.units : chunk_end_;
            continue;
        }
        at_ += head.units;
        if (kind_of(head) == Kind::filler) continue;
        ++chunk_records_;
        ++(kind_of(head) == Kind::record      ? report_.records
           : kind_of(head) == Kind::tombstone ? report_.tombstones
                                              : report_.set_names);
        unit_ = unit;
        return &head;
    }
    end_chunk();
    return nullptr;
}

void BlockWalker::end_chunk() {
    if (chunk_records_ != chunk_records_expected_ && undecided_ == 0 && !report_.overwritten) {
        note_undecided(at_, "number of records");
    }
    chunk_end_ = 0;
}

bool BlockWalker::fits(const ChunkHeader& header) const {
    return header.units >= kChunkHeaderUnits && header.units <= capacity_ - at_;
}

void BlockWalker::begin_chunk(const ChunkHeader& header) {
    // Something follows the chunk before: what was wrong there was no torn write.
    decide(Damage::corrupt);
    report_.seq = header.block_seq;
    report_.stream = header.stream;
    report_.sealed = header.last;
    ++report_.chunks;
    next_number_ = uint16_t(header.number + 1);
    chunk_end_ = at_ + header.units;
    report_.filled_units = chunk_end_;
    at_ += kChunkHeaderUnits;
    chunk_records_ = 0;
    chunk_records_expected_ = header.records;
}

BlockWalker::Enter BlockWalker::enter_chunk() {
    if (report_.sealed || capacity_ - at_ < kChunkHeaderUnits) return Enter::nothing;
    const FoundHeader found = read_chunk_header(block_.data() + size_t{at_} * kUnit, expected_.device_mark);
    const ChunkHeader& header = found.header;
    const uint64_t seq = report_.seq != 0 ? report_.seq : expected_.seq;
    if (found.state == HeaderState::valid && header.device_mark == expected_.device_mark &&
        header.block == expected_.block && header.block_seq != 0 && (seq == 0 || header.block_seq == seq) &&
        header.number == next_number_ && fits(header)) {
        begin_chunk(header);
        return Enter::chunk;
    }
    return report_.seq == 0 ? refuse_first(found) : refuse_header(found);
}

/// There is no first chunk of this block.
BlockWalker::Enter BlockWalker::refuse_first(const FoundHeader& found) {
    const ChunkHeader& header = found.header;
    if (found.state == HeaderState::valid) {
        const Damage damage = header.device_mark != expected_.device_mark               ? Damage::foreign
                              : header.block != expected_.block || header.number != 0   ? Damage::misplaced
                              : expected_.seq != 0 && header.block_seq != expected_.seq ? Damage::stale
                                                                                        : Damage::corrupt;
        note(damage, 0, "chunk header");
    } else if (found.state == HeaderState::damaged) {
        note_undecided(0, "chunk header");
    } else if (expected_.seq != 0) {
        note(Damage::corrupt, 0, "chunk header");
    }
    return Enter::nothing;
}

/// The chunks before `at_` are not followed by the next one: their end, or damage.
BlockWalker::Enter BlockWalker::refuse_header(const FoundHeader& found) {
    const ChunkHeader& header = found.header;
    const bool ours = found.state == HeaderState::valid && header.device_mark == expected_.device_mark;
    if (ours && header.block == expected_.block && header.block_seq > report_.seq) {
        // A later life went on here, so its beginning was lost: all before this is of an earlier one.
        note(may_be_torn() ? Damage::torn : Damage::stale, 0, "chunk header");
        return Enter::nothing;
    }
    if (resume_at_later_chunk()) return Enter::chunk;
    if (found.state == HeaderState::damaged) note_undecided(at_, "chunk header");
    if (!ours) return Enter::nothing;
    if (header.block != expected_.block || header.number == 0) {
        note(Damage::misplaced, at_, "chunk header");
    } else if (header.block_seq == report_.seq) {
        note(fits(header) ? Damage::misplaced : Damage::corrupt, at_, "chunk header");
    }
    return Enter::nothing;  // an earlier life of the block, which this one has not yet covered
}

bool BlockWalker::resume_at_later_chunk() {
    const uint32_t sector_units = expected_.sector_bytes / kUnit;
    const uint32_t lost_at = at_;
    for (uint32_t unit = at_ - at_ % sector_units; capacity_ - unit > sector_units;) {
        unit += sector_units;
        if (capacity_ - unit < kChunkHeaderUnits) break;
        const auto [state, header] = read_chunk_header(block_.data() + size_t{unit} * kUnit, expected_.device_mark);
        if (state != HeaderState::valid || header.device_mark != expected_.device_mark ||
            header.block != expected_.block || header.block_seq != report_.seq || header.number <= next_number_) {
            continue;
        }
        at_ = unit;
        if (!fits(header)) {
            at_ = lost_at;
            continue;
        }
        decide(Damage::corrupt);
        note(Damage::corrupt, lost_at, "chunk header");
        begin_chunk(header);
        return true;
    }
    return false;
}

void BlockWalker::finish() {
    done_ = true;
    decide(may_be_torn() ? Damage::torn : Damage::corrupt);
    if (report_.seq != 0 && !report_.sealed && !may_be_torn() && !report_.damaged()) {
        note(Damage::corrupt, report_.filled_units, "chunk");
    }
}

void BlockWalker::note(Damage damage, uint32_t unit, const char* what, uint32_t count) {
    report_.damages[size_t(damage)] += count;
    if (!report_.first_bad) report_.first_bad = {damage, unit, what};
}

void BlockWalker::note_undecided(uint32_t unit, const char* what) {
    if (undecided_++ != 0) return;
    undecided_unit_ = unit;
    undecided_what_ = what;
}

void BlockWalker::decide(Damage damage) {
    if (undecided_ != 0) note(damage, undecided_unit_, undecided_what_, std::exchange(undecided_, 0));
}

/// A block inside the run has a chunk of its own and of a later life.
bool BlockWalker::run_is_overwritten() const {
    if (expected_.block_bytes == 0) return false;
    for (uint64_t offset = expected_.block_bytes; offset + kChunkHeaderBytes <= block_.size();
         offset += expected_.block_bytes) {
        const uint32_t block = expected_.block + uint32_t(offset / expected_.block_bytes);
        const auto own = first_chunk(block_.subspan(offset), expected_.device_mark, block);
        if (own && own->block_seq > report_.seq) return true;
    }
    return false;
}

std::optional<ChunkHeader> first_chunk(Bytes from, uint64_t device_mark, uint32_t block) {
    CAIRN_CHECK(from.size() >= kChunkHeaderBytes);
    const auto [state, header] = read_chunk_header(from.data(), device_mark);
    if (state != HeaderState::valid || header.device_mark != device_mark || header.block != block ||
        header.number != 0) {
        return std::nullopt;
    }
    return header;
}

}  // namespace cairn::storage
