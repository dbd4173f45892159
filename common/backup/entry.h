#pragma once
#include <string>
#include <variant>

#include "common/client/reply.h"

namespace cairn::backup {

/// A record as it was read: of client::Record the digest, set, key, generation, void-time and bins.
struct StoredRecord {
    std::string ns;
    client::Record record;
};

/// The definition of a secondary index.
struct IndexDefinition {
    std::string ns = {};
    std::string set = {};  // empty: the whole namespace
    std::string name = {};
    char source = 'N';  // N bin, L list elements, K map keys, V map values
    std::string bin = {};
    char type = 'N';  // N numeric, S string, G geo, B blob
    std::string context = {};  // where in the bin, base64 of its packed form; empty: the bin itself

    bool operator==(const IndexDefinition&) const = default;
};

/// A Lua module.
struct Module {
    std::string name;
    std::string content;

    bool operator==(const Module&) const = default;
};

/// What a backup file holds after its head.
using Entry = std::variant<StoredRecord, IndexDefinition, Module>;

}  // namespace cairn::backup
