#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "node/sindex/definition.h"

/// How info commands tell of secondary indexes.
namespace cairn::sindex {

enum class State : uint8_t {
    writing,   // being built: "WO"
    readable,  // "RW"
};

/// One index in the answer to `sindex-list`, `ns=test:indexname=i:…:state=RW`; the entries are joined by ';'. Context and
/// expression are base64.
/// @param integer  whether the client knows the newer name of the type `numeric`.
std::string list_entry(std::string_view ns, const Definition& definition, State state, bool integer = false);

struct Statistics {
    uint64_t entries = 0;
    uint64_t used_bytes = 0;
    uint64_t entries_per_value = 0;  // on average
    uint64_t entries_per_record = 0;  // on average
    uint32_t load_percent = 100;
    uint64_t load_time_s = 0;
    uint64_t cleaned = 0;  // entries whose records were gone
};
/// The answer to `sindex-stat` and `sindex/NS/NAME`: `entries=…;…;load_pct=100;…`. A client needs the ';' behind load_pct.
std::string statistics_text(const Statistics& statistics);

}  // namespace cairn::sindex
