#include "node/replication/codec.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/cluster/codec_parts.h"

namespace cairn::replication {
namespace {

using cluster::ByteReader;
using cluster::ByteWriter;

constexpr size_t kLetterSizeMin = 1 + 2 + 1;
constexpr size_t kListedSize = Digest::kSize + 8;

void write(ByteWriter& out, const Digest& digest) { out.raw(digest.bytes); }
void write(ByteWriter& out, Stamp stamp) {
    out.number(stamp.regime);
    out.number(stamp.sequence);
}
void write(ByteWriter& out, const std::optional<Digest>& digest) {
    out.number(static_cast<uint8_t>(digest.has_value()));
    if (digest) write(out, *digest);
}
void write(ByteWriter& out, const Version& version) {
    write(out, version.stamp);
    out.number(version.generation);
    out.number(version.last_update_ms);
    out.number(static_cast<uint8_t>(version.kind));
    out.number(version.void_time);
    out.number(static_cast<uint32_t>(version.content.size()));
    out.raw(version.content);
}
void write_nodes(ByteWriter& out, const std::vector<NodeId>& nodes) {
    out.count(nodes.size());
    for (const NodeId node : nodes) out.number(node);
}

Digest read_digest(ByteReader& in) {
    const Bytes bytes = in.raw(Digest::kSize);
    return in.ok() ? Digest::from(bytes.data()) : Digest{};
}
Stamp read_stamp(ByteReader& in) {
    const auto regime = in.number<uint32_t>();
    return {regime, in.number<uint32_t>()};
}
std::optional<Digest> read_optional_digest(ByteReader& in) {
    if (!in.flag()) return std::nullopt;
    return read_digest(in);
}
VersionRef read_version(ByteReader& in) {
    Version version;
    version.stamp = read_stamp(in);
    version.generation = in.number<uint16_t>();
    version.last_update_ms = in.number<uint64_t>();
    const uint8_t kind = in.number<uint8_t>();
    if (kind > static_cast<uint8_t>(Kind::tombstone)) in.refuse();
    version.kind = static_cast<Kind>(kind);
    version.void_time = in.number<uint32_t>();
    const size_t size = in.number<uint32_t>();
    if (size > kContentBytesMax) in.refuse();
    const Bytes content = in.raw(size);
    version.content.assign(content.begin(), content.end());
    return std::make_shared<const Version>(std::move(version));
}
std::vector<NodeId> read_nodes(ByteReader& in) {
    std::vector<NodeId> nodes(in.count(cluster::kNodesMax, 8));
    for (NodeId& node : nodes) node = in.number<uint64_t>();
    return nodes;
}
uint8_t read_bucket(ByteReader& in) {
    const uint8_t bucket = in.number<uint8_t>();
    if (bucket >= kBuckets) in.refuse();
    return bucket;
}

void write_body(ByteWriter& out, const Replica& m) {
    out.number(m.regime);
    out.number(m.attempt);
    write(out, m.mark);
    write(out, m.digest);
    write(out, *m.version);
}
void write_body(ByteWriter& out, const ReplicaAck& m) { write(out, m.stamp); }
void write_body(ByteWriter& out, const Stale& m) {
    out.number(m.regime);
    cluster::write(out, m.accepted);
}
void write_body(ByteWriter& out, const Settled& m) {
    out.number(m.regime);
    write(out, m.mark);
}
void write_body(ByteWriter& out, const Unsettled& m) {
    out.number(m.page);
    out.number(static_cast<uint8_t>(m.last));
    out.count(m.digests.size());
    for (const Digest& digest : m.digests) write(out, digest);
}
void write_body(ByteWriter& out, const UnsettledHeard& m) { out.number(m.page); }
void write_body(ByteWriter& out, const Begin& m) {
    out.number(m.regime);
    out.number(m.attempt);
    out.number(static_cast<uint8_t>(m.purpose));
    write(out, m.mark);
}
void write_body(ByteWriter& out, const Ready& m) {
    out.number(m.attempt);
    cluster::write(out, m.line.ballot);
    out.number(m.line.step);
    out.number(m.since);
    CAIRN_CHECK(m.hashes.size() == kBuckets);
    for (const uint64_t hash : m.hashes) out.number(hash);
}
void write_body(ByteWriter& out, const ListAsk& m) {
    out.number(m.regime);
    out.number(m.attempt);
    out.number(m.bucket);
    write(out, m.after);
}
void write_body(ByteWriter& out, const ListPage& m) {
    out.number(m.attempt);
    out.number(m.bucket);
    write(out, m.after);
    out.number(static_cast<uint8_t>(m.last));
    out.count(m.records.size());
    for (const Listed& record : m.records) {
        write(out, record.digest);
        out.number(record.fingerprint);
    }
}
void write_body(ByteWriter& out, const FillRecord& m) {
    out.number(m.regime);
    out.number(m.attempt);
    out.number(m.number);
    write(out, m.digest);
    write(out, *m.version);
}
void write_body(ByteWriter& out, const FillAck& m) {
    out.number(m.attempt);
    out.number(m.first);
    out.number(m.last);
}
void write_body(ByteWriter& out, const Fetch& m) {
    out.number(m.regime);
    out.number(m.attempt);
    out.number(m.number);
    write(out, m.digest);
}
void write_body(ByteWriter& out, const Fetched& m) {
    out.number(m.attempt);
    out.number(m.number);
    write(out, m.digest);
    out.number(static_cast<uint8_t>(m.version != nullptr));
    if (m.version) write(out, *m.version);
}
void write_body(ByteWriter& out, const Tell& m) {
    out.number(m.regime);
    cluster::write(out, m.cfg);
    write_nodes(out, m.merged);
}
void write_body(ByteWriter& out, const Told& m) { cluster::write(out, m.id); }
void write_body(ByteWriter& out, const Handover& m) {
    cluster::write(out, m.cfg);
    write(out, m.mark);
    write_nodes(out, m.merged);
}
void write_body(ByteWriter& out, const Release& m) {
    out.number(m.regime);
    cluster::write(out, m.id);
}
void write_body(ByteWriter& out, const Released& m) { cluster::write(out, m.id); }

// Members of a braced list are read in their order.
Unsettled read_unsettled(ByteReader& in) {
    Unsettled m{in.number<uint32_t>(), in.flag(), {}};
    m.digests.resize(in.count(kListMax, Digest::kSize));
    for (Digest& digest : m.digests) digest = read_digest(in);
    return m;
}
Begin read_begin(ByteReader& in) {
    Begin m{in.number<uint32_t>(), in.number<uint32_t>()};
    const uint8_t purpose = in.number<uint8_t>();
    if (purpose > static_cast<uint8_t>(Purpose::merge)) in.refuse();
    m.purpose = static_cast<Purpose>(purpose);
    m.mark = read_stamp(in);
    return m;
}
Ready read_ready(ByteReader& in) {
    Ready m{in.number<uint32_t>(), cluster::read_cfg_id(in), in.number<uint32_t>(), {}};
    m.hashes.resize(kBuckets);
    for (uint64_t& hash : m.hashes) hash = in.number<uint64_t>();
    return m;
}
ListPage read_page(ByteReader& in) {
    ListPage m{in.number<uint32_t>(), read_bucket(in), read_optional_digest(in), in.flag(), {}};
    m.records.resize(in.count(kListMax, kListedSize));
    for (Listed& record : m.records) {
        record.digest = read_digest(in);
        record.fingerprint = in.number<uint64_t>();
    }
    const auto unordered = [](const Listed& a, const Listed& b) {
        return Digest::compare_in_partition(a.digest, b.digest) >= 0;
    };
    if (std::ranges::adjacent_find(m.records, unordered) != m.records.end()) in.refuse();
    return m;
}
Fetched read_fetched(ByteReader& in) {
    Fetched m{in.number<uint32_t>(), in.number<uint32_t>(), read_digest(in), {}};
    if (in.flag()) m.version = read_version(in);
    return m;
}

/// The kind is the message's place in the variant; new kinds go to its end.
Message read_message(uint8_t kind, ByteReader& in) {
    const auto u32 = [&] { return in.number<uint32_t>(); };
    switch (kind) {
        case 0: return Replica{u32(), u32(), read_stamp(in), read_digest(in), read_version(in)};
        case 1: return ReplicaAck{read_stamp(in)};
        case 2: return Stale{u32(), cluster::read_ballot(in)};
        case 3: return Settled{u32(), read_stamp(in)};
        case 4: return read_unsettled(in);
        case 5: return UnsettledHeard{u32()};
        case 6: return read_begin(in);
        case 7: return read_ready(in);
        case 8: return ListAsk{u32(), u32(), read_bucket(in), read_optional_digest(in)};
        case 9: return read_page(in);
        case 10: return FillRecord{u32(), u32(), u32(), read_digest(in), read_version(in)};
        case 11: return FillAck{u32(), u32(), u32()};
        case 12: return Fetch{u32(), u32(), u32(), read_digest(in)};
        case 13: return read_fetched(in);
        case 14: return Tell{u32(), cluster::read_cfg(in), read_nodes(in)};
        case 15: return Told{cluster::read_cfg_id(in)};
        case 16: return Handover{cluster::read_cfg(in), read_stamp(in), read_nodes(in)};
        case 17: return Release{u32(), cluster::read_cfg_id(in)};
        case 18: return Released{cluster::read_cfg_id(in)};
        default: in.refuse(); return ReplicaAck{};
    }
}

bool belongs(const Digest& digest, PartitionId partition) { return digest.partition() == partition; }
/// Whether all records that a message names are of its partition.
template <class Kind>
bool records_belong(const Kind& message, PartitionId partition) {
    if constexpr (requires { message.digest; }) return belongs(message.digest, partition);
    if constexpr (requires { message.digests; }) {
        return std::ranges::all_of(message.digests, [&](const Digest& d) { return belongs(d, partition); });
    }
    if constexpr (requires { message.records; }) {
        return std::ranges::all_of(message.records, [&](const Listed& r) { return belongs(r.digest, partition); });
    }
    return true;
}

/// Names of namespaces stand once, at the beginning; letters point at them.
std::vector<std::string_view> names_of(std::span<const Letter> letters) {
    std::vector<std::string_view> names;
    for (const Letter& letter : letters) {
        if (std::ranges::find(names, letter.name) == names.end()) names.push_back(letter.name);
    }
    return names;
}

}  // namespace

size_t content_size(const Message& message) {
    if (const auto* const replica = std::get_if<Replica>(&message)) return replica->version->content.size();
    if (const auto* const fill = std::get_if<FillRecord>(&message)) return fill->version->content.size();
    const auto* const fetched = std::get_if<Fetched>(&message);
    return fetched != nullptr && fetched->version ? fetched->version->content.size() : 0;
}

std::vector<uint8_t> encode(Ballot view, uint32_t held_us, std::span<const Letter> letters,
                            std::string_view cluster_name) {
    CAIRN_CHECK(letters.size() <= kPacketMessagesMax);
    ByteWriter body;
    cluster::write(body, view);
    body.number(held_us);
    const auto names = names_of(letters);
    body.count(names.size());
    for (const std::string_view name : names) body.text(name);
    body.count(letters.size());
    for (const Letter& letter : letters) {
        body.number(static_cast<uint8_t>(std::ranges::find(names, letter.name) - names.begin()));
        body.number(letter.partition);
        body.number(static_cast<uint8_t>(letter.message.index()));
        std::visit([&](const auto& known) { write_body(body, known); }, letter.message);
    }
    return cluster::seal(kPacketFrame, cluster::check_of(cluster_name, body.bytes()), body.bytes());
}

Result<Packet> decode(const cluster::FrameHeader& header, Bytes body, std::string_view cluster_name) {
    if (header.check != cluster::check_of(cluster_name, body)) {
        return fail("replication packet: damaged, or of another cluster");
    }
    ByteReader in(body);
    Packet packet;
    packet.view = cluster::read_ballot(in);
    packet.held_us = in.number<uint32_t>();
    std::vector<std::string_view> names(in.count(cluster::kNamespacesMax, 1));
    for (std::string_view& name : names) name = in.text_view(cluster::kNamespaceNameMax);
    const size_t letters = in.count(kPacketMessagesMax, kLetterSizeMin);
    packet.letters.reserve(letters);
    for (size_t i = 0; i < letters && in.ok(); ++i) {
        const size_t name = in.number<uint8_t>();
        const auto partition = in.number<uint16_t>();
        if (name >= names.size() || partition >= kPartitionCount) in.refuse();
        const auto kind = in.number<uint8_t>();
        Message message = read_message(kind, in);
        if (!std::visit([&](const auto& known) { return records_belong(known, partition); }, message)) in.refuse();
        if (in.ok()) packet.letters.push_back({names[name], partition, std::move(message)});
    }
    if (!in.at_end()) return fail("replication packet: malformed");
    return packet;
}

}  // namespace cairn::replication
