#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/metrics/text.h"
#include "node/metrics/snapshot.h"

namespace cairn::metrics::test {

/// What the exporter published, without values.
struct Published {
    std::map<std::string, std::string> types;  // name → "gauge", "counter"
    std::map<std::string, std::string> helps;
    std::set<std::string> series;              // `name{label="value",…}`, labels in alphabetical order
};

/// The capture tests/unit/node_metrics/data/exporter-metrics.txt.
Published read_exporter_capture();
/// The first line of a capture in that folder: `command\tkey=value;…`.
KeyValues read_info_capture(const std::string& file);
/// Ours, in the same form.
Published published(const std::vector<Family>& families);

}  // namespace cairn::metrics::test
