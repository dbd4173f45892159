#include "common/client/request.h"

#include "common/wire/encode.h"

namespace cairn::client {
namespace {

using wire::FieldType;
using wire::OpCode;
using wire::Particle;

constexpr uint8_t kBatchInline = 0x01, kBatchRespondAll = 0x04, kBatchErrorRecord = 0x08;
constexpr uint8_t kRowRepeat = 0x01, kRowInfo = 0x02, kRowGeneration = 0x04, kRowTtl = 0x08;

bool is_read(OpCode code) {
    return code == OpCode::read || code == OpCode::cdt_read || code == OpCode::exp_read || code == OpCode::bits_read ||
           code == OpCode::hll_read;
}

/// Puts the flag bits of a write into `header`.
void apply(const WriteOptions& options, wire::MessageHeader& header) {
    switch (options.exists) {
        case Exists::any: break;
        case Exists::create_only: header.info2 |= wire::info2::create_only; break;
        case Exists::update_only: header.info3 |= wire::info3::update_only; break;
        case Exists::replace: header.info3 |= wire::info3::create_or_replace; break;
        case Exists::replace_only: header.info3 |= wire::info3::replace_only; break;
    }
    if (options.generation)
        header.info2 |= options.generation_greater ? wire::info2::generation_gt : wire::info2::generation;
    if (options.durable_delete) header.info2 |= wire::info2::durable_delete;
    if (options.respond_all_ops) header.info2 |= wire::info2::respond_all_ops;
    header.generation = options.generation.value_or(0);
    header.record_ttl = options.ttl;
    header.timeout_ms = options.timeout_ms;
}

/// The header of a command whose flags follow from its operations.
wire::MessageHeader header_of(std::span<const wire::Op> ops, const WriteOptions& options) {
    wire::MessageHeader header;
    for (const auto& op : ops) {
        if (is_read(op.code)) {
            header.info1 |= wire::info1::read;
            if (op.code == OpCode::read && op.name.empty()) header.info1 |= wire::info1::get_all;
        } else {
            header.info2 |= wire::info2::write;
        }
    }
    apply(options, header);
    return header;
}

void append_place(wire::UnitWriter& unit, std::string_view ns, std::string_view set) {
    unit.field(FieldType::ns, as_bytes(ns));
    if (!set.empty()) unit.field(FieldType::set, as_bytes(set));
}

void append_target(wire::UnitWriter& unit, const Target& target, const Value* key = nullptr) {
    append_place(unit, target.ns, target.set);
    unit.field(FieldType::digest, target.digest.bytes);
    if (key == nullptr) return;
    std::string data(1, char(key->type));
    data += key->bytes;
    unit.field(FieldType::key, as_bytes(data));
}

void append_op(wire::UnitWriter& unit, const wire::Op& op) { unit.op(op.code, op.type, op.name, op.value); }

void append_field(Buffer& out, FieldType type, Bytes data) {
    uint8_t* at = out.append(5);
    store_be(at, uint32_t(data.size() + 1));
    at[4] = uint8_t(type);
    out.append(data);
}

template <class T>
void append_word(Buffer& out, T value) {
    store_be(out.append(sizeof(T)), value);
}

void append_row_op(Buffer& out, const wire::Op& op) {
    append_word(out, uint32_t(4 + op.name.size() + op.value.size()));
    uint8_t* at = out.append(4);
    at[0] = uint8_t(op.code);
    at[1] = uint8_t(op.type);
    at[2] = 0;
    at[3] = uint8_t(op.name.size());
    out.append(as_bytes(op.name));
    out.append(op.value);
}

wire::MessageHeader header_of(const BatchRow& row) {
    auto header = header_of(row.ops, row.options);
    if (row.kind == BatchRow::Kind::read) {
        header.info1 |= wire::info1::read;
        if (row.no_bins) header.info1 |= wire::info1::no_bins;
        if (!row.no_bins && row.ops.empty()) header.info1 |= wire::info1::get_all;
    }
    if (row.kind == BatchRow::Kind::write) header.info2 |= wire::info2::write;
    if (row.kind == BatchRow::Kind::remove) header.info2 |= wire::info2::write | wire::info2::del;
    return header;
}

void append_row(Buffer& out, std::string_view ns, std::string_view set, const BatchRow& row) {
    const auto header = header_of(row);
    const bool writes = row.kind != BatchRow::Kind::read;
    out.append(row.digest.bytes);
    uint8_t* at = out.append(4);
    at[0] = uint8_t(kRowInfo | kRowTtl | (writes ? kRowGeneration : 0));
    at[1] = header.info1;
    at[2] = header.info2;
    at[3] = header.info3;
    if (writes) append_word(out, uint16_t(header.generation));
    append_word(out, header.record_ttl);
    append_word(out, uint16_t(1 + !set.empty() + (row.options.key != nullptr)));
    append_word(out, uint16_t(row.ops.size()));
    append_field(out, FieldType::ns, as_bytes(ns));
    if (!set.empty()) append_field(out, FieldType::set, as_bytes(set));
    if (const Value* key = row.options.key) {
        std::string data(1, char(key->type));
        data += key->bytes;
        append_field(out, FieldType::key, as_bytes(data));
    }
    for (const auto& op : row.ops) append_row_op(out, op);
}

/// The frame around the rows of a batch: `rows(out)` writes them.
template <class Rows>
void append_batch_frame(Buffer& out, size_t row_count, uint32_t timeout_ms, Rows&& rows) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    const wire::MessageHeader header{.info1 = wire::info1::batch, .timeout_ms = timeout_ms, .field_count = 1};
    header.store(out.append(wire::kMessageHeaderSize));
    const size_t field_start = out.size();
    uint8_t* at = out.append(10);
    at[4] = uint8_t(FieldType::batch);
    store_be(at + 5, uint32_t(row_count));
    at[9] = kBatchInline | kBatchRespondAll | kBatchErrorRecord;
    rows(out);
    store_be(out.data() + field_start, uint32_t(out.size() - field_start - 4));
    frame.finish();
}

}  // namespace

wire::Op read_op(std::string_view bin) { return {OpCode::read, Particle::null, bin, {}}; }
wire::Op write_op(std::string_view bin, const Value& value) {
    return {OpCode::write, value.type, bin, as_bytes(value.bytes)};
}
wire::Op add_op(std::string_view bin, const Value& value) {
    return {OpCode::incr, value.type, bin, as_bytes(value.bytes)};
}
wire::Op append_op(std::string_view bin, const Value& value) {
    return {OpCode::append, value.type, bin, as_bytes(value.bytes)};
}
wire::Op prepend_op(std::string_view bin, const Value& value) {
    return {OpCode::prepend, value.type, bin, as_bytes(value.bytes)};
}
wire::Op touch_op() { return {OpCode::touch, Particle::null, "", {}}; }
wire::Op delete_all_op() { return {OpCode::delete_all, Particle::null, "", {}}; }

void append_get(Buffer& out, const Target& target, std::span<const std::string_view> bins) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    append_target(unit, target);
    for (const auto bin : bins) append_op(unit, read_op(bin));
    const uint8_t all = bins.empty() ? wire::info1::get_all : uint8_t(0);
    unit.finish({.info1 = uint8_t(wire::info1::read | all)});
    frame.finish();
}

void append_exists(Buffer& out, const Target& target) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    append_target(unit, target);
    unit.finish({.info1 = wire::info1::read | wire::info1::no_bins});
    frame.finish();
}

void append_put(Buffer& out, const Target& target, std::span<const Bin> bins, const WriteOptions& options) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    append_target(unit, target, options.key);
    for (const auto& bin : bins) append_op(unit, write_op(bin.name, bin.value));
    wire::MessageHeader header{.info2 = wire::info2::write};
    apply(options, header);
    unit.finish(header);
    frame.finish();
}

void append_delete(Buffer& out, const Target& target, const WriteOptions& options) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    append_target(unit, target, options.key);
    wire::MessageHeader header{.info2 = wire::info2::write | wire::info2::del};
    apply(options, header);
    unit.finish(header);
    frame.finish();
}

void append_operate(Buffer& out, const Target& target, std::span<const wire::Op> ops, const WriteOptions& options) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    append_target(unit, target, options.key);
    for (const auto& op : ops) append_op(unit, op);
    unit.finish(header_of(ops, options));
    frame.finish();
}

void append_batch(Buffer& out, std::string_view ns, std::string_view set, std::span<const BatchRow> rows,
                  uint32_t timeout_ms) {
    append_batch_frame(out, rows.size(), timeout_ms, [&](Buffer& to) {
        uint32_t index = 0;
        for (const auto& row : rows) {
            append_word(to, index++);
            append_row(to, ns, set, row);
        }
    });
}

void append_batch_get(Buffer& out, std::string_view ns, std::string_view set, std::span<const Digest> digests,
                      std::span<const std::string_view> bins, bool no_bins, uint32_t timeout_ms) {
    std::vector<wire::Op> ops;
    for (const auto bin : bins) ops.push_back(read_op(bin));
    append_batch_frame(out, digests.size(), timeout_ms, [&](Buffer& to) {
        for (uint32_t index = 0; index < digests.size(); ++index) {
            append_word(to, index);
            if (index == 0) {
                append_row(to, ns, set, {.digest = digests[0], .no_bins = no_bins, .ops = ops, .options = {}});
            } else {
                to.append(digests[index].bytes);
                *to.append(1) = kRowRepeat;
            }
        }
    });
}

void append_scan(Buffer& out, const Scan& scan) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    append_place(unit, scan.ns, scan.set);
    uint8_t word[8];
    const auto field32 = [&](FieldType type, uint32_t value) {
        store_be(word, value);
        unit.field(type, Bytes(word, 4));
    };
    const auto field64 = [&](FieldType type, uint64_t value) {
        store_be(word, value);
        unit.field(type, Bytes(word, 8));
    };
    if (scan.records_per_second != 0) field32(FieldType::records_per_second, scan.records_per_second);
    field32(FieldType::socket_timeout, scan.socket_timeout_ms);
    if (scan.query_id != 0) field64(FieldType::query_id, scan.query_id);
    if (!scan.partitions.empty()) {
        std::vector<uint8_t> ids(scan.partitions.size() * 2);
        for (size_t i = 0; i < scan.partitions.size(); ++i) store_le(&ids[i * 2], scan.partitions[i]);
        unit.field(FieldType::pid_array, ids);
    }
    if (!scan.resume_after.empty()) {
        static_assert(sizeof(Digest) == Digest::kSize);
        unit.field(FieldType::digest_array, Bytes(scan.resume_after[0].bytes.data(), scan.resume_after.size_bytes()));
    }
    if (!scan.filter.empty()) unit.field(FieldType::filter, scan.filter);
    if (scan.records_max != 0) field64(FieldType::max_records, scan.records_max);
    if (!scan.no_bins) {
        for (const auto bin : scan.bins) append_op(unit, read_op(bin));
    }
    const uint8_t no_bins = scan.no_bins ? wire::info1::no_bins : uint8_t(0);
    unit.finish({.info1 = uint8_t(wire::info1::read | no_bins), .info3 = wire::info3::partition_done});
    frame.finish();
}

void append_info(Buffer& out, std::span<const std::string_view> names) {
    wire::FrameWriter frame(out, wire::FrameType::info);
    for (const auto name : names) {
        out.append(as_bytes(name));
        *out.append(1) = '\n';
    }
    frame.finish();
}

}  // namespace cairn::client
