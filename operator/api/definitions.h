#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "operator/api/schema_visitor.h"

namespace cairn::api {

/// The kinds there are; of each, crds/ has a file.
std::vector<std::string_view> kinds();

/// "cairnclusters.cairndb.io" of "CairnCluster".
/// @error  there is no such kind.
Result<std::string> definition_name(std::string_view kind);

/// The CustomResourceDefinition of a kind.
/// @error  there is no such kind.
Result<OrderedJson> definition(std::string_view kind);

/// As YAML, members in their order.
std::string to_yaml(const OrderedJson& document);

}  // namespace cairn::api
