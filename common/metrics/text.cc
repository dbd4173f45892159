#include "common/metrics/text.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <string_view>

#include "common/base/check.h"

namespace cairn::metrics {
namespace {

/// Length of the UTF-8 character at the front of `text`; 0 when there is none (RFC 3629, section 4).
size_t utf8_length(std::string_view text) {
    const auto byte = [text](size_t at) { return at < text.size() ? uint8_t(text[at]) : uint8_t(0); };
    const auto tail = [byte](size_t at) { return (byte(at) & 0xC0) == 0x80; };
    const uint8_t first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) >= 0xA0;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool beyond = first == 0xF4 && byte(1) >= 0x90;
        return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

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
