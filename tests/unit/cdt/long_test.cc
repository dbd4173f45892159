#include <gtest/gtest.h>

#include "node/record/collection.h"
#include "node/record/element_index.h"
#include "tests/unit/cdt/run.h"

// Long lists and maps carry places of their entries: every change must leave places that are right.
namespace cairn::cdt::test {
namespace {

constexpr int kIndex = 1, kValue = 7;

/// Walks all entries: each place must be where its entry starts, and no two may be far apart.
void check_places(const Packed& stored) {
    ASSERT_TRUE(record::has_places(stored));
    msgpack::Reader reader(stored);
    msgpack::Element header, metadata;
    ASSERT_TRUE(reader.next(header) && reader.next(metadata));
    const bool map = header.type == msgpack::Type::map;
    if (map) reader.skip();
    const record::EntryPlaces places(metadata.content);
    const size_t begin = reader.position();
    uint32_t next = 0, last = 0;
    for (uint32_t i = 0; i + 1 < header.count; ++i) {
        if (next < places.count() && places[next].index == i) {
            EXPECT_EQ(places[next].offset, reader.position() - begin) << "entry " << i;
            last = i;
            ++next;
        }
        EXPECT_LE(i - last, 64u);
        ASSERT_TRUE(reader.skip());
        if (map) ASSERT_TRUE(reader.skip());
    }
    EXPECT_EQ(next, places.count());
    EXPECT_TRUE(reader.at_end());
}

Packed normal(const Packed& stored) {
    Buffer out;
    const bool map = (stored[0] & 0xF0) == 0x80 || stored[0] >= 0xDE;
    const auto type = map ? wire::Particle::map : wire::Particle::list;
    EXPECT_EQ(record::normalise_collection(type, stored, out), ResultCode::ok);
    return Packed(out.data(), out.data() + out.size());
}

Bin long_list(int count, int order) {
    Bin bin;
    EXPECT_EQ(bin.modify({0, order}), ResultCode::ok);
    for (int i = 0; i < count; ++i) EXPECT_EQ(bin.modify({1, i * 300}), ResultCode::ok);
    return bin;
}

TEST(CdtLong, GrowingKeepsPlaces) {
    Bin bin = long_list(400, 0);
    check_places(bin.value());
    EXPECT_EQ(bin.read({17, 399}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 399 * 300);
}

TEST(CdtLong, PlacesAreNoPartOfTheValue) {
    Bin bin = long_list(300, 1);
    const Packed plain = normal(bin.value());
    const Packed stored = bin.value();
    const record::PlainForm form = record::plain_form(stored);
    Packed shown(form.head, form.head + form.head_size);
    shown.insert(shown.end(), form.body.begin(), form.body.end());
    EXPECT_EQ(shown, plain);
}

TEST(CdtLong, EveryChangeLeavesRightPlaces) {
    for (const int order : {0, 1}) {
        Bin bin = long_list(500, order);
        Packed expected = normal(bin.value());
        for (const auto& change : std::vector<std::vector<Value>>{
                 {1, 77}, {7, 250}, {8, 10, 300}, {1, "in the middle of nothing"}, {12, 5, 1}, {5, 0}, {5, -1}}) {
            Bin plain(normal(bin.value()));  // the same without places to follow
            Buffer operation;
            msgpack::write_list_header(operation, uint32_t(change.size()));
            for (const Value& part : change) operation.append(part.bytes());
            const Packed payload(operation.data(), operation.data() + operation.size());
            EXPECT_EQ(bin.modify_packed(payload), ResultCode::ok);
            EXPECT_EQ(plain.modify_packed(payload), ResultCode::ok);
            check_places(bin.value());
            EXPECT_EQ(normal(bin.value()), normal(plain.value()));
        }
    }
}

TEST(CdtLong, KeysAreFoundByPlaces) {
    Bin bin;
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(bin.modify({67, (i * 7) % 1000, i, 1}), ResultCode::ok);
    check_places(bin.value());
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(bin.read({97, kIndex, (i * 7) % 1000}), ResultCode::ok);
        ASSERT_EQ(bin.number(), (i * 7) % 1000);
        ASSERT_EQ(bin.read({97, kValue, (i * 7) % 1000}), ResultCode::ok);
        ASSERT_EQ(bin.number(), i);
    }
    EXPECT_EQ(bin.read({97, kIndex, 1000}), ResultCode::ok);
    EXPECT_EQ(bin.number(), -1);
}

TEST(CdtLong, ChangesInsideMovePlacesOfWhatFollows) {
    Bin bin;
    for (int i = 0; i < 300; ++i) EXPECT_EQ(bin.modify({67, i, list({i}), 1}), ResultCode::ok);
    EXPECT_EQ(bin.modify({255, list({0x22, 100}), list({1, "twenty bytes and more"})}), ResultCode::ok);
    check_places(bin.value());
    EXPECT_EQ(bin.modify({255, list({0x22 | 0x40, 1000}), list({1, 5})}), ResultCode::ok);
    check_places(bin.value());
    EXPECT_EQ(bin.read({97, kIndex, 1000}), ResultCode::ok);
    EXPECT_EQ(bin.number(), 300);
}

TEST(CdtLong, ValuesOfOrderedListsAreFoundByPlaces) {
    Bin bin = long_list(600, 1);
    for (int i = 0; i < 600; i += 7) {
        ASSERT_EQ(bin.read({20, kIndex, i * 300}), ResultCode::ok);
        ASSERT_EQ(bin.number(), i);
        ASSERT_EQ(bin.read({25, kIndex, i * 300 - 1, i * 300 + 1}), ResultCode::ok);
        ASSERT_EQ(bin.result(), list({i}));
    }
}

TEST(CdtLong, WhatAnOperationPassesIsCharged) {
    Bin bin = long_list(5000, 0);
    const size_t before = bin.charged();
    EXPECT_EQ(bin.read({17, 4000}), ResultCode::ok);
    EXPECT_LT(bin.charged() - before, 1000u);  // found by its place
    EXPECT_EQ(bin.read({21, kIndex, 0}), ResultCode::ok);
    EXPECT_GT(bin.charged() - before, bin.value().size());  // every value is looked at
}

TEST(CdtLong, ShortOnesHaveNoPlaces) {
    Bin bin = long_list(70, 0);
    EXPECT_TRUE(record::has_places(bin.value()));
    EXPECT_EQ(bin.modify({8, 60}), ResultCode::ok);
    EXPECT_FALSE(record::has_places(bin.value()));
    EXPECT_EQ(bin.value(), normal(bin.value()));
}

}  // namespace
}  // namespace cairn::cdt::test
