#include "node/cluster/codec.h"

#include "node/cluster/codec_parts.h"

namespace cairn::cluster {
namespace {

constexpr FrameFormat kDurable{"cluster frame", 0x53435243, kWireVersion, UINT32_MAX};  // "CRCS"

void write_body(ByteWriter& out, const Pulse& pulse) {
    write(out, pulse.from);
    write(out, pulse.promised);
    write(out, pulse.view);
    out.count(pulse.members.size());
    for (const NodeId node : pulse.members) out.number(node);
    out.count(pulse.heard.size());
    for (const Process process : pulse.heard) {
        out.number(process.id);
        out.number(process.boot);
    }
    out.number(static_cast<uint8_t>(pulse.wants_view));
}

Pulse read_pulse(ByteReader& in) {
    Pulse pulse;
    pulse.from = read_member(in);
    pulse.promised = read_ballot(in);
    pulse.view = read_ballot(in);
    pulse.members.resize(in.count(kNodesMax, 8));
    for (NodeId& node : pulse.members) node = in.number<uint64_t>();
    pulse.heard.resize(in.count(kNodesMax, 16));
    for (Process& process : pulse.heard) process = {in.number<uint64_t>(), in.number<uint64_t>()};
    if (!std::ranges::is_sorted(pulse.members) || !std::ranges::is_sorted(pulse.heard)) in.refuse();
    pulse.wants_view = in.flag();
    return pulse;
}

void write_body(ByteWriter& out, const Gather& gather) {
    out.number(gather.number);
    write_members(out, gather.members);
}

void write_body(ByteWriter& out, const Gathered& gathered) {
    out.number(gathered.number);
    write(out, gathered.promised);
}

void write_body(ByteWriter& out, const Refuse& refuse) {
    out.number(refuse.number);
    write(out, refuse.ballot);
    out.number(static_cast<uint8_t>(refuse.reason));
    write(out, refuse.promised);
}

Refuse read_refuse(ByteReader& in) {
    Refuse refuse;
    refuse.number = in.number<uint64_t>();
    refuse.ballot = read_ballot(in);
    const uint8_t reason = in.number<uint8_t>();
    if (reason > static_cast<uint8_t>(Refuse::Reason::on_hold)) in.refuse();
    refuse.reason = static_cast<Refuse::Reason>(reason);
    refuse.promised = read_ballot(in);
    return refuse;
}

void write_body(ByteWriter& out, const Prepare& prepare) { write(out, prepare.view); }

void write_body(ByteWriter& out, const Promise& promise) {
    write(out, promise.ballot);
    write(out, promise.from);
    write(out, *promise.report);
}

Promise read_promise(ByteReader& in) {
    Promise promise{.ballot = read_ballot(in), .from = read_member(in), .report = {}};
    promise.report = std::make_shared<const NodeReport>(read_report(in));
    return promise;
}

void write_body(ByteWriter& out, const Accepted& accepted) {
    write(out, accepted.ballot);
    write(out, accepted.from);
    out.number(accepted.table_hash);
}

void write_body(ByteWriter& out, const Missing& missing) {
    write(out, missing.ballot);
    out.number(static_cast<uint8_t>(missing.promise));
    out.number(static_cast<uint8_t>(missing.accepted));
}

void write_process(ByteWriter& out, Process process) {
    out.number(process.id);
    out.number(process.boot);
}
void write_body(ByteWriter& out, const Leaving& leaving) { write_process(out, leaving.from); }
void write_body(ByteWriter& out, const Duplicate& duplicate) { write_process(out, duplicate.which); }

Process read_process(ByteReader& in) {
    const NodeId id = in.number<uint64_t>();
    return {id, in.number<uint64_t>()};
}

/// The kind is the message's place in the variant; new kinds go to its end.
Message read_message(uint8_t kind, ByteReader& in) {
    switch (kind) {
        case 0: return read_pulse(in);
        case 1: {
            const uint64_t number = in.number<uint64_t>();
            return Gather{number, read_members(in)};
        }
        case 2: {
            const uint64_t number = in.number<uint64_t>();
            return Gathered{number, read_ballot(in)};
        }
        case 3: return read_refuse(in);
        case 4: return Prepare{read_view(in)};
        case 5: return read_promise(in);
        case 6: {
            const Ballot ballot = read_ballot(in);
            const Member from = read_member(in);
            return Accepted{ballot, from, in.number<uint64_t>()};
        }
        case 7: {
            const Ballot ballot = read_ballot(in);
            const bool promise = in.flag();
            return Missing{ballot, promise, in.flag()};
        }
        case 8: return Leaving{read_process(in)};
        case 9: return Duplicate{read_process(in)};
        default: in.refuse(); return Pulse{};
    }
}

}  // namespace

std::vector<uint8_t> encode(const Message& message, std::string_view cluster_name) {
    ByteWriter out;
    out.number(static_cast<uint8_t>(message.index()));
    std::visit([&](const auto& known) { write_body(out, known); }, message);
    return seal(kClusterFrame, check_of(cluster_name, out.bytes()), out.bytes());
}

Result<Message> decode(const FrameHeader& header, Bytes body, std::string_view cluster_name) {
    if (header.check != check_of(cluster_name, body)) return fail("cluster frame: damaged, or of another cluster");
    ByteReader in(body);
    const uint8_t kind = in.number<uint8_t>();
    Message message = read_message(kind, in);
    if (!in.at_end()) return fail("cluster frame: malformed message of kind " + std::to_string(kind));
    return message;
}

std::vector<uint8_t> encode(const DurableState& state) {
    ByteWriter out;
    write(out, state.incarnation);
    write(out, state.promised);
    write(out, state.view);
    write(out, state.report);
    return seal(kDurable, check_of({}, out.bytes()), out.bytes());
}

Result<DurableState> decode_durable(Bytes bytes) {
    if (bytes.size() < kFrameHeaderSize) return fail("cluster state: cut off");
    const auto header = FrameHeader::parse(kDurable, bytes);
    if (!header) return std::unexpected(header.error());
    const Bytes body = bytes.subspan(kFrameHeaderSize);
    if (header->body_size != body.size() || header->check != check_of({}, body)) return fail("cluster state: damaged");
    ByteReader in(body);
    DurableState state;
    state.incarnation = read_incarnation(in);
    state.promised = read_ballot(in);
    state.view = read_view(in);
    state.report = read_report(in);
    if (!in.at_end()) return fail("cluster state: malformed");
    return state;
}

}  // namespace cairn::cluster
