#include "common/backup/asb_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/unit/backup/sample.h"

namespace cairn::backup {
namespace {

using client::Value;
using wire::Particle;

struct File {
    std::vector<Entry> entries;
    std::string error;
    std::string ns;
    bool first_file = false;
};

/// Reads a file that arrives in pieces of `piece` bytes.
File read(std::string_view text, size_t piece = 1 << 20) {
    AsbReader reader;
    File file;
    while (true) {
        auto entry = reader.next();
        if (!entry) {
            file.error = entry.error().detail;
            break;
        }
        if (*entry) {
            file.entries.push_back(std::move(**entry));
        } else if (text.empty()) {
            reader.add_end();
            auto rest = reader.next();
            if (!rest) file.error = rest.error().detail;
            if (!rest || !*rest) break;
            file.entries.push_back(std::move(**rest));
        } else {
            reader.add(as_bytes(text.substr(0, piece)));
            text.remove_prefix(std::min(piece, text.size()));
        }
    }
    file.ns = reader.ns();
    file.first_file = reader.first_file();
    return file;
}

constexpr std::string_view kHead = "Version 3.1\n";
constexpr std::string_view kRecord = "+ n test\n+ d q+LsiGs1gD9duJDbzQSXytajtCY=\n+ g 1\n+ t 0\n+ b 1\n";

std::string with_bin(std::string_view line) { return std::string(kHead).append(kRecord).append(line); }

Value value_of(std::string_view line) {
    const auto file = read(with_bin(line));
    EXPECT_EQ(file.error, "");
    if (file.entries.size() != 1) return {};
    return std::get<StoredRecord>(file.entries[0]).record.bins.at(0).value;
}

void expect_sample(const File& file) {
    EXPECT_EQ(file.error, "");
    EXPECT_EQ(file.ns, "test");
    EXPECT_TRUE(file.first_file);
    ASSERT_EQ(file.entries.size(), 3);
    EXPECT_EQ(std::get<IndexDefinition>(file.entries[0]), sample_index());
    EXPECT_EQ(std::get<Module>(file.entries[1]), sample_module());
    const auto& [ns, record] = std::get<StoredRecord>(file.entries[2]);
    const auto expected = sample_record();
    EXPECT_EQ(ns, "test");
    EXPECT_EQ(record.key, expected.key);
    EXPECT_EQ(record.digest, expected.digest);
    EXPECT_EQ(record.set, expected.set);
    EXPECT_EQ(record.generation, expected.generation);
    EXPECT_EQ(record.void_time, expected.void_time);
    EXPECT_EQ(record.bins, expected.bins);
}

TEST(AsbReader, ReadsWhatTheOriginalToolWrites) { expect_sample(read(kSample)); }

TEST(AsbReader, ReadsPiecesOfAnySize) {
    for (const size_t piece : {1, 2, 3, 7, 50}) expect_sample(read(kSample, piece));
}

TEST(AsbReader, ReadsEachTypeOfValue) {
    EXPECT_EQ(value_of("- N b\n"), Value());
    EXPECT_EQ(value_of("- Z b T\n"), Value::boolean(true));
    EXPECT_EQ(value_of("- I b -1\n"), Value::integer(-1));
    EXPECT_EQ(value_of("- D b 0.10000000000000001\n"), Value::real(0.1));
    EXPECT_EQ(value_of("- D b +inf\n"), Value::real(INFINITY));
    EXPECT_EQ(value_of("- D b -inf\n"), Value::real(-INFINITY));
    EXPECT_TRUE(std::isnan(*value_of("- D b nan\n").as_real()));
    EXPECT_EQ(value_of("- S b 3 a\nb\n"), Value::text("a\nb"));
    EXPECT_EQ(value_of("- X b 4 YQ==\n"), Value::text("a"));
    EXPECT_EQ(value_of("- B b 4 AQ==\n"), Value::blob("\1"));
    EXPECT_EQ(value_of("- B! b 2 \n\n\n"), Value::blob("\n\n"));
    EXPECT_EQ(value_of("- M! b 1 \x80\n"), (Value{Particle::map, "\x80"}));
    EXPECT_EQ(value_of("- Y b 4 eA==\n"), (Value{Particle::hll, "x"}));
    EXPECT_EQ(value_of("- G b 2 {}\n"), (Value{Particle::geojson, std::string("\0\0\0{}", 5)}));
}

TEST(AsbReader, ReadsEachTypeOfKey) {
    const auto key_of = [](std::string_view line) {
        const auto file = read(std::string(kHead).append(line).append(kRecord).append("- N b\n"));
        EXPECT_EQ(file.error, "");
        return file.entries.empty() ? std::nullopt : std::get<StoredRecord>(file.entries[0]).record.key;
    };
    EXPECT_EQ(key_of("+ k I 7\n"), Value::integer(7));
    EXPECT_EQ(key_of("+ k D 0.5\n"), Value::real(0.5));
    EXPECT_EQ(key_of("+ k S 2 \n+\n"), Value::text("\n+"));
    EXPECT_EQ(key_of("+ k B 4 AQ==\n"), Value::blob("\1"));
    EXPECT_EQ(key_of("+ k B! 1 \1\n"), Value::blob("\1"));
}

TEST(AsbReader, ReadsIndexesOfCollectionsWithTheirContext) {
    const auto file = read("Version 3.1\n* i ns  name V 1 bin\\ 1 S khAB\n");
    ASSERT_EQ(file.entries.size(), 1) << file.error;
    EXPECT_EQ(std::get<IndexDefinition>(file.entries[0]),
              (IndexDefinition{"ns", "", "name", 'V', "bin 1", 'S', "khAB"}));
}

TEST(AsbReader, SaysWhereAFileIsCutOff) {
    const auto whole = read(kSample);
    for (size_t size = 0; size < kSample.size(); ++size) {
        const auto file = read(kSample.substr(0, size));
        // Cut between entries, a file is whole: nothing in it says how many there are.
        if (file.error.empty()) {
            EXPECT_EQ(kSample[size - 1], '\n');
            EXPECT_LT(file.entries.size(), whole.entries.size());
        } else {
            EXPECT_TRUE(file.error.ends_with(size == 0 ? "an empty file" : "the file is cut off")) << file.error;
        }
    }
}

TEST(AsbReader, NamesTheByteAndTheMistake) {
    EXPECT_EQ(read("Version 4.0\n").error, "byte 12: a file of version 4.0, 3.1 is known");
    EXPECT_EQ(read("\x28\xb5\x2f\xfd____________").error, "byte 0: 'Version ' expected ($ is the end of a line)");
    EXPECT_EQ(read("Version 3.1\n# name x\n").error, "byte 18: an unknown line of the head");
    EXPECT_EQ(read("Version 3.1\nx").error, "byte 12: neither a record nor a definition");
    EXPECT_EQ(read("Version 3.1\n+ g 1\n").error, "byte 16: a record's lines are out of order");
    EXPECT_EQ(read("Version 3.1\n+ n test\n+ d AAAA\n").error, "byte 30: a digest is not 20 bytes in base64");
    EXPECT_NE(read(with_bin("- Q b 1\n")).error.find("a value of an unknown type"), std::string::npos);
    EXPECT_NE(read(with_bin("- I b 1x\n")).error.find("no number, or one out of range"), std::string::npos);
    EXPECT_NE(read(with_bin("- B b 4 A===\n")).error.find("no base64"), std::string::npos);
    EXPECT_NE(read(with_bin("- S b 2 abc\n")).error.find("'$' expected"), std::string::npos);
    EXPECT_NE(read(with_bin("- S b 16777217 ")).error.find("a value is larger than any record"), std::string::npos);
    EXPECT_NE(read(with_bin("- S " + std::string(2000, 'b'))).error.find("a name is too long"), std::string::npos);
}

TEST(AsbReader, ReadsALargeValueThatArrivesInPieces) {
    const std::string large(8 << 20, 'x');
    const auto text = with_bin("- S b 8388608 " + large + "\n");
    const auto file = read(text, 4096);
    ASSERT_EQ(file.entries.size(), 1) << file.error;
    EXPECT_EQ(std::get<StoredRecord>(file.entries[0]).record.bins[0].value.bytes, large);
}

}  // namespace
}  // namespace cairn::backup
