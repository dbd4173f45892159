#include "node/sindex/listing.h"

#include "common/base64/base64.h"

namespace cairn::sindex {
namespace {

std::string or_null(std::string text) { return text.empty() ? "null" : text; }

}  // namespace

std::string list_entry(std::string_view ns, const Definition& definition, State state, bool integer) {
    std::string text = "ns=" + std::string(ns) + ":indexname=" + definition.name + ":set=" + or_null(definition.set);
    if (definition.index_type == IndexType::set) return text + ":indextype=set";
    const bool newer = integer && definition.type == ValueType::numeric;
    text += ":bin=" + or_null(definition.bin);
    text += ":type=" + (newer ? "integer" : std::string(name_of(definition.type)));
    text += ":indextype=" + std::string(name_of(definition.index_type));
    text += ":context=" + or_null(encode_base64(definition.context));
    text += ":exp=" + or_null(encode_base64(definition.expression));
    return text + (state == State::readable ? ":state=RW" : ":state=WO");
}

std::string statistics_text(const Statistics& statistics) {
    std::string text;
    const auto add = [&](std::string_view key, uint64_t value) {
        if (!text.empty()) text += ';';
        text += std::string(key) + "=" + std::to_string(value);
    };
    add("entries", statistics.entries);
    add("used_bytes", statistics.used_bytes);
    add("entries_per_bval", statistics.entries_per_value);
    add("entries_per_rec", statistics.entries_per_record);
    add("load_pct", statistics.load_percent);
    add("load_time", statistics.load_time_s);
    add("stat_gc_recs", statistics.cleaned);
    return text;
}

}  // namespace cairn::sindex
