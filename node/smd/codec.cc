#include "node/smd/codec.h"

#include "node/cluster/codec_parts.h"

namespace cairn::smd {
namespace {

using cluster::ByteReader;
using cluster::ByteWriter;

constexpr cluster::FrameFormat kStored{"system metadata", 0x534D5243, 1, UINT32_MAX};  // "CRMS"
constexpr size_t kEntryBytesLeast = 2 + 2 * 16 + 8 + 5;

void write_value(ByteWriter& out, const std::shared_ptr<const std::string>& value) {
    out.number(static_cast<uint8_t>(value != nullptr));
    out.number(static_cast<uint32_t>(value ? value->size() : 0));
    if (value) out.raw(as_bytes(*value));
}

std::shared_ptr<const std::string> read_value(ByteReader& in) {
    const bool present = in.flag();
    const size_t size = in.number<uint32_t>();
    if (size > Map::kValueMax || (!present && size != 0)) in.refuse();
    const Bytes bytes = in.raw(in.ok() ? size : 0);
    return present && in.ok() ? std::make_shared<const std::string>(as_text(bytes)) : nullptr;
}

void write_key(ByteWriter& out, const Key& key) {
    out.number(static_cast<uint8_t>(key.module));
    out.text(key.name);
}

Key read_key(ByteReader& in) {
    const uint8_t module = in.number<uint8_t>();
    if (module >= kModuleCount) in.refuse();
    return {static_cast<Module>(module), in.text(Map::kNameMax)};
}

void write_version(ByteWriter& out, const Version& version) {
    out.number(version.counter);
    out.number(version.sequence);
    out.number(version.author);
}

Version read_version(ByteReader& in) { return {in.number<uint32_t>(), in.number<uint32_t>(), in.number<uint64_t>()}; }

void write_entry(ByteWriter& out, const Key& key, const Entry& entry) {
    write_key(out, key);
    write_version(out, entry.version);
    write_version(out, entry.era);
    out.number(entry.time_ms);
    write_value(out, entry.value);
}

template <class List>
void write_entries(ByteWriter& out, const List& entries) {
    out.count(entries.size());
    for (const auto& [key, entry] : entries) write_entry(out, key, entry);
}

Entries read_entries(ByteReader& in) {
    Entries entries(in.count(Map::kEntriesMax, kEntryBytesLeast));
    for (auto& [key, entry] : entries) {
        key = read_key(in);
        entry.version = read_version(in);
        entry.era = read_version(in);
        entry.time_ms = in.number<uint64_t>();
        entry.value = read_value(in);
    }
    return entries;
}

void write_body(ByteWriter& out, const Have& have) {
    out.number(have.hash);
    out.number(static_cast<uint8_t>(have.asks));
}
void write_body(ByteWriter&, const Want&) {}
void write_body(ByteWriter& out, const Whole& whole) { write_entries(out, whole.entries); }
void write_body(ByteWriter& out, const Ask& ask) {
    out.number(ask.number);
    out.number(ask.change.time_ms);
    out.count(ask.change.sets.size());
    for (const Set& set : ask.change.sets) {
        write_key(out, set.key);
        out.number(static_cast<uint8_t>(set.only_new));
        write_value(out, set.value);
    }
}
void write_body(ByteWriter& out, const Answered& answered) {
    out.number(answered.number);
    out.number(static_cast<uint8_t>(answered.outcome));
}
void write_body(ByteWriter& out, const Store& store) {
    out.number(store.number);
    write_entries(out, store.entries);
}
void write_body(ByteWriter& out, const Stored& stored) { out.number(stored.number); }

Ask read_ask(ByteReader& in) {
    Ask ask{.number = in.number<uint64_t>(), .change = {.time_ms = in.number<uint64_t>()}};
    ask.change.sets.resize(in.count(kSetsMax, 8));
    for (Set& set : ask.change.sets) {
        set.key = read_key(in);
        set.only_new = in.flag();
        set.value = read_value(in);
    }
    return ask;
}

Answered read_answered(ByteReader& in) {
    Answered answered{.number = in.number<uint64_t>()};
    const uint8_t outcome = in.number<uint8_t>();
    if (outcome > static_cast<uint8_t>(Outcome::too_much)) in.refuse();
    answered.outcome = static_cast<Outcome>(outcome);
    return answered;
}

/// The kind is the message's place in the variant; new kinds go to its end.
Body read_body(uint8_t kind, ByteReader& in) {
    switch (kind) {
        case 0: {
            const auto hash = in.number<uint64_t>();
            return Have{hash, in.flag()};
        }
        case 1: return Want{};
        case 2: return Whole{read_entries(in)};
        case 3: return read_ask(in);
        case 4: return read_answered(in);
        case 5: {
            const auto number = in.number<uint64_t>();
            return Store{number, read_entries(in)};
        }
        case 6: return Stored{in.number<uint64_t>()};
        default: in.refuse(); return Want{};
    }
}

}  // namespace

std::vector<uint8_t> encode(const Message& message, std::string_view cluster_name) {
    ByteWriter body;
    body.number(static_cast<uint8_t>(message.body.index()));
    write(body, message.view);
    std::visit([&](const auto& known) { write_body(body, known); }, message.body);
    return seal(cluster::kMetadataFrame, cluster::check_of(cluster_name, body.bytes()), body.bytes());
}

Result<Message> decode(const cluster::FrameHeader& header, Bytes body, std::string_view cluster_name) {
    if (header.check != cluster::check_of(cluster_name, body)) {
        return fail("metadata frame: damaged, or of another cluster");
    }
    ByteReader in(body);
    const uint8_t kind = in.number<uint8_t>();
    Message message{.view = cluster::read_ballot(in), .body = Want{}};
    message.body = read_body(kind, in);
    if (!in.at_end()) return fail("metadata frame: malformed message of kind " + std::to_string(kind));
    return message;
}

std::vector<uint8_t> encode_entries(const Map& map) {
    ByteWriter out;
    write_entries(out, map.entries());
    return out.take();
}

std::vector<uint8_t> encode(const Map& map) {
    const auto body = encode_entries(map);
    return seal(kStored, cluster::check_of("", body), body);
}

Result<Map> decode_map(Bytes bytes) {
    if (bytes.size() < cluster::kFrameHeaderSize) return fail("system metadata: cut off");
    const auto header = cluster::FrameHeader::parse(kStored, bytes.first(cluster::kFrameHeaderSize));
    if (!header) return std::unexpected(header.error());
    const Bytes body = bytes.subspan(cluster::kFrameHeaderSize);
    if (header->body_size != body.size() || header->check != cluster::check_of("", body)) {
        return fail("system metadata: damaged");
    }
    ByteReader in(body);
    Map map;
    for (const auto& [key, entry] : read_entries(in)) map.merge(key, entry);
    if (!in.at_end()) return fail("system metadata: malformed");
    return map;
}

}  // namespace cairn::smd
