#pragma once
#include "node/cluster/bytes_io.h"
#include "node/cluster/view.h"

namespace cairn::cluster {

constexpr size_t kNamespaceNameMax = 31;

/// The parts that messages and the durable state have in common. Readers accept only what a node can have written:
/// lists in order and within their bounds.
void write(ByteWriter& out, const Ballot& ballot);
void write(ByteWriter& out, const Incarnation& incarnation);
void write(ByteWriter& out, const Member& member);
void write(ByteWriter& out, const View& view);
void write(ByteWriter& out, const CfgId& id);
void write(ByteWriter& out, const Cfg& cfg);
void write(ByteWriter& out, const NodeReport& report);
void write_members(ByteWriter& out, const std::vector<Member>& members);

Ballot read_ballot(ByteReader& in);
Incarnation read_incarnation(ByteReader& in);
Member read_member(ByteReader& in);
View read_view(ByteReader& in);
CfgId read_cfg_id(ByteReader& in);
Cfg read_cfg(ByteReader& in);
NodeReport read_report(ByteReader& in);
std::vector<Member> read_members(ByteReader& in);

}  // namespace cairn::cluster
