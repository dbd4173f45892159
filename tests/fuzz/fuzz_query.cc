// Scans and background jobs on a node with records in it, while their requests' fields lie.
#include <set>

#include "common/wire/encode.h"
#include "tests/fuzz/replies.h"
#include "tests/fuzz/request.h"
#include "tests/fuzz/rig.h"

namespace cairn::fuzz {
namespace {

using wire::FieldType;

constexpr uint8_t kRecords = 40;

void append_put(Buffer& stream, uint8_t index) {
    wire::FrameWriter frame(stream, wire::FrameType::message);
    wire::UnitWriter unit(stream);
    unit.field(FieldType::ns, as_bytes("test"));
    if (index % 3 != 0) unit.field(FieldType::set, as_bytes(index % 3 == 1 ? "s" : "t"));
    unit.field(FieldType::digest, digest_of(index).bytes);
    const std::string value(index * size_t{31}, 'v');
    unit.op(wire::OpCode::write, wire::Particle::string, index % 2 == 0 ? "a" : "b", as_bytes(value));
    unit.finish({.info2 = wire::info2::write});
    frame.finish();
}

void append_number(FuzzedDataProvider& input, Buffer& body, FieldType type, size_t size) {
    std::string bytes(size, '\0');
    const uint64_t value = input.ConsumeBool() ? input.ConsumeIntegral<uint8_t>() : input.ConsumeIntegral<uint64_t>();
    for (size_t i = 0; i < size; ++i) bytes[size - 1 - i] = char(value >> (8 * i));
    append_field(input, body, type, as_bytes(bytes));
}

uint16_t append_starts(FuzzedDataProvider& input, Buffer& body) {
    uint16_t fields = 0;
    if (input.ConsumeBool()) {
        std::string pids;
        const bool odd = input.ConsumeIntegral<uint8_t>() == 0xAA;
        for (int left = input.ConsumeIntegralInRange<int>(0, 8); left > 0; --left) {
            const auto pid =
                input.ConsumeBool() ? input.ConsumeIntegralInRange<uint16_t>(0, 4) : input.ConsumeIntegral<uint16_t>();
            pids += {char(pid & 0xFF), char(pid >> 8)};
        }
        if (odd) pids += 'x';
        append_field(input, body, FieldType::pid_array, as_bytes(pids));
        ++fields;
    }
    if (input.ConsumeBool()) {
        Buffer digests;
        for (int left = input.ConsumeIntegralInRange<int>(0, 4); left > 0; --left) {
            digests.append(digest_of(input.ConsumeIntegral<uint8_t>()).bytes);
        }
        append_field(input, body, FieldType::digest_array, digests.bytes());
        ++fields;
    }
    return fields;
}

void append_query(FuzzedDataProvider& input, Buffer& stream) {
    wire::FrameWriter frame(stream, wire::FrameType::message);
    Buffer body;
    body.append(wire::kMessageHeaderSize);
    wire::MessageHeader header = make_header(input);
    header.info1 &= uint8_t(~wire::info1::batch);
    if (input.ConsumeIntegral<uint8_t>() < 0xC0) {
        header.info2 &= uint8_t(~wire::info2::write);
        header.info3 |= wire::info3::partition_done;
    }
    append_field(input, body, FieldType::ns, as_bytes("test"));
    header.field_count = uint16_t(1 + append_starts(input, body));
    const auto number = [&](FieldType type, size_t size) {
        if (input.ConsumeIntegral<uint8_t>() < 0xB0) return;
        append_number(input, body, type, size);
        ++header.field_count;
    };
    number(FieldType::query_id, 8);
    number(FieldType::max_records, 8);
    number(FieldType::records_per_second, 4);
    number(FieldType::socket_timeout, 4);
    for (; header.field_count < 12 && input.ConsumeIntegral<uint8_t>() >= 0xA0; ++header.field_count) {
        append_any_field(input, body);
    }
    header.op_count = append_ops(input, body, 10);
    header.store(body.data());
    stream.append(body.bytes());
    frame.finish();
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    FuzzedDataProvider input(data, size);
    fuzz::Rig& rig = fuzz::shared_rig();
    const fuzz::Rig::Link link{.piece_max = 4096, .window_bytes = input.ConsumeBool() ? 700u : 65536u};
    Buffer puts;
    for (uint8_t i = 0; i < fuzz::kRecords; ++i) fuzz::append_put(puts, i);
    rig.exchange(puts.bytes(), {});
    while (input.remaining_bytes() > 0) {
        Buffer request;
        fuzz::append_query(input, request);
        std::set<std::string, std::less<>> seen;
        fuzz::check_replies(rig.exchange(request.bytes(), link).bytes(), [&](const wire::Message& unit) {
            const auto digest = unit.fields.text(wire::FieldType::digest);
            CAIRN_CHECK(digest.empty() || seen.emplace(digest).second);
        });
    }
    return 0;
}
