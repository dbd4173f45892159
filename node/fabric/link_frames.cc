#include "node/fabric/link_frames.h"

#include "common/base/hash.h"
#include "node/cluster/codec.h"
#include "node/cluster/codec_parts.h"

namespace cairn::fabric {
namespace {

using cluster::ByteReader;
using cluster::ByteWriter;

constexpr cluster::FrameFormat kLinkFrame{"fabric frame", 0x4C4E5243, kLinkVersion, kGossipBytesMax};  // "CRNL"
constexpr size_t kTextMax = 255;
constexpr size_t kGossipedMax = kEndpointsMax * cluster::kNodesMax;
static_assert(kLinkHeaderSize == cluster::kFrameHeaderSize);

void write_endpoints(ByteWriter& out, const std::vector<runtime::Endpoint>& endpoints) {
    out.count(endpoints.size());
    for (const auto& endpoint : endpoints) {
        out.text(endpoint.host);
        out.number(endpoint.port);
    }
}

std::vector<runtime::Endpoint> read_endpoints(ByteReader& in, size_t max) {
    std::vector<runtime::Endpoint> endpoints(in.count(max, 4));
    for (auto& endpoint : endpoints) {
        endpoint.host = in.text(kTextMax);
        endpoint.port = in.number<uint16_t>();
        if (endpoint.host.empty() || endpoint.port == 0) in.refuse();
    }
    return endpoints;
}

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
    out.count(texts.size());
    for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> read_texts(ByteReader& in) {
    std::vector<std::string> texts(in.count(kEndpointsMax, 2));
    for (std::string& text : texts) text = in.text(kTextMax);
    return texts;
}

void write_body(ByteWriter& out, const Hello& hello) {
    out.text(hello.cluster_name);
    write(out, hello.self);
    out.number(hello.view_size);
    write_endpoints(out, hello.listening);
    write_texts(out, hello.clients.standard);
    write_texts(out, hello.clients.alternate);
}

Hello read_hello(ByteReader& in) {
    Hello hello;
    hello.cluster_name = in.text(kTextMax);
    hello.self = cluster::read_member(in);
    hello.view_size = in.number<uint32_t>();
    hello.listening = read_endpoints(in, kEndpointsMax);
    hello.clients.standard = read_texts(in);
    hello.clients.alternate = read_texts(in);
    return hello;
}

void write_body(ByteWriter& out, const Refused& refused) {
    out.number(static_cast<uint8_t>(refused.reason));
    out.text(refused.cluster_name);
    write(out, refused.self);
    out.number(refused.view_size);
}

Refused read_refused(ByteReader& in) {
    Refused refused;
    const uint8_t reason = in.number<uint8_t>();
    if (reason > static_cast<uint8_t>(Refused::Reason::full)) in.refuse();
    refused.reason = static_cast<Refused::Reason>(reason);
    refused.cluster_name = in.text(kTextMax);
    refused.self = cluster::read_member(in);
    refused.view_size = in.number<uint32_t>();
    return refused;
}

void write_body(ByteWriter& out, const Gossip& gossip) { write_endpoints(out, gossip.listening); }
void write_body(ByteWriter&, const Echo&) {}

/// The kind is the message's place in the variant; new kinds go to its end.
LinkMessage read_message(uint8_t kind, ByteReader& in) {
    switch (kind) {
        case 0: return read_hello(in);
        case 1: return read_refused(in);
        case 2: return Gossip{read_endpoints(in, kGossipedMax)};
        case 3: return Echo{};
        default: in.refuse(); return Echo{};
    }
}

}  // namespace

Result<FrameStart> parse_start(Bytes bytes) {
    using Kind = FrameStart::Kind;
    const auto magic = load_le<uint32_t>(bytes.data());
    const Kind kind = magic == kLinkFrame.magic                ? Kind::link
                      : magic == cluster::kPacketFrame.magic   ? Kind::packet
                      : magic == cluster::kRequestFrame.magic  ? Kind::request
                      : magic == cluster::kMetadataFrame.magic ? Kind::metadata
                                                               : Kind::cluster;
    const cluster::FrameFormat& format = kind == Kind::link       ? kLinkFrame
                                         : kind == Kind::packet   ? cluster::kPacketFrame
                                         : kind == Kind::request  ? cluster::kRequestFrame
                                         : kind == Kind::metadata ? cluster::kMetadataFrame
                                                                  : cluster::kClusterFrame;
    const auto header = cluster::FrameHeader::parse(format, bytes);
    if (!header) return std::unexpected(header.error());
    return FrameStart{kind, header->body_size, header->check};
}

std::vector<uint8_t> encode(const LinkMessage& message) {
    ByteWriter body;
    body.number(static_cast<uint8_t>(message.index()));
    std::visit([&](const auto& known) { write_body(body, known); }, message);
    return cluster::seal(kLinkFrame, hash64(body.bytes()), body.bytes());
}

Result<LinkMessage> decode(const FrameStart& start, Bytes body) {
    if (start.body_size != body.size() || start.check != hash64(body)) return fail("fabric frame: damaged");
    ByteReader in(body);
    const uint8_t kind = in.number<uint8_t>();
    LinkMessage message = read_message(kind, in);
    if (!in.at_end()) return fail("fabric frame: malformed message of kind " + std::to_string(kind));
    return message;
}

}  // namespace cairn::fabric
