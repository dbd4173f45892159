#include "tests/fuzz/replies.h"

#include "common/base/check.h"
#include "common/wire/compress.h"
#include "common/wire/proto.h"

namespace cairn::fuzz {

size_t check_units(Bytes body, const std::function<void(const wire::Message&)>& each_unit) {
    size_t count = 0;
    wire::Message message;
    for (; !body.empty(); ++count) {
        CAIRN_CHECK(message.parse_unit(body));
        for (const wire::Op op : message.ops) CAIRN_CHECK(op.name.size() <= wire::kBinNameMax);
        if (each_unit) each_unit(message);
    }
    return count;
}

void check_replies(Bytes replies, const std::function<void(const wire::Message&)>& each_unit) {
    Buffer inner;
    while (replies.size() >= wire::kProtoHeaderSize) {
        const auto header = wire::ProtoHeader::load(replies.data());
        CAIRN_CHECK(header.version == wire::kProtoVersion && header.valid());
        if (replies.size() - wire::kProtoHeaderSize < header.body_size) return;
        const Bytes body = replies.subspan(wire::kProtoHeaderSize, header.body_size);
        replies = replies.subspan(wire::kProtoHeaderSize + header.body_size);
        switch (wire::FrameType(header.type)) {
            case wire::FrameType::info: CAIRN_CHECK(body.empty() || body.back() == '\n'); break;
            case wire::FrameType::security: CAIRN_CHECK(body.size() >= 16); break;
            case wire::FrameType::message: CAIRN_CHECK(check_units(body, each_unit) != 0); break;
            case wire::FrameType::compressed:
                CAIRN_CHECK(wire::inflate_frame(body, inner));
                CAIRN_CHECK(check_units(inner.bytes().subspan(wire::kProtoHeaderSize), each_unit) != 0);
                break;
            case wire::FrameType::xdr: CAIRN_CHECK(false);  // no client knows it
        }
    }
}

}  // namespace cairn::fuzz
