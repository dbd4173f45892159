#include "node/copies/requests.h"

#include <gtest/gtest.h>

namespace cairn::copies {
namespace {

Result<PassedRequest> again(std::vector<uint8_t> frame, std::string_view cluster) {
    const auto header = cluster::FrameHeader::parse(cluster::kRequestFrame, frame);
    EXPECT_TRUE(header.has_value());
    return decode_request(*header, Bytes(frame).subspan(cluster::kFrameHeaderSize), cluster);
}

TEST(PassedRequests, ComeAsTheyWereSent) {
    const PassedRequest request{false, uint64_t{3} << 48 | 17, {2, 3, 0, 0}};
    EXPECT_EQ(again(encode(request, "one"), "one").value(), request);
    const PassedRequest in_doubt{true, 17, {}};
    EXPECT_EQ(again(encode(in_doubt, "one"), "one").value(), in_doubt);
}

TEST(PassedRequests, OfAnotherClusterOrDamagedAreRefused) {
    auto frame = encode({false, 17, {2, 3}}, "one");
    EXPECT_FALSE(again(frame, "two").has_value());
    frame.back() ^= 1;
    EXPECT_FALSE(again(frame, "one").has_value());
    EXPECT_FALSE(again(cluster::seal(cluster::kRequestFrame, cluster::check_of("one", {}), {}), "one").has_value());
}

}  // namespace
}  // namespace cairn::copies
