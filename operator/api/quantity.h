#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace cairn::api {

/// The patterns of the schema, as the API server checks them.
constexpr std::string_view kQuantityPattern = R"(^[0-9]+(\.[0-9]+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$)";
constexpr std::string_view kPeriodPattern = R"(^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$)";
constexpr std::string_view kCountOrPercentPattern = "^((100|[0-9]{1,2})%|[0-9]+)$";

/// An amount of Kubernetes: "0.5", "1e3", "1Ki", "100m". Kept as it was written: whoever wrote it reads it again.
struct Quantity {
    std::string text;
    bool operator==(const Quantity&) const = default;
};

/// A duration of Kubernetes: "15m", "1h30m", "1.5s".
struct Period {
    std::string text;
    bool operator==(const Period&) const = default;
};

/// A number, or a share of some whole: 2, "10%".
struct CountOrPercent {
    std::string text = "1";
    bool is_number = true;  // written as a number, not as a text
    bool operator==(const CountOrPercent&) const = default;
};

/// An amount of a resource, as people write it: 2, "2", "500m", "8Gi".
struct Amount {
    std::string text;
    bool operator==(const Amount&) const = default;
};

/// In thousandths, rounded up: "100m" is 100, "1Ki" is 1024000.
/// @error  it is no quantity, or more than fits into 63 bits.
Result<int64_t> milli_value(std::string_view text);
/// In wholes, rounded up: "1Ki" is 1024, "100m" is 1.
/// @error  it is no quantity, or more than fits into 63 bits.
Result<int64_t> whole_value(std::string_view text);

/// @error  it is no duration, or more than 100 years.
Result<Duration> period_value(std::string_view text);

/// What it is of `whole`: a percentage is rounded down.
/// @error  it is neither a number nor a percentage of at most 100.
Result<int64_t> count_of(std::string_view text, int64_t whole);

}  // namespace cairn::api
