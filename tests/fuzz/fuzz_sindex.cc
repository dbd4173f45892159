// Secondary indexes: definitions, fields of queries, and records of any content. A definition that is taken reads back as
// the same; what a query finds, its ranges lead to; what a change tells, makes one version's values the other's.
#include <algorithm>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base64/base64.h"
#include "node/record/collection.h"
#include "node/record/value.h"
#include "node/sindex/catalogue.h"
#include "node/sindex/change.h"
#include "node/sindex/listing.h"
#include "node/sindex/query.h"

namespace cairn::fuzz {
namespace {

using sindex::Catalogue;
using sindex::Definition;
using wire::FieldType;
using wire::Particle;

constexpr size_t kPartMax = 300;

/// A record of one bin, and its version with another.
class Record {
public:
    Record(std::string_view name, Particle type, Bytes wire) {
        draft_.begin(nullptr);
        Bytes stored;
        Buffer scratch;
        if (record::to_stored(type, wire, draft_, scratch, stored) == ResultCode::ok) draft_.set(name, type, stored);
        const size_t size = sizeof(record::Head) + draft_.stored_size();
        const uint32_t units = record::units_for(size);
        bytes_.resize(units);
        auto& head = *new (bytes_.data()) record::Head{};
        head.units = units & 0xFFFFF;
        head.pad = (units * record::kUnit - size) & 15;
        draft_.store(head.body());
    }
    expr::Subject subject() const {
        const auto& head = *reinterpret_cast<const record::Head*>(bytes_.data());
        return {.digest = head.digest, .set = "s", .now_ms = 0, .head = &head};
    }

private:
    struct alignas(16) Unit {
        uint8_t bytes[record::kUnit];
    };
    record::Draft draft_;
    std::vector<Unit> bytes_;
};

Record draw_record(FuzzedDataProvider& input) {
    constexpr Particle kTypes[] = {Particle::integer, Particle::string, Particle::blob,
                                   Particle::list,    Particle::map,    Particle::geojson};
    const Particle type = input.PickValueInArray(kTypes);
    std::string value = input.ConsumeRandomLengthString(kPartMax);
    if (type == Particle::integer) value.resize(8);
    return {"a", type, as_bytes(value)};
}

/// A definition by its parameters, each there or not.
std::optional<Definition> draw_definition(FuzzedDataProvider& input) {
    constexpr const char* kTypes[] = {"numeric", "STRING", "blob", "geo2dsphere", "integer", "", "zz"};
    constexpr const char* kIndexTypes[] = {"default", "list", "mapkeys", "mapvalues", "set", "zz"};
    std::vector<std::string> kept;
    kept.reserve(16);
    const auto keep = [&](std::string text) -> std::string_view { return kept.emplace_back(std::move(text)); };
    sindex::Parameters parameters{.ns = "test", .name = "i"};
    if (input.ConsumeBool()) parameters.name = keep(input.ConsumeRandomLengthString(70));
    if (input.ConsumeBool()) parameters.set = input.ConsumeBool() ? "s" : keep(input.ConsumeRandomLengthString(70));
    parameters.index_type = input.PickValueInArray(kIndexTypes);
    if (input.ConsumeIntegral<uint8_t>() == 0) parameters.data = keep(input.ConsumeRandomLengthString(kPartMax));
    else parameters.type = input.PickValueInArray(kTypes);
    if (input.ConsumeBool()) parameters.bin = "a";
    else parameters.expression = keep(encode_base64(input.ConsumeRandomLengthString(kPartMax)));
    if (input.ConsumeBool()) parameters.context = keep(encode_base64(input.ConsumeRandomLengthString(60)));
    auto definition = sindex::parse_definition(parameters);
    return definition ? std::optional(std::move(*definition)) : std::nullopt;
}

void check_definition(const Definition& definition) {
    Catalogue catalogue;
    CAIRN_CHECK(catalogue.add(definition).has_value());
    const auto loaded = Catalogue::load(catalogue.save());
    CAIRN_CHECK(loaded && loaded->indexes().size() == 1 && loaded->indexes()[0].definition == definition);
    CAIRN_CHECK(!sindex::list_entry("test", definition, sindex::State::readable).empty());
}

std::vector<sindex::Value> check_change(const Definition& definition, const Record& before, const Record& after) {
    sindex::RecordValues values(definition);
    std::vector<sindex::Value> old, fresh;
    values.of(before.subject(), old);
    values.of(after.subject(), fresh);
    sindex::Change change;
    const expr::Subject subjects[] = {before.subject(), after.subject()};
    change.compute(values, &subjects[0], &subjects[1]);
    std::erase_if(old, [&](sindex::Value value) { return std::ranges::binary_search(change.erased(), value); });
    old.insert(old.end(), change.inserted().begin(), change.inserted().end());
    std::ranges::sort(old);
    CAIRN_CHECK(old == fresh);
    return fresh;
}

/// Fields of a query; most are for the bin "a" of the record.
std::vector<std::pair<FieldType, std::string>> draw_fields(FuzzedDataProvider& input) {
    std::vector<std::pair<FieldType, std::string>> fields;
    std::string range = input.ConsumeRandomLengthString(3 * kPartMax);
    if (input.ConsumeBool())
        range.insert(0,
                     "\x01\x01"
                     "a");
    fields.emplace_back(FieldType::index_range, std::move(range));
    for (const FieldType type :
         {FieldType::index_name, FieldType::index_type, FieldType::index_context, FieldType::index_expression}) {
        if (input.ConsumeIntegral<uint8_t>() < 0xC0) continue;
        fields.emplace_back(type, input.ConsumeRandomLengthString(60));
    }
    return fields;
}

void check_query(const wire::Fields& fields, const Definition& definition, const Record& record,
                 const std::vector<sindex::Value>& entries) {
    const auto query = sindex::Query::parse(fields);
    if (!query) return;
    Catalogue catalogue;
    CAIRN_CHECK(catalogue.add(definition).has_value());
    const auto* index = query->find_index(catalogue, "s");
    CAIRN_CHECK(index == nullptr || index->definition == definition);
    const auto ranges = query->ranges(definition);
    for (size_t i = 0; i < ranges.size(); ++i) {
        CAIRN_CHECK(ranges[i].first <= ranges[i].last && (i == 0 || ranges[i - 1].last < ranges[i].first));
    }
    sindex::RecordValues values(definition);
    const auto least = query->first_match(values, record.subject());
    if (!least) return;
    CAIRN_CHECK(std::ranges::binary_search(entries, *least));
    CAIRN_CHECK(std::ranges::any_of(ranges, [&](const auto& range) { return range.contains(*least); }));
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    FuzzedDataProvider input(data, size);
    const auto definition = fuzz::draw_definition(input);
    if (definition) fuzz::check_definition(*definition);
    const fuzz::Record before = fuzz::draw_record(input);
    const fuzz::Record after = fuzz::draw_record(input);
    const auto parts = fuzz::draw_fields(input);
    wire::Fields fields;
    for (const auto& [type, bytes] : parts) fields.set(type, as_bytes(bytes));
    if (!definition) {
        static_cast<void>(sindex::Query::parse(fields));
        return 0;
    }
    const auto entries = fuzz::check_change(*definition, before, after);
    fuzz::check_query(fields, *definition, after, entries);
    static_cast<void>(sindex::Catalogue::load(as_text({data, size})));
    return 0;
}
