// One record's commands: requests with known names and mostly honest sizes, parsed and executed on a namespace.
#include "node/txn/command.h"
#include "tests/fuzz/replies.h"
#include "tests/fuzz/request.h"
#include "tests/fuzz/scratch_node.h"

namespace cairn::fuzz {
namespace {

Buffer make_request(FuzzedDataProvider& input) {
    Buffer body;
    body.append(wire::kMessageHeaderSize);
    wire::MessageHeader header = make_header(input);
    append_field(input, body, wire::FieldType::ns, as_bytes("test"));
    append_field(input, body, wire::FieldType::digest, digest_of(input.ConsumeIntegralInRange<uint8_t>(0, 9)).bytes);
    header.field_count = 2;
    for (; header.field_count < 8 && input.ConsumeIntegral<uint8_t>() >= 0x80; ++header.field_count) {
        append_any_field(input, body);
    }
    header.op_count = append_ops(input, body, 40);
    header.store(body.data());
    return body;
}

void execute(ScratchNode& node, Bytes body) {
    wire::Message message;
    if (!message.parse(body)) return;
    const Bytes digest = message.fields[wire::FieldType::digest];
    if (digest.size() != Digest::kSize) return;
    Buffer out;
    const ResultCode code = txn::execute(
        node.ns, node.worker, {message.header, message.fields, message.ops, Digest::from(digest.data())}, out);
    CAIRN_CHECK(
        check_units(out.bytes(), [&](const wire::Message& reply) { CAIRN_CHECK(reply.header.result == code); }) == 1);
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    FuzzedDataProvider input(data, size);
    fuzz::ScratchNode& node = fuzz::shared_scratch_node();
    while (input.remaining_bytes() > 0) {
        if (input.ConsumeIntegral<uint8_t>() == 0xCC) node.clock.forward(input.ConsumeIntegral<uint32_t>());
        const Buffer request = fuzz::make_request(input);
        fuzz::execute(node, request.bytes());
    }
    return 0;
}
