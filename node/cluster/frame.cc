#include "node/cluster/frame.h"

#include <string>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "node/cluster/bytes_io.h"

namespace cairn::cluster {

Result<FrameHeader> FrameHeader::parse(const FrameFormat& format, Bytes bytes) {
    const std::string name = std::string(format.name) + ": ";
    ByteReader in(bytes);
    if (in.number<uint32_t>() != format.magic) return fail(name + "not one of this protocol");
    const auto version = in.number<uint32_t>();
    if (version != format.version) return fail(name + "version " + std::to_string(version) + " is not known here");
    FrameHeader header;
    header.body_size = in.number<uint32_t>();
    const auto reserved = in.number<uint32_t>();
    header.check = in.number<uint64_t>();
    if (!in.ok() || reserved != 0) return fail(name + "malformed header");
    if (header.body_size > format.body_bytes_max) {
        return fail(name + std::to_string(header.body_size) + " bytes are too many");
    }
    return header;
}

uint64_t check_of(std::string_view cluster_name, Bytes body) { return hash64(body, hash64(as_bytes(cluster_name))); }

std::vector<uint8_t> seal(const FrameFormat& format, uint64_t check, Bytes body) {
    ByteWriter out;
    out.number(format.magic);
    out.number(format.version);
    out.number(static_cast<uint32_t>(body.size()));
    out.number(uint32_t{0});
    out.number(check);
    CAIRN_CHECK(out.bytes().size() == kFrameHeaderSize);
    out.raw(body);
    return out.take();
}

}  // namespace cairn::cluster
