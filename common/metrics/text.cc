#include "common/metrics/text.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <string_view>

#include "common/base/check.h"
#include "common/base/utf8.h"

namespace cairn::metrics {
namespace {

std::string printable(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    while (!text.empty()) {
        const size_t length = utf8_length(text);
        if (length > 0) {
            out += text.substr(0, length);
        } else {
            out += {'\\', 'x', kDigits[uint8_t(text[0]) >> 4], kDigits[uint8_t(text[0]) & 15]};
        }
        text.remove_prefix(std::max<size_t>(length, 1));
    }
    return out;
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Microsecond bounds below 1 ms, millisecond bounds from there: both series to the end would tell the same twice.
bool is_published(Duration bound) { return bound < 1ms || bound % 1ms == 0s; }

prometheus::ClientMetric::Histogram convert(const HistogramSnapshot& from) {
    static constexpr auto kBounds = bucket_bounds();
    prometheus::ClientMetric::Histogram to;
    uint64_t cumulative = 0;
    for (size_t i = 0; i < kBounds.size(); ++i) {
        cumulative += from.counts[i];
        if (is_published(kBounds[i])) to.bucket.push_back({cumulative, seconds(kBounds[i])});
    }
    to.sample_count = cumulative + from.counts.back();
    to.sample_sum = double(from.sum_ns) / 1e9;
    to.bucket.push_back({to.sample_count, std::numeric_limits<double>::infinity()});
    return to;
}

prometheus::ClientMetric convert(const Sample& from, Type type) {
    CAIRN_CHECK(type != Type::histogram || from.histogram);
    prometheus::ClientMetric to;
    for (const auto& [label, value] : from.labels) to.label.push_back({label, printable(value)});
    switch (type) {
        case Type::counter: to.counter.value = from.value; break;
        case Type::gauge: to.gauge.value = from.value; break;
        case Type::histogram: to.histogram = convert(*from.histogram); break;
    }
    return to;
}

prometheus::MetricType convert(Type type) {
    switch (type) {
        case Type::counter: return prometheus::MetricType::Counter;
        case Type::gauge: return prometheus::MetricType::Gauge;
        case Type::histogram: return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

}  // namespace

std::string to_text(const std::vector<Family>& families) {
    std::ostringstream out;
    std::vector<prometheus::MetricFamily> one(1);  // one at a time: all of them converted would be megabytes
    for (const Family& family : families) {
        one[0] = {family.name, family.help, convert(family.type), {}};
        one[0].metric.reserve(family.samples.size());
        for (const Sample& sample : family.samples) one[0].metric.push_back(convert(sample, family.type));
        prometheus::TextSerializer().Serialize(out, one);
    }
    return std::move(out).str();
}

}  // namespace cairn::metrics
