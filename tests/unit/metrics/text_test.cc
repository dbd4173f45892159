#include "common/metrics/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string labelled(std::string value) {
    return to_text({{"m", "help", Type::gauge, {{{{"set", std::move(value)}}, 1, {}}}}});
}

TEST(Text, WritesHelpTypeLabelsAndValue) {
    EXPECT_EQ(to_text({{"aerospike_namespace_objects", "objects", Type::gauge, {{{{"ns", "test"}}, 1283, {}}}},
                       {"aerospike_node_ticks", "ticks", Type::counter, {{{}, 2, {}}}}}),
              "# HELP aerospike_namespace_objects objects\n"
              "# TYPE aerospike_namespace_objects gauge\n"
              "aerospike_namespace_objects{ns=\"test\"} 1283\n"
              "# HELP aerospike_node_ticks ticks\n"
              "# TYPE aerospike_node_ticks counter\n"
              "aerospike_node_ticks 2\n");
}

TEST(Text, EscapesLabelValues) { EXPECT_THAT(labelled("a\"b\\c\nd"), HasSubstr(R"(m{set="a\"b\\c\nd"} 1)")); }

TEST(Text, KeepsUtf8InLabelValues) { EXPECT_THAT(labelled("größe €𝄞"), HasSubstr("{set=\"größe €𝄞\"}")); }

TEST(Text, ShowsBytesThatAreNoUtf8AsHex) {
    EXPECT_THAT(labelled("a\xFFz"), HasSubstr(R"({set="a\\xFFz"})"));
    EXPECT_THAT(labelled("\xC3"), HasSubstr(R"({set="\\xC3"})"));                  // cut short
    EXPECT_THAT(labelled("\xC0\x80"), HasSubstr(R"({set="\\xC0\\x80"})"));         // overlong
    EXPECT_THAT(labelled("\xED\xA0\x80"), HasSubstr(R"({set="\\xED\\xA0\\x80"})"));  // surrogate
}

TEST(Text, WritesHistogramsCumulativeAndInSeconds) {
    Histogram histogram;
    histogram.record(300us);
    histogram.record(1ms + 10us);  // between 1 ms and 1024 us: belongs to le 2 ms
    histogram.record(100s);
    const auto text = to_text({{"h",
                                "latency",
                                Type::histogram,
                                {{{{"ns", "test"}}, 0, std::make_shared<HistogramSnapshot>(histogram.snapshot())}}}});

    EXPECT_THAT(text, HasSubstr("# TYPE h histogram\n"));
    EXPECT_THAT(text, HasSubstr("h_count{ns=\"test\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("h_sum{ns=\"test\"} 100.00131"));
    EXPECT_THAT(text, HasSubstr("h_bucket{ns=\"test\",le=\"0.001\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("h_bucket{ns=\"test\",le=\"0.002\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("h_bucket{ns=\"test\",le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, Not(HasSubstr("0.001024")));
}

}  // namespace
}  // namespace cairn::metrics
