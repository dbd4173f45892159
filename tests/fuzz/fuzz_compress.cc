// Compressed frames: what inflates is a whole message, nothing costs more memory than it may, and ours come back equal.
#include <vector>

#include "common/base/check.h"
#include "common/wire/compress.h"
#include "common/wire/encode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    const std::vector<uint8_t> exact(data, data + size);
    Buffer inner;
    if (wire::inflate_frame(exact, inner)) {
        CAIRN_CHECK(inner.size() == wire::kProtoHeaderSize + wire::ProtoHeader::load(inner.data()).body_size);
    }
    // A deflated byte stands for at most 1032.
    CAIRN_CHECK(inner.capacity() <= (256 << 10) + 2 * 1100 * size);

    Buffer out;
    out.append(as_bytes("before"));
    const size_t start = out.size();
    wire::FrameWriter frame(out, wire::FrameType::message);
    out.append(exact);
    frame.finish();
    const std::vector<uint8_t> plain(out.data() + start, out.data() + out.size());
    wire::deflate_frame(out, start);
    CAIRN_CHECK(as_text(out.bytes().first(start)) == "before" && out.size() <= start + plain.size());
    const Bytes sent = out.bytes().subspan(start);
    const auto header = wire::ProtoHeader::load(sent.data());
    CAIRN_CHECK(header.valid() && sent.size() == wire::kProtoHeaderSize + header.body_size);
    if (wire::FrameType(header.type) != wire::FrameType::compressed) return 0;
    CAIRN_CHECK(wire::inflate_frame(sent.subspan(wire::kProtoHeaderSize), inner));
    CAIRN_CHECK(as_text(inner.bytes()) == as_text(plain));
    return 0;
}
