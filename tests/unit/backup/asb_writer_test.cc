#include "common/backup/asb_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/backup/sample.h"

namespace cairn::backup {
namespace {

using client::Value;
using wire::Particle;

std::string line_of(const Value& value, const std::string& name = "b") {
    client::Record record;
    record.bins = {{name, value}};
    Buffer out;
    const auto done = append_record(out, "test", record);
    if (!done) return done.error().detail;
    const std::string text(as_text(out.bytes()));
    return text.substr(text.find("\n- ") + 1);
}

TEST(AsbWriter, WritesWhatTheOriginalToolWrites) {
    Buffer out;
    append_head(out, "test", true);
    append_index(out, sample_index());
    append_module(out, sample_module());
    ASSERT_TRUE(append_record(out, "test", sample_record()));
    EXPECT_EQ(as_text(out.bytes()), kSample);
}

TEST(AsbWriter, LeavesOutKeyAndSetWhereThereAreNone) {
    client::Record record;
    record.digest = digest_of("q+LsiGs1gD9duJDbzQSXytajtCY=");
    Buffer out;
    ASSERT_TRUE(append_record(out, "test", record));
    EXPECT_EQ(as_text(out.bytes()), "+ n test\n+ d q+LsiGs1gD9duJDbzQSXytajtCY=\n+ g 0\n+ t 0\n+ b 0\n");
}

TEST(AsbWriter, WritesEachTypeOfValue) {
    EXPECT_EQ(line_of({}), "- N b\n");
    EXPECT_EQ(line_of(Value::boolean(true)), "- Z b T\n");
    EXPECT_EQ(line_of(Value::boolean(false)), "- Z b F\n");
    EXPECT_EQ(line_of(Value::integer(std::numeric_limits<int64_t>::min())), "- I b -9223372036854775808\n");
    EXPECT_EQ(line_of(Value::text("a b\n")), "- S b 4 a b\n\n");
    EXPECT_EQ(line_of(Value::blob("\1")), "- B b 4 AQ==\n");
    EXPECT_EQ(line_of(Value::blob("")), "- B b 0 \n");
    EXPECT_EQ(line_of({Particle::java_blob, "x"}), "- J b 4 eA==\n");
    EXPECT_EQ(line_of({Particle::hll, "x"}), "- Y b 4 eA==\n");
    EXPECT_EQ(line_of({Particle::map, "\x80"}), "- M b 4 gA==\n");
}

TEST(AsbWriter, WritesFloatsThatReadBackTheSame) {
    EXPECT_EQ(line_of(Value::real(0.1)), "- D b 0.1\n");
    EXPECT_EQ(line_of(Value::real(1e300)), "- D b 1e+300\n");
    EXPECT_EQ(line_of(Value::real(std::nan(""))), "- D b nan\n");
    EXPECT_EQ(line_of(Value::real(-INFINITY)), "- D b -inf\n");
    EXPECT_EQ(line_of(Value::real(INFINITY)), "- D b +inf\n");
}

TEST(AsbWriter, WritesGeoJsonWithoutItsCells) {
    const std::string cells = std::string("\0\0\1", 3) + "12345678";
    EXPECT_EQ(line_of({Particle::geojson, cells + "{}"}), "- G b 2 {}\n");
    EXPECT_EQ(line_of({Particle::geojson, cells.substr(0, 10)}),
              "bin b of type 23 and 10 bytes has no form in a backup file");
}

TEST(AsbWriter, EscapesWhatWouldEndAName) {
    EXPECT_EQ(line_of(Value::integer(1), "a b\\c\nd"), "- I a\\ b\\\\c\\\nd 1\n");
}

TEST(AsbWriter, RefusesWhatHasNoFormAndWritesNothingOfIt) {
    EXPECT_EQ(line_of({Particle::vector, "1234"}), "bin b of type 16 and 4 bytes has no form in a backup file");
    EXPECT_EQ(line_of({Particle::integer, "123"}), "bin b of type 1 and 3 bytes has no form in a backup file");
    client::Record record;
    record.key = Value::boolean(true);
    Buffer out;
    out.append(as_bytes("before"));
    EXPECT_FALSE(append_record(out, "test", record));
    EXPECT_EQ(as_text(out.bytes()), "before");
}

}  // namespace
}  // namespace cairn::backup
