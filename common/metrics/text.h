#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/histogram.h"

namespace cairn::metrics {

enum class Type : uint8_t { counter, gauge, histogram };

/// One time series: its labels and, by the family's type, its number or its histogram.
struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    std::shared_ptr<const HistogramSnapshot> histogram{};  // apart: most samples are a number
};

/// All series of one name. `name` is a metric name by Prometheus' rules; label values may be any bytes.
struct Family {
    std::string name;
    std::string help;
    Type type = Type::gauge;
    std::vector<Sample> samples;
};

/// Content-Type of to_text().
constexpr const char* kTextContentType = "text/plain; version=0.0.4; charset=utf-8";

/// Prometheus' text format. Histograms are in seconds, with the bounds 1, 2, 4, … 512 us, 1, 2, 4, … 65536 ms.
/// Bytes of a label value that are no UTF-8 become `\xNN`: one strange set name must not spoil the scrape.
std::string to_text(const std::vector<Family>& families);

}  // namespace cairn::metrics
