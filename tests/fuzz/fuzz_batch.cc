// Batch requests: rows that begin well, run in steps as a connection does.
#include <algorithm>
#include <array>

#include "node/txn/batch.h"
#include "tests/fuzz/replies.h"
#include "tests/fuzz/request.h"
#include "tests/fuzz/scratch_node.h"

namespace cairn::fuzz {
namespace {

constexpr size_t kRowsMax = 300;

void append_row(FuzzedDataProvider& input, Buffer& rows, uint32_t index, bool first) {
    store_be(rows.append(4), index);
    rows.append(digest_of(input.ConsumeIntegralInRange<uint8_t>(0, 9)).bytes);
    const uint8_t kind = input.ConsumeIntegral<uint8_t>();
    if (!first && kind < 0x60) {
        *rows.append(1) = 1;  // as the row before
        return;
    }
    const uint8_t flags = kind & 0x1E;
    *rows.append(1) = flags;
    *rows.append(1) = input.ConsumeIntegral<uint8_t>();
    const auto some = [&](size_t size) {
        for (; size != 0; --size) *rows.append(1) = input.ConsumeIntegral<uint8_t>();
    };
    if (flags & 0x02) some(2);
    if (flags & 0x10) some(1);
    if (flags & 0x04) some(2);
    if (flags & 0x08) some(4);
    const size_t counts_at = rows.size();
    rows.append(4);
    uint16_t field_count = 1;
    append_field(input, rows, wire::FieldType::ns, as_bytes(kind == 0xFF ? "none" : "test"));
    for (; field_count < 4 && input.ConsumeIntegral<uint8_t>() >= 0xC0; ++field_count) append_any_field(input, rows);
    const uint16_t op_count = append_ops(input, rows, 8);
    store_be(rows.data() + counts_at, field_count);
    store_be(rows.data() + counts_at + 2, op_count);
}

Buffer make_request(FuzzedDataProvider& input) {
    Buffer rows;
    rows.append(5);
    rows.data()[4] = input.ConsumeIntegral<uint8_t>();
    uint32_t count = 0;
    while (count < kRowsMax && input.remaining_bytes() > 0) {
        append_row(input, rows, count, count == 0);
        ++count;
    }
    const bool lies = input.ConsumeIntegral<uint8_t>() == 0xAA;
    store_be(rows.data(), lies ? input.ConsumeIntegral<uint32_t>() : count);
    return rows;
}

/// A row's number is the client's own, below the count or not: replies have none that the request had not.
bool was_sent(Bytes rows, uint32_t number) {
    std::array<uint8_t, 4> bytes;
    store_be(bytes.data(), number);
    return !std::ranges::search(rows, bytes).empty();
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    FuzzedDataProvider input(data, size);
    fuzz::ScratchNode& node = fuzz::shared_scratch_node();
    const txn::FindNamespace find = [&](std::string_view name) { return name == "test" ? &node.ns : nullptr; };
    wire::Message message;
    message.header = fuzz::make_header(input);
    const size_t step_bytes = input.ConsumeBool() ? 1 : 128 << 10;
    const Buffer rows = fuzz::make_request(input);
    message.fields.set(wire::FieldType::batch, rows.bytes());

    txn::Batch batch;
    if (batch.begin(message, find, 0) != ResultCode::ok) return 0;
    Buffer out;
    while (!batch.step(node.worker, out, step_bytes)) {
    }
    size_t last = 0;
    size_t after_last = 0;
    fuzz::check_replies(out.bytes(), [&](const wire::Message& unit) {
        after_last += last;
        if ((unit.header.info3 & wire::info3::last) != 0) ++last;
        else CAIRN_CHECK(fuzz::was_sent(rows.bytes(), unit.header.timeout_ms));
    });
    CAIRN_CHECK(last == 1 && after_last == 0);
    return 0;
}
