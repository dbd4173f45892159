#include "node/sindex/record_values.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/cdt/path.h"
#include "node/geo/region.h"
#include "node/record/msgpack.h"
#include "node/sindex/value_hash.h"

namespace cairn::sindex {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using record::Particle;
using record::ParticleValue;

/// The bin of that name; absent when there is none.
ParticleValue find_bin(const record::Head& head, std::string_view name) {
    auto walk = record::walk_bins(head);
    for (record::Bin bin; walk.next(bin);) {
        if (bin.name == name) return {bin.type, bin.value};
    }
    return {};
}

/// The content of a raw element of the kind that `prefix` tells.
Bytes content_of(const Element& element, msgpack::Type type) {
    return element.type == type && !element.content.empty() ? element.content.subspan(1) : Bytes{};
}

}  // namespace

RecordValues::RecordValues(const Definition& definition) : definition_(definition) {
    if (definition.expression.empty()) return;
    has_program_ = true;
    CAIRN_CHECK(expr::compile(as_bytes(definition.expression), program_) == ResultCode::ok);
}

void RecordValues::of(const expr::Subject& record, std::vector<Value>& values) {
    values.clear();
    if (!covers(record.set)) return;
    for_each(record, [&](const Indexed& indexed) { values.push_back(indexed.value); });
    if (values.size() < 2) return;
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
}

bool RecordValues::unchanged(const record::Head& before, const record::Head& after) const {
    if (has_program_) return false;
    const ParticleValue a = find_bin(before, definition_.bin);
    const ParticleValue b = find_bin(after, definition_.bin);
    return a.type == b.type && std::ranges::equal(a.bytes, b.bytes);
}

void RecordValues::collect(const expr::Subject& record) {
    memory_.reset();
    if (definition_.index_type == IndexType::set) return;
    if (!has_program_) {
        collect_bin(find_bin(*record.head, definition_.bin));
        return;
    }
    const expr::Value value = expr::evaluate(program_, record, memory_);
    if (!value.unknown() && value.type != expr::Type::removal) collect_bin(expr::to_particle(value, memory_));
}

void RecordValues::collect_bin(ParticleValue value) {
    const bool is_collection = value.type == Particle::list || value.type == Particle::map;
    if (!definition_.context.empty()) {
        cdt::Context context;
        cdt::Path path;
        if (!is_collection || context.parse(as_bytes(definition_.context)) != ResultCode::ok ||
            path.walk(value.bytes, context, /*creates=*/false, memory_) != ResultCode::ok || path.missing()) {
            return;
        }
        if (definition_.index_type == IndexType::whole) {
            collect_element(path.target());
            return;
        }
        Element header;
        if (!Reader(path.target()).next(header) || !header.container()) return;
        value = {header.type == msgpack::Type::map ? Particle::map : Particle::list, path.target()};
    }
    if (definition_.index_type == IndexType::list) {
        if (value.type == Particle::list) collect_collection(value.bytes, /*map=*/false);
        return;
    }
    if (definition_.index_type != IndexType::whole) {
        if (value.type == Particle::map) collect_collection(value.bytes, /*map=*/true);
        return;
    }
    if (uint8_t(value.type) != uint8_t(definition_.type)) return;
    switch (definition_.type) {
        case ValueType::numeric: indexed_.push_back({value_of_integer(record::load_integer(value.bytes))}); break;
        case ValueType::string:
        case ValueType::blob: add_hashed(value.bytes); break;
        case ValueType::geo2dsphere: {
            const auto place = geo::ValueView::of(value.bytes);
            if (!place) break;
            for (size_t i = 0; i < place->cell_count(); ++i) {
                indexed_.push_back({place->cell(i), as_bytes(place->text), place->region});
            }
            if (place->cell_count() == 0) add_geojson(place->text);
            break;
        }
    }
}

// Tolerates what is no collection: what an expression answers is not always one that was checked. A collection's metadata
// is of no type that is indexed.
void RecordValues::collect_collection(Bytes collection, bool map) {
    Reader reader(collection);
    Element header;
    if (!reader.next(header) || !header.container()) return;
    const auto skip = [&](Bytes& encoded) {
        const size_t from = reader.position();
        if (!reader.skip()) return false;
        encoded = collection.subspan(from, reader.position() - from);
        return true;
    };
    const bool of_keys = definition_.index_type == IndexType::map_keys;
    for (uint32_t i = 0; i < header.count; ++i) {
        Bytes key, value;
        if ((map && !skip(key)) || !skip(value)) return;
        collect_element(of_keys ? key : value);
    }
}

void RecordValues::collect_element(Bytes encoded) {
    Element element;
    if (!Reader(encoded).next(element)) return;
    switch (definition_.type) {
        case ValueType::numeric:
            if (element.type == msgpack::Type::integer) indexed_.push_back({value_of_integer(element.integer)});
            break;
        case ValueType::string:
            if (element.type == msgpack::Type::string) add_hashed(content_of(element, element.type));
            break;
        case ValueType::blob:
            if (element.type == msgpack::Type::bytes && !element.content.empty() &&
                element.content[0] == msgpack::kBlobPrefix) {
                add_hashed(content_of(element, element.type));
            }
            break;
        case ValueType::geo2dsphere:
            if (element.type == msgpack::Type::geojson) add_geojson(as_text(content_of(element, element.type)));
            break;
    }
}

void RecordValues::add_geojson(std::string_view text) {
    const auto place = geo::Region::parse(text);
    if (!place) return;
    for (const geo::CellId cell : place->covering()) indexed_.push_back({cell, as_bytes(text), !place->is_point()});
}

void RecordValues::add_hashed(Bytes content) {
    if (content.size() < kIndexedSizeEnd) indexed_.push_back({value_hash(content), content});
}

}  // namespace cairn::sindex
