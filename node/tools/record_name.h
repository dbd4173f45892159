#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/client/value.h"

namespace cairn::ctl {

/// "NS" or "NS.SET"; a set's name may have points, a namespace's may not.
struct Place {
    std::string ns;
    std::string set;
};
Result<Place> parse_place(std::string_view text);

/// A record as the command line names it.
struct RecordName {
    Place place;
    Digest digest{};
    std::optional<client::Value> key = {};  // nothing when it was named by its digest
    std::string text = {};                  // "test.people ada", for sentences
};

/// @param key  an integer is an integer key, also "42" in quotes a string key; digest:HEX names the digest itself; every
///             other text is a string key.
/// @error      also when this machine cannot compute digests.
Result<RecordName> parse_record_name(const std::string& place, const std::string& key);

}  // namespace cairn::ctl
