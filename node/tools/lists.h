#pragma once
#include "node/tools/render.h"
#include "node/tools/session.h"

/// Questions that several commands ask.
namespace cairn::ctl {

/// Statistics and configuration of a namespace. @error  there is none of that name.
runtime::Task<Result<Json>> namespace_statistics(Session& session, std::string ns);
/// A row for each namespace of the node, for kNamespaceColumns.
runtime::Task<Result<Json>> namespace_rows(Session& session);
/// A row for each operation that has samples: namespace (null: of the node), operation, per_second, and percentages.
runtime::Task<Result<Json>> latency_rows(Session& session);

/// A measured number, with one digit after the point, or two.
std::string as_rate(const Json& value);
std::string as_share(const Json& value);

inline constexpr Column kNamespaceColumns[] = {{"namespace", "NAMESPACE"},
                                               {"objects", "OBJECTS", as_count},
                                               {"memory_used_bytes", "DATA", as_bytes_text},
                                               {"index_used_bytes", "INDEX", as_bytes_text},
                                               {"memory_limit_bytes", "LIMIT", as_bytes_text},
                                               {"memory_used_pct", "USED", as_percent},
                                               {"memory_held_pct", "HELD", as_percent},
                                               {"stop_writes", "STOP-WRITES"},
                                               {"default_ttl", "DEFAULT TTL"}};

}  // namespace cairn::ctl
