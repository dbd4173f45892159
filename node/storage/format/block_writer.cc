#include "node/storage/format/block_writer.h"

#include <cstring>

#include "common/base/check.h"
#include "node/storage/format/cipher.h"
#include "node/storage/format/stored_record.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;
using record::kUnit;

}  // namespace

BlockWriter::BlockWriter(MutableBytes buffer, uint32_t sector_bytes, const BlockLife& life, BodyCipher* cipher)
    : buffer_(buffer),
      sector_units_(sector_bytes / kUnit),
      capacity_(uint32_t(buffer.size() / kUnit)),
      life_(life),
      cipher_(cipher) {
    CAIRN_CHECK(sector_bytes % kUnit == 0 && sector_units_ != 0 && buffer.size() % sector_bytes == 0);
    CAIRN_CHECK(reinterpret_cast<uintptr_t>(buffer.data()) % kUnit == 0 && life.seq != 0);
    CAIRN_CHECK(capacity_ >= kChunkUnitsMin);
}

std::optional<BlockWriter::Place> BlockWriter::place(uint32_t units, uint16_t set_id, std::string_view set_name) {
    const bool first_of_set = set_id != 0 && (!pending() || !named_[set_id]);
    const uint32_t record_units = units + (cipher_ != nullptr ? kTagUnits : 0);
    const uint64_t needed =
        uint64_t{record_units} + (pending() ? 0 : kChunkHeaderUnits) + (first_of_set ? set_name_units(set_name) : 0);
    if (sealed_ || needed > capacity_ - end_) return std::nullopt;
    if (!pending()) begin_chunk();
    if (first_of_set) put_set_name(set_id, set_name);
    const Place place{end_, at(end_)};
    end_ += record_units;
    ++records_;
    return place;
}

uint32_t BlockWriter::finish(const Place& place) {
    Head& head = *reinterpret_cast<Head*>(place.at);
    CAIRN_CHECK(!head.encrypted && head.units >= kHeadUnits);
    if (head.pad != 0) std::memset(place.at + head.size(), 0, head.pad);
    if (cipher_ != nullptr) cipher_->encrypt(head, life_.seq, place.unit);
    CAIRN_CHECK(place.unit + head.units == end_);
    seal_record(head, check_seed(life_.seq, place.unit));
    return head.units;
}

std::optional<BlockWriter::Place> BlockWriter::append(const Head& record, std::string_view set_name) {
    const auto taken = place(record.units, record.set_id, set_name);
    if (!taken) return std::nullopt;
    std::memcpy(taken->at, &record, size_t{record.units} * kUnit);
    finish(*taken);
    return taken;
}

std::optional<BlockWriter::Write> BlockWriter::close_chunk(bool last) {
    if (sealed_ || (!pending() && !last)) return std::nullopt;
    if (!pending()) begin_chunk();
    const uint32_t chunk_end = (end_ + sector_units_ - 1) / sector_units_ * sector_units_;
    if (chunk_end != end_) write_filler(at(end_), chunk_end - end_, check_seed(life_.seq, end_));
    end_ = chunk_end;
    sealed_ = last || capacity_ - end_ < kChunkUnitsMin || chunk_number_ == UINT16_MAX;
    encode(ChunkHeader{.units = end_ - chunk_begin_,
                       .block_seq = life_.seq,
                       .block = life_.block,
                       .number = chunk_number_,
                       .stream = life_.stream,
                       .last = sealed_,
                       .device_mark = life_.device_mark,
                       .records = records_},
           at(chunk_begin_));
    const Write write{chunk_begin_ * kUnit,
                      buffer_.subspan(size_t{chunk_begin_} * kUnit, size_t{end_ - chunk_begin_} * kUnit)};
    chunk_begin_ = end_;
    records_ = 0;
    ++chunk_number_;
    return write;
}

void BlockWriter::begin_chunk() {
    named_.reset();
    end_ += kChunkHeaderUnits;
}

void BlockWriter::put_set_name(uint16_t set_id, std::string_view name) {
    CAIRN_CHECK(!name.empty() && name.size() <= 63 && set_id < named_.size());
    const uint32_t unit = end_;
    Head& head = *new (at(unit)) Head{};
    head.units = set_name_units(name);
    head.kind = uint32_t(Kind::set_name);
    head.set_id = set_id & 0xFFF;
    head.pad = uint16_t(head.units * kUnit - sizeof(Head) - name.size()) & 15;
    std::memcpy(head.body(), name.data(), name.size());
    std::memset(head.body() + name.size(), 0, head.pad);
    end_ += head.units;
    ++records_;
    named_.set(set_id);
    seal_record(head, check_seed(life_.seq, unit));
}

}  // namespace cairn::storage
