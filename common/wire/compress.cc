#include "common/wire/compress.h"

#include <zlib.h>

#include <algorithm>

#include "common/wire/proto.h"

namespace cairn::wire {

namespace {

constexpr uint64_t kTrustedSize = 16u << 20;  // inflated at any ratio
constexpr uint64_t kRatioMax = 200;           // of larger frames; zlib reaches 230 to 1032 with zeros

bool inflate_into(Bytes body, Buffer& inner) {
    if (body.size() < 8) return false;
    const uint64_t size = load_be<uint64_t>(body.data());
    if (size < kProtoHeaderSize || size > kProtoHeaderSize + kBodySizeMax) return false;
    if (size > kTrustedSize && size / kRatioMax > body.size()) return false;  // a bomb: others would wait for it

    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return false;
    stream.next_in = const_cast<uint8_t*>(body.data() + 8);
    stream.avail_in = static_cast<uInt>(body.size() - 8);
    int status = Z_OK;
    while (status == Z_OK && inner.size() <= size) {
        const size_t room = std::min<size_t>(64 << 10, size + 1 - inner.size());
        stream.next_out = inner.prepare(room);
        stream.avail_out = static_cast<uInt>(room);
        status = inflate(&stream, Z_NO_FLUSH);
        inner.commit(room - stream.avail_out);
        if (status == Z_BUF_ERROR) break;
        if (status == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END || inner.size() != size) return false;
    const auto header = ProtoHeader::load(inner.data());
    return header.version == kProtoVersion && header.type == uint8_t(FrameType::message) &&
           header.body_size == size - kProtoHeaderSize;
}

}  // namespace

bool inflate_frame(Bytes body, Buffer& inner) {
    inner.clear();
    const bool whole = inflate_into(body, inner);
    if (!whole) inner.release();  // what was no message may have been large
    return whole;
}

void deflate_frame(Buffer& out, size_t start) {
    const size_t plain = out.size() - start;
    if (plain <= kCompressMin) return;
    uLongf packed = compressBound(plain);
    constexpr size_t kPrefix = kProtoHeaderSize + 8;
    out.prepare(kPrefix + packed);  // may move the frame, so its address is taken after
    uint8_t* from = out.data() + start;
    uint8_t* to = from + plain;
    if (compress2(to + kPrefix, &packed, from, plain, Z_BEST_SPEED) != Z_OK || kPrefix + packed >= plain) return;
    store_proto_header(to, FrameType::compressed, 8 + packed);
    store_be<uint64_t>(to + kProtoHeaderSize, plain);
    std::memmove(from, to, kPrefix + packed);
    out.truncate(start + kPrefix + packed);
}

}  // namespace cairn::wire
