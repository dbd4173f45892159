#include "node/metrics/exporter.h"
#include "node/metrics/families.h"

namespace cairn::metrics {

std::vector<Family> native_families(const std::vector<LatencyTotal>& totals) {
    FamilyMap families;
    for (const auto& total : totals) {
        families.add("cairn_" + replace_separators(total.operation, '_') + "_latency_seconds",
                     "Time from the request's arrival to its answer: " + replace_separators(total.operation, ' ') + ".",
                     Type::histogram, {{{"ns", total.ns}}, 0, std::make_shared<HistogramSnapshot>(total.recorded)});
    }
    return families.take();
}

}  // namespace cairn::metrics
