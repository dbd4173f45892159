#pragma once
#include <string_view>

#include "common/backup/entry.h"
#include "common/base64/base64.h"

namespace cairn::backup {

inline Digest digest_of(std::string_view base64) { return Digest::from(as_bytes(*decode_base64(base64)).data()); }

/// What asbackup writes for the entries below.
constexpr std::string_view kSample =
    "Version 3.1\n"
    "# namespace test\n"
    "# first-file\n"
    "* i test test-set int-index N 1 int-bin N\n"
    "* u L test.lua 27 -- just an empty Lua file\n\n\n"
    "+ k S 5 k e\ny\n"
    "+ n test\n"
    "+ d q+LsiGs1gD9duJDbzQSXytajtCY=\n"
    "+ s test-set\n"
    "+ g 3\n"
    "+ t 417305827\n"
    "+ b 3\n"
    "- I int-bin -12345\n"
    "- S string\\ bin 5 abcde\n"
    "- L list 4 kwEC\n";

inline IndexDefinition sample_index() {
    return {.ns = "test", .set = "test-set", .name = "int-index", .source = 'N', .bin = "int-bin", .type = 'N'};
}
inline Module sample_module() { return {"test.lua", "-- just an empty Lua file\n\n"}; }
inline client::Record sample_record() {
    using client::Value;
    client::Record record;
    record.key = Value::text("k e\ny");
    record.digest = digest_of("q+LsiGs1gD9duJDbzQSXytajtCY=");
    record.set = "test-set";
    record.generation = 3;
    record.void_time = 417305827;
    record.bins = {{"int-bin", Value::integer(-12345)},
                   {"string bin", Value::text("abcde")},
                   {"list", {wire::Particle::list, "\x93\x01\x02"}}};
    return record;
}

}  // namespace cairn::backup
