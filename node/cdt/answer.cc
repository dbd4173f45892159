#include "node/cdt/answer.h"

#include <bit>

#include "node/cdt/encoder.h"
#include "node/record/bins.h"
#include "node/record/msgpack.h"
#include "node/record/value.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;
using wire::Particle;

uint32_t total(std::span<const Run> runs) {
    uint32_t count = 0;
    for (const Run& run : runs) count += run.count;
    return count;
}

uint8_t map_flags(Want want) {
    return want == Want::key_value     ? msgpack::flag::preserve_order
           : want == Want::ordered_map ? msgpack::flag::ordered
                                       : uint8_t{0};
}

ParticleValue raw_answer(Bytes content) {
    if (content.empty()) return {Particle::blob, content};
    const auto type = Particle(content[0]);
    // Raw values say their type; what is none that a bin can have is bytes.
    const bool typed = record::is_string_like(type) || type == Particle::hll;
    return typed ? ParticleValue{type, content.subspan(1)} : ParticleValue{Particle::blob, content};
}

ParticleValue geojson_answer(Bytes text, Memory& memory) {
    uint8_t* at = memory.allocate(3 + text.size());
    at[0] = at[1] = at[2] = 0;  // no cells: clients skip them
    if (!text.empty()) std::memcpy(at + 3, text.data(), text.size());
    return {Particle::geojson, {at, 3 + text.size()}};
}

/// Writes entries; sizes are known before.
class EntriesAnswer {
public:
    EntriesAnswer(View& view, Want want, uint32_t count, size_t content_size, Memory& memory)
        : view_(view),
          want_(want),
          out_(memory, Encoder::opening_size(is_map(want), map_flags(want), count) + content_size) {
        out_.opening(is_map(want), map_flags(want), count);
    }
    static size_t size_of(View& view, uint32_t index, Want want) { return part(view, index, want).size(); }
    void add(uint32_t index) { out_.bytes(part(view_, index, want_)); }
    void add(Bytes encoded) { out_.bytes(encoded); }
    ParticleValue done() const { return {is_map(want_) ? Particle::map : Particle::list, out_.written()}; }

private:
    static Bytes part(View& view, uint32_t index, Want want) {
        return want == Want::key ? view.key(index) : want == Want::value ? view.value(index) : view.entry(index);
    }

    View& view_;
    const Want want_;
    Encoder out_;
};

}  // namespace

ParticleValue integer_answer(int64_t value, Memory& memory) {
    uint8_t* at = memory.allocate(8);
    store_be(at, uint64_t(value));
    return {Particle::integer, record::shorten_integer(at)};
}

ParticleValue boolean_answer(bool value, Memory& memory) {
    uint8_t* at = memory.allocate(1);
    *at = value ? 1 : 0;
    return {Particle::boolean, {at, 1}};
}

ParticleValue value_answer(Bytes encoded, Memory& memory) {
    Element element;
    CAIRN_CHECK(Reader(encoded).next(element));
    switch (element.type) {
        case Type::false_value: return boolean_answer(false, memory);
        case Type::true_value: return boolean_answer(true, memory);
        case Type::integer: return integer_answer(element.integer, memory);
        case Type::floating: {
            uint8_t* at = memory.allocate(8);
            store_be(at, std::bit_cast<uint64_t>(element.floating));
            return {Particle::floating, {at, 8}};
        }
        case Type::string:
        case Type::bytes: return raw_answer(element.content);
        case Type::geojson: return geojson_answer(element.content.subspan(1), memory);
        case Type::list: return {Particle::list, encoded};
        case Type::map: return {Particle::map, encoded};
        default: return {};
    }
}

ParticleValue pair_answer(int64_t first, int64_t second, Memory& memory) {
    Encoder out(memory, 1 + 2 * kIntegerSizeMax);
    out.list_header(2);
    out.integer(first);
    out.integer(second);
    return {Particle::list, out.written()};
}

ParticleValue list_answer(std::span<const uint32_t> positions, Memory& memory) {
    const auto count = uint32_t(positions.size());
    Encoder out(memory, header_size(count) + count * kIntegerSizeMax);
    out.list_header(count);
    for (const uint32_t position : positions) out.integer(position);
    return {Particle::list, out.written()};
}

ParticleValue list_answer(std::span<const Run> runs, uint32_t count, bool reversed, Memory& memory) {
    const uint32_t all = total(runs);
    Encoder out(memory, header_size(all) + all * kIntegerSizeMax);
    out.list_header(all);
    for (const Run& run : runs) {
        const uint32_t start = reversed ? count - run.start - run.count : run.start;
        for (uint32_t i = 0; i < run.count; ++i) out.integer(start + i);
    }
    return {Particle::list, out.written()};
}

ParticleValue position_answer(std::optional<uint32_t> position, uint32_t count, bool reversed, Memory& memory) {
    if (!position) return integer_answer(-1, memory);
    return integer_answer(reversed ? count - 1 - *position : *position, memory);
}

ParticleValue positions_answer(std::vector<uint32_t> positions, uint32_t count, bool reversed, Memory& memory) {
    if (reversed) {
        for (uint32_t& position : positions) position = count - 1 - position;
    }
    return list_answer(positions, memory);
}

ParticleValue entries_answer(View& view, std::span<const uint32_t> indexes, Want want, Memory& memory) {
    if (indexes.size() > 1) view.load();
    size_t size = 0;
    for (const uint32_t index : indexes) size += EntriesAnswer::size_of(view, index, want);
    EntriesAnswer answer(view, want, uint32_t(indexes.size()), size, memory);
    for (const uint32_t index : indexes) answer.add(index);
    return answer.done();
}

ParticleValue entries_answer(View& view, std::span<const Run> runs, Want want, Memory& memory) {
    // A map's keys, or its values, are not next to each other.
    const bool whole = !view.map() || is_map(want);
    size_t size = 0;
    for (const Run& run : runs) size += view.entries(run.start, run.start + run.count).size();
    EntriesAnswer answer(view, want, total(runs), size, memory);
    for (const Run& run : runs) {
        if (whole) {
            answer.add(view.entries(run.start, run.start + run.count));
        } else {
            for (uint32_t i = 0; i < run.count; ++i) answer.add(run.start + i);
        }
    }
    return answer.done();
}

}  // namespace cairn::cdt
