#pragma once
#include <cstdint>
#include <string_view>

namespace cairn::metrics {

/// The exporter's contexts: the second word of a metric's name.
enum class Context : uint8_t { node_stats, namespace_, sets, sindex };

/// Whether the exporter lists `key`, which has no `-`, as a gauge in `context`.
bool is_listed_gauge(Context context, std::string_view key);

}  // namespace cairn::metrics
