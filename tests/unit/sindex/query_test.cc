#include "node/sindex/query.h"

#include <random>

#include "common/base/buffer.h"
#include "node/sindex/value_hash.h"
#include "tests/unit/sindex/parameters.h"
#include "tests/unit/sindex/stored_record.h"

namespace cairn::sindex {
namespace {

using wire::FieldType;

constexpr const char* kIn = "\x92\x22\xA3\x03in";  // context: the map's value at "in"
constexpr const char* kSum = "\x93\x14\x93\x51\x02\xA1\x61\x64";  // expression: bin "a" + 100

std::string sized(std::string_view bytes) {
    std::string text(4, '\0');
    store_be(reinterpret_cast<uint8_t*>(text.data()), uint32_t(bytes.size()));
    return text + std::string(bytes);
}
std::string range(std::string_view bin, int type, std::string_view first, std::string_view last) {
    return std::string("\x01") + char(bin.size()) + std::string(bin) + char(type) + sized(first) + sized(last);
}
std::string number(int64_t value) {
    std::string text(8, '\0');
    store_be(reinterpret_cast<uint8_t*>(text.data()), uint64_t(value));
    return text;
}
std::string numbers(std::string_view bin, int64_t first, int64_t last) {
    return range(bin, 1, number(first), number(last));
}
std::string text(std::string_view bin, std::string_view value) { return range(bin, 3, value, value); }
std::string geojson(std::string_view bin, std::string_view value) { return range(bin, 23, value, value); }

/// Fields, with the bytes behind them.
class Request {
public:
    Request& with(FieldType type, std::string bytes) {
        kept_.push_back(std::make_unique<std::string>(std::move(bytes)));
        fields_.set(type, as_bytes(*kept_.back()));
        return *this;
    }
    std::expected<Query, ResultCode> parse() const { return Query::parse(fields_); }

private:
    std::vector<std::unique_ptr<std::string>> kept_;
    wire::Fields fields_;
};

Request asking(std::string bytes) {
    Request request;
    request.with(FieldType::index_range, std::move(bytes));
    return request;
}
Request asking(std::string bytes, FieldType type, std::string more) {
    Request request = asking(std::move(bytes));
    request.with(type, std::move(more));
    return request;
}

/// What the original server answers before it streams.
int refused(const Request& request) {
    const auto query = request.parse();
    return query ? 0 : int(query.error());
}

TEST(Query, IsRefusedWhenItsRangeIsNone) {
    EXPECT_EQ(refused(asking(numbers("a", 9, 5))), 4);
    EXPECT_EQ(refused(asking(range("a", 1, "1234567", "1234567"))), 4);
    EXPECT_EQ(refused(asking(range("a", 2, number(0), number(0)))), 4);
    EXPECT_EQ(refused(asking(range("a", 99, number(0), number(0)))), 4);
    EXPECT_EQ(refused(asking("\x02" + numbers("a", 1, 2).substr(1))), 4);
    EXPECT_EQ(refused(asking(std::string(1, '\0'))), 4);
    EXPECT_EQ(refused(asking("")), 4);
    EXPECT_EQ(refused(asking(numbers("a", 1, 2).substr(0, 26))), 4);
    EXPECT_EQ(refused(asking(numbers(std::string(16, 'x'), 1, 2))), 4);
    EXPECT_EQ(refused(asking(text("s", std::string(2048, 'x')))), 4);
    EXPECT_EQ(refused(asking(text("s", std::string(2047, 'x')))), 0);
    EXPECT_EQ(refused(asking(geojson("g", "zz"))), 4);
    EXPECT_EQ(refused(asking(geojson("g", R"({"type":"LineString","coordinates":[[0,0],[1,1]]})"))), 4);
    EXPECT_EQ(refused(asking(numbers("a", 1, 2) + "more")), 0);
}

TEST(Query, NamesItsIndexInOneWay) {
    EXPECT_EQ(refused(asking(numbers("", 1, 2))), 4);
    EXPECT_EQ(refused(asking(numbers("a", 1, 2), FieldType::index_name, "qa")), 4);
    EXPECT_EQ(refused(asking(numbers("a", 1, 2), FieldType::index_expression, kSum)), 4);
    EXPECT_EQ(refused(asking(numbers("", 1, 2), FieldType::index_name, "qa")), 0);
    EXPECT_EQ(refused(asking(numbers("", 1, 2), FieldType::index_expression, "\x91")), 0);
    EXPECT_EQ(refused(asking(numbers("", 1, 2), FieldType::index_name, "q").with(FieldType::index_expression, kSum)),
              4);
    EXPECT_EQ(refused(asking(numbers("", 1, 2), FieldType::index_name, "q").with(FieldType::index_context, kIn)), 4);
    EXPECT_EQ(refused(asking(numbers("n", 1, 2), FieldType::index_context, "\x91")), 4);
    EXPECT_EQ(refused(asking(numbers("n", 1, 2), FieldType::index_context, "")), 4);
    EXPECT_EQ(refused(asking(numbers("a", 1, 2), FieldType::index_type, "")), 4);
}

class Finding : public testing::Test {
protected:
    Finding() {
        for (const char* line : {"set=q;indexname=qa;bin=a;type=numeric", "set=q;indexname=qs;bin=s;type=string",
                                 "set=q;indexname=ql;bin=l;type=numeric;indextype=list",
                                 "set=q;indexname=qn;bin=n;type=numeric;context=kiKjA2lu",
                                 "set=q;indexname=qe;type=numeric;exp=kxSTUQKhYWQ=", "indexname=all;bin=s;type=string",
                                 "set=q;indexname=set;indextype=set"}) {
            EXPECT_TRUE(catalogue_.add(*sindex::parse("ns=test;" + std::string(line))));
        }
    }
    std::string found(const Request& request, std::string_view set = "q") {
        const auto query = request.parse();
        if (!query) return "refused";
        const auto* index = query->find_index(catalogue_, set);
        return index ? index->definition.name : "none";
    }
    Catalogue catalogue_;
};

TEST_F(Finding, IsByBinAndType) {
    EXPECT_EQ(found(asking(numbers("a", 1, 2))), "qa");
    EXPECT_EQ(found(asking(text("a", "x"))), "none");
    EXPECT_EQ(found(asking(numbers("x", 1, 2))), "none");
    EXPECT_EQ(found(asking(numbers("l", 1, 2))), "none");
    EXPECT_EQ(found(asking(numbers("l", 1, 2), FieldType::index_type, "\x01")), "ql");
    EXPECT_EQ(found(asking(numbers("a", 1, 2), FieldType::index_type, "\x01")), "none");
    EXPECT_EQ(found(asking(numbers("a", 1, 2), FieldType::index_type, "\x04")), "none");
    EXPECT_EQ(found(asking(numbers("a", 1, 2), FieldType::index_type, "\x09")), "none");
}

TEST_F(Finding, IsByContextAndExpression) {
    EXPECT_EQ(found(asking(numbers("n", 1, 2), FieldType::index_context, kIn)), "qn");
    EXPECT_EQ(found(asking(numbers("n", 1, 2))), "none");
    EXPECT_EQ(found(asking(numbers("n", 1, 2), FieldType::index_context, "\x92\x22\xA3\x03xx")), "none");
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_expression, kSum)), "qe");
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_expression, "\x91")), "none");
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_expression, "")), "none");
}

TEST_F(Finding, IsByName) {
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_name, "ql")), "ql");
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_name, "zz")), "none");
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_name, "")), "none");
    EXPECT_EQ(found(asking(numbers("", 1, 2), FieldType::index_name, "set")), "none");
}

TEST_F(Finding, WithoutASetIsAmongIndexesOfAllSets) {
    EXPECT_EQ(found(asking(text("s", "x"))), "qs");
    EXPECT_EQ(found(asking(text("s", "x")), "other"), "all");
    EXPECT_EQ(found(asking(text("s", "x")), ""), "all");
    EXPECT_EQ(found(asking(numbers("a", 1, 2)), ""), "none");
}

/// One index, one record, many queries.
class Matching {
public:
    explicit Matching(const std::string& line) : definition(*sindex::parse("ns=test;indexname=i;" + line)) {}

    /// Whether the record is found; checks that an index would have led there.
    bool finds(const Request& request) { return first(request).has_value(); }
    std::optional<Value> first(const Request& request) {
        const auto query = request.parse();
        EXPECT_TRUE(query);
        RecordValues values(definition);
        const auto least = query->first_match(values, record.subject());
        if (!least) return least;
        std::vector<Value> entries;
        values.of(record.subject(), entries);
        EXPECT_TRUE(std::ranges::binary_search(entries, *least));
        EXPECT_TRUE(std::ranges::any_of(query->ranges(definition),
                                        [&](const ValueRange& range) { return range.contains(*least); }));
        return least;
    }

    Definition definition;
    StoredRecord record;
};

TEST(Match, OfNumbersIncludesBothEnds) {
    Matching a("bin=a;type=numeric");
    a.record.integer("a", -5);

    EXPECT_TRUE(a.finds(asking(numbers("a", -5, -5))));
    EXPECT_TRUE(a.finds(asking(numbers("a", -6, 3))));
    EXPECT_TRUE(a.finds(asking(numbers("a", INT64_MIN, INT64_MAX))));
    EXPECT_FALSE(a.finds(asking(numbers("a", -4, 3))));
    EXPECT_FALSE(a.finds(asking(numbers("a", -9, -6))));
}

TEST(Match, OfAStringIsByItsBytes) {
    Matching s("bin=s;type=string");
    s.record.string("s", "s1");

    EXPECT_TRUE(s.finds(asking(text("s", "s1"))));
    EXPECT_TRUE(s.finds(asking(range("s", 3, "s1", "s2"))));  // the end is not looked at
    EXPECT_FALSE(s.finds(asking(text("s", "s2"))));
    EXPECT_FALSE(s.finds(asking(text("s", ""))));
}

// The first and third quarter of these 16 bytes make the hash forget the others.
TEST(Match, OfAnotherStringWithTheSameHashIsNone) {
    const std::string a =
        "\xD1\x7E\x03\xE7"
        "AAAA"
        "\xDB\x28\xB4\xA0"
        "AAAA";
    const std::string b =
        "\xD1\x7E\x03\xE7"
        "BBBB"
        "\xDB\x28\xB4\xA0"
        "BBBB";
    ASSERT_EQ(value_hash(as_bytes(a)), value_hash(as_bytes(b)));
    Matching s("bin=s;type=string");
    s.record.string("s", a);

    EXPECT_TRUE(s.finds(asking(text("s", a))));
    EXPECT_FALSE(s.finds(asking(text("s", b))));
}

TEST(Match, OfAnotherTypeIsNone) {
    Matching s("bin=s;type=string");
    s.record.string("s", "s1");
    const auto query = asking(range("", 4, "s1", "s1"), FieldType::index_name, "i").parse();

    EXPECT_TRUE(query->ranges(s.definition).empty());
    EXPECT_FALSE(s.finds(asking(range("", 4, "s1", "s1"), FieldType::index_name, "i")));
}

TEST(Match, OfAnotherSetIsNone) {
    Matching a("set=other;bin=a;type=numeric");
    a.record.integer("a", 5);

    EXPECT_FALSE(a.finds(asking(numbers("a", 5, 5))));
}

// A record is returned for one entry, however many of its values are in the range: as the original server tells the value.
TEST(Match, OfAListIsItsLeastValueInTheRange) {
    Matching l("bin=l;type=numeric;indextype=list");
    l.record.list("l", "94 07 02 05 03");
    const Request from_three = asking(numbers("l", 3, 6), FieldType::index_type, "\x01");

    EXPECT_EQ(l.first(from_three), value_of_integer(3));
    EXPECT_FALSE(l.finds(asking(numbers("l", 4, 4), FieldType::index_type, "\x01")));
}

TEST(Match, OfPointsIsWithinTheRegion) {
    Matching g("bin=g;type=geo2dsphere");
    g.record.geojson("g", R"({"type":"Point","coordinates":[5.5,5.5]})");

    EXPECT_TRUE(
        g.finds(asking(geojson("g", R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]})"))));
    EXPECT_TRUE(g.finds(asking(geojson("g", R"({"type":"AeroCircle","coordinates":[[5.5,5.5],10]})"))));
    // Beside the circle, though in a cell that covers it.
    EXPECT_FALSE(g.finds(asking(geojson("g", R"({"type":"AeroCircle","coordinates":[[5.6,5.6],15000]})"))));
    EXPECT_FALSE(g.finds(asking(geojson("g", R"({"type":"AeroCircle","coordinates":[[100,50],10]})"))));
    EXPECT_FALSE(g.finds(asking(geojson("g", R"({"type":"Point","coordinates":[5.5,5.5]})"))));
}

TEST(Match, OfRegionsContainsThePoint) {
    Matching g("bin=g;type=geo2dsphere");
    g.record.geojson("g", R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]})");

    EXPECT_TRUE(g.finds(asking(geojson("g", R"({"type":"Point","coordinates":[5,5]})"))));
    EXPECT_FALSE(g.finds(asking(geojson("g", R"({"type":"Point","coordinates":[10.01,5]})"))));
    EXPECT_FALSE(g.finds(asking(geojson("g", R"({"type":"AeroCircle","coordinates":[[5,5],10]})"))));
}

TEST(Match, OfPlacesInAListIsByEach) {
    const std::string_view far = R"({"type":"Point","coordinates":[50,50]})";
    const std::string_view near = R"({"type":"Point","coordinates":[5,5]})";
    std::string list = "\x92";
    for (const auto place : {far, near})
        list += "\xD9" + std::string(1, char(place.size() + 1)) + "\x17" + std::string(place);
    Matching g("bin=g;type=geo2dsphere;indextype=list");
    g.record.set("g", wire::Particle::list, as_bytes(list));

    EXPECT_EQ(g.first(asking(geojson("g", R"({"type":"AeroCircle","coordinates":[[5,5],10]})"))),
              geo::Region::parse(near)->cell());
}

// Goal: a query finds exactly the records that it describes. Method: points and circles drawn from a seed, against
// geo::within().
TEST(Match, OfPlacesIsWhatGeoSays) {
    std::mt19937_64 draw(7);
    const auto coordinate = [&](double width) { return double(draw() % 1'000'000) / 1e6 * width - width / 2; };
    uint32_t found = 0;
    for (int i = 0; i < 300; ++i) {
        const auto at = "[" + std::to_string(coordinate(4)) + "," + std::to_string(coordinate(4)) + "]";
        const auto centre = "[" + std::to_string(coordinate(4)) + "," + std::to_string(coordinate(4)) + "]";
        const std::string point = R"({"type":"Point","coordinates":)" + at + "}";
        const std::string circle =
            R"({"type":"AeroCircle","coordinates":[)" + centre + "," + std::to_string(draw() % 300'000) + "]}";
        const bool expected = geo::within(*geo::Region::parse(point), *geo::Region::parse(circle));
        Matching points("bin=g;type=geo2dsphere");
        points.record.geojson("g", point);
        Matching circles("bin=g;type=geo2dsphere");
        circles.record.geojson("g", circle);
        EXPECT_EQ(points.finds(asking(geojson("g", circle))), expected) << point << circle;
        EXPECT_EQ(circles.finds(asking(geojson("g", point))), expected) << point << circle;
        found += expected;
    }
    EXPECT_GT(found, 30);
    EXPECT_LT(found, 270);
}

TEST(Query, RangesAreAscendingAndApart) {
    const Definition places = *sindex::parse("ns=test;indexname=i;bin=g;type=geo2dsphere");
    for (const char* place :
         {R"({"type":"AeroCircle","coordinates":[[5.6,5.6],15000]})", R"({"type":"Point","coordinates":[5,5]})"}) {
        const auto query = asking(geojson("g", place)).parse();
        const auto ranges = query->ranges(places);
        ASSERT_GT(ranges.size(), 1);
        for (size_t i = 0; i < ranges.size(); ++i) {
            EXPECT_LE(ranges[i].first, ranges[i].last);
            if (i > 0) EXPECT_LT(ranges[i - 1].last, ranges[i].first);
        }
    }
}

TEST(Query, ValuesOnTheWireAreIntegersThemselves) {
    EXPECT_EQ(wire_value_of(value_of_integer(-3), ValueType::numeric), -3);
    EXPECT_EQ(value_of_wire(-3, ValueType::numeric), value_of_integer(-3));
    EXPECT_EQ(wire_value_of(0x95cc953f9c1b6090, ValueType::blob), int64_t(0x95cc953f9c1b6090));
    EXPECT_EQ(value_of_wire(int64_t(0x95cc953f9c1b6090), ValueType::blob), 0x95cc953f9c1b6090);
}

}  // namespace
}  // namespace cairn::sindex
