#include "node/cdt/write.h"

#include <utility>
#include <vector>

#include "common/base/buffer.h"
#include "node/cdt/encoder.h"
#include "node/record/collection.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;
using wire::Particle;

bool is_ext(uint8_t first) { return (first >= 0xC7 && first <= 0xC9) || (first >= 0xD4 && first <= 0xD8); }

int64_t truncate(double value) {
    // As the reference's processors convert what is out of range.
    return value >= -0x1p63 && value < 0x1p63 ? static_cast<int64_t>(value) : INT64_MIN;
}

}  // namespace

ResultCode Target::replace(uint8_t flags, uint32_t count, std::span<const Bytes> parts,
                           const record::EntryChange* change) const {
    size_t size = 0;
    for (const Bytes part : parts) {
        // It would be read as metadata.
        if (size == 0 && !part.empty() && !view.map() && is_ext(part[0])) return ResultCode::parameter;
        size += part.size();
    }
    if (size > kCollectionMax) return ResultCode::record_too_big;
    const bool indexed = depth == 1 && count >= record::kIndexedCountMin;
    const size_t places = record::places_max(view.places().count(), count);
    const size_t head_max = indexed ? record::kIndexedHeadMax + places * record::EntryPlaces::kSize
                                    : Encoder::opening_size(view.map(), flags, count);
    Encoder out(memory, head_max + size);
    outcome.changed = true;
    if (!indexed) {
        out.opening(view.map(), flags, count);
        for (const Bytes part : parts) out.bytes(part);
        outcome.value = out.written();
        return ResultCode::ok;
    }
    out.leave(head_max);
    for (const Bytes part : parts) out.bytes(part);
    const Bytes body = out.written().subspan(head_max);
    const bool follows = change != nullptr && view.places().count() != 0;
    const auto found = follows ? change_places(view.places(), *change, body, view.map(), count)
                               : record::find_places(body, view.map(), count);
    outcome.value = out.prepend(record::indexed_head(view.map(), flags, count, found), head_max);
    return ResultCode::ok;
}

ResultCode Target::splice(uint32_t from, uint32_t to, uint32_t count, std::span<const Bytes> parts) const {
    const uint32_t begin = view.start(from);
    const uint32_t end = from == to ? begin : begin + uint32_t(view.entries(from, to).size());
    std::vector<Bytes> all = {view.body().first(begin)};
    all.insert(all.end(), parts.begin(), parts.end());
    all.push_back(view.body().subspan(end));
    size_t size = 0;
    for (const Bytes part : parts) size += part.size();
    const record::EntryChange change = {from, to, count, begin, end - begin, uint32_t(size)};
    return replace(view.flags(), view.count() - (to - from) + count, all, &change);
}

ResultCode Target::remove(std::span<const uint32_t> indexes) const {
    std::vector<Bytes> parts;
    uint32_t kept = 0;
    view.load();
    for (const uint32_t index : indexes) {
        if (index > kept) parts.push_back(view.entries(kept, index));
        kept = index + 1;
    }
    parts.push_back(view.entries(kept, view.count()));
    return replace(view.flags(), view.count() - uint32_t(indexes.size()), parts);
}

ResultCode Target::remove(std::span<const Run> runs) const {
    if (runs.size() == 1) return splice(runs[0].start, runs[0].start + runs[0].count, 0, {});
    std::vector<Bytes> parts;
    uint32_t kept = 0, count = view.count();
    for (const Run& run : runs) {
        if (run.start > kept) parts.push_back(view.entries(kept, run.start));
        kept = run.start + run.count;
        count -= run.count;
    }
    parts.push_back(view.entries(kept, view.count()));
    return replace(view.flags(), count, parts);
}

ResultCode to_stored_value(Bytes sent, uint32_t depth, Memory& memory, Bytes& stored) {
    Element element;
    CAIRN_CHECK(Reader(sent).next(element));
    switch (element.type) {
        case Type::ext:
        case Type::infinity:
        case Type::wildcard: return ResultCode::parameter;
        case Type::list:
        case Type::map: return to_stored_items(sent, element.type == Type::map, depth, memory, stored);
        default: break;
    }
    stored = sent;
    if (element.canonical) return ResultCode::ok;
    Buffer scratch;
    if (element.type == Type::integer) msgpack::write_int(scratch, element.integer);
    else msgpack::write_raw(scratch, element.content);
    stored = memory.keep(scratch.bytes());
    return ResultCode::ok;
}

ResultCode to_stored_items(Bytes sent, bool map, uint32_t depth, Memory& memory, Bytes& stored) {
    Buffer scratch;
    const auto type = map ? Particle::map : Particle::list;
    if (sent.size() > kCollectionMax) return ResultCode::record_too_big;
    if (record::normalise_collection(type, sent, scratch, depth) != ResultCode::ok) return ResultCode::parameter;
    stored = memory.keep(scratch.bytes());
    return ResultCode::ok;
}

ResultCode to_stored_key(Bytes sent, Memory& memory, Bytes& stored) {
    Element key;
    CAIRN_CHECK(Reader(sent).next(key));
    const bool allowed = key.type == Type::integer || key.type == Type::string ||
                         (key.type == Type::bytes && !key.content.empty() && key.content[0] == msgpack::kBlobPrefix);
    return allowed ? to_stored_value(sent, 0, memory, stored) : ResultCode::parameter;
}

bool Number::parse(Bytes value, Number& number) {
    Element element;
    CAIRN_CHECK(Reader(value).next(element));
    if (element.type == Type::integer) number = {false, element.integer, 0};
    else if (element.type == Type::floating) number = {true, 0, element.floating};
    else return false;
    return true;
}

bool Number::parse_delta(const Arguments& arguments, size_t index, Number& number) {
    number = {false, 1, 0};
    if (!arguments.has(index)) return true;
    Element element;
    CAIRN_CHECK(Reader(arguments[index]).next(element));
    return element.type == Type::nil || parse(arguments[index], number);
}

Number Number::plus(Number delta) const {
    if (floating) return {true, 0, real + (delta.floating ? delta.real : static_cast<double>(delta.integer))};
    const int64_t added = delta.floating ? truncate(delta.real) : delta.integer;
    return {false, int64_t(uint64_t(integer) + uint64_t(added)), 0};
}

Number Number::negated() const { return {floating, int64_t(0 - uint64_t(integer)), -real}; }

Bytes Number::encode(Memory& memory) const {
    Encoder out(memory, kIntegerSizeMax);
    if (floating) out.floating(real);
    else out.integer(integer);
    return out.written();
}

ParticleValue Number::answer(Memory& memory) const { return value_answer(encode(memory), memory); }

}  // namespace cairn::cdt
