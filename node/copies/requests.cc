#include "node/copies/requests.h"

#include "node/cluster/bytes_io.h"

namespace cairn::copies {

using cluster::ByteReader;
using cluster::ByteWriter;

std::vector<uint8_t> encode(const PassedRequest& request, std::string_view cluster_name) {
    ByteWriter body;
    body.number(static_cast<uint8_t>(request.reply));
    body.number(request.number);
    body.raw(request.frame);
    return cluster::seal(cluster::kRequestFrame, cluster::check_of(cluster_name, body.bytes()), body.bytes());
}

Result<PassedRequest> decode_request(const cluster::FrameHeader& header, Bytes body, std::string_view cluster_name) {
    constexpr size_t kHead = 9;
    if (header.check != cluster::check_of(cluster_name, body)) {
        return fail("passed request: damaged, or of another cluster");
    }
    ByteReader in(body);
    PassedRequest request{.reply = in.flag(), .number = in.number<uint64_t>()};
    if (!in.ok()) return fail("passed request: malformed");
    const Bytes frame = body.subspan(kHead);
    request.frame.assign(frame.begin(), frame.end());
    return request;
}

}  // namespace cairn::copies
