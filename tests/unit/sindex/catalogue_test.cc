#include "node/sindex/catalogue.h"

#include <gtest/gtest.h>

#include "tests/unit/sindex/parameters.h"

namespace cairn::sindex {
namespace {

using Added = Catalogue::Added;

Result<Added> add(Catalogue& catalogue, const std::string& line) { return catalogue.add(*parse("ns=test;" + line)); }

std::vector<std::string> names(const Catalogue& catalogue) {
    std::vector<std::string> names;
    for (const auto& index : catalogue.indexes()) names.push_back(index.definition.name);
    return names;
}

TEST(Catalogue, TakesTheSameIndexTwice) {
    Catalogue catalogue;

    EXPECT_EQ(*add(catalogue, "indexname=i;bin=a;type=numeric"), Added::fresh);
    EXPECT_EQ(*add(catalogue, "indexname=i;indexdata=a,numeric"), Added::present);
    EXPECT_EQ(catalogue.indexes().size(), 1);
}

TEST(Catalogue, RefusesANameThatIsAnothers) {
    Catalogue catalogue;
    add(catalogue, "indexname=i;bin=a;type=numeric");

    const auto added = add(catalogue, "indexname=i;bin=a;type=string");

    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ResultCode::sindex_found);
    EXPECT_EQ(added.error().detail, "'indexname' already exists with different definition");
}

TEST(Catalogue, RenamesAnIndexThatIsThere) {
    Catalogue catalogue;
    add(catalogue, "indexname=i;bin=a;type=numeric");

    EXPECT_EQ(*add(catalogue, "indexname=j;bin=a;type=numeric"), Added::renamed);
    EXPECT_EQ(names(catalogue), std::vector<std::string>{"j"});
    EXPECT_EQ(catalogue.indexes()[0].number, 0);
}

TEST(Catalogue, HoldsAtMost256Indexes) {
    Catalogue catalogue;
    for (int i = 0; i < 256; ++i) {
        const std::string n = std::to_string(i);
        ASSERT_EQ(*add(catalogue, "indexname=i" + n + ";bin=b" + n + ";type=numeric"), Added::fresh);
    }

    const auto added = add(catalogue, "indexname=x;bin=x;type=numeric");

    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ResultCode::sindex_max_count);
    EXPECT_EQ(added.error().detail, "already at sindex definition limit");
    EXPECT_EQ(*add(catalogue, "indexname=x;bin=b7;type=numeric"), Added::renamed);
    EXPECT_EQ(*add(catalogue, "indexname=s;set=s;indextype=set"), Added::fresh);
}

TEST(Catalogue, GivesTheNumberOfARemovedIndexToTheNext) {
    Catalogue catalogue;
    for (const char* name : {"a", "b", "c"}) {
        add(catalogue, std::string("indexname=") + name + ";type=numeric;bin=" + name);
    }

    EXPECT_TRUE(catalogue.remove("b"));
    EXPECT_FALSE(catalogue.remove("b"));
    add(catalogue, "indexname=d;bin=d;type=numeric");

    EXPECT_EQ(names(catalogue), (std::vector<std::string>{"a", "c", "d"}));
    EXPECT_EQ(catalogue.find("d")->number, 1);
    EXPECT_EQ(catalogue.find("b"), nullptr);
}

TEST(Catalogue, FindsTheIndexOfASetBeforeThatOfAll) {
    Catalogue catalogue;
    add(catalogue, "indexname=all;bin=a;type=numeric");
    add(catalogue, "indexname=q;set=q;bin=a;type=numeric");
    const auto found = [&](const std::string& line) {
        const auto* index = catalogue.find_for(*parse("ns=test;indexname=any;" + line));
        return index ? index->definition.name : "none";
    };

    EXPECT_EQ(found("set=q;bin=a;type=numeric"), "q");
    EXPECT_EQ(found("set=other;bin=a;type=numeric"), "all");
    EXPECT_EQ(found("bin=a;type=numeric"), "all");
    EXPECT_EQ(found("bin=a;type=string"), "none");
    EXPECT_EQ(found("bin=a;type=numeric;indextype=list"), "none");
    EXPECT_EQ(found("bin=a;type=numeric;context=kiKjA2lu"), "none");
}

TEST(Catalogue, ReadsWhatItHasSaved) {
    Catalogue catalogue;
    add(catalogue, "indexname=i;bin=a b;type=numeric");
    add(catalogue, "indexname=-;set=s\xFF;bin=m;type=blob;indextype=mapkeys;context=kiKjA2lu");
    add(catalogue, "indexname=e;type=numeric;exp=kxSTUQKhYWQ=");
    add(catalogue, "indexname=s;set=s;indextype=set");

    const auto loaded = Catalogue::load(catalogue.save());

    ASSERT_TRUE(loaded) << loaded.error().detail;
    ASSERT_EQ(loaded->indexes().size(), 4);
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(loaded->indexes()[i].definition, catalogue.indexes()[i].definition);
    }
    EXPECT_TRUE(Catalogue::load(Catalogue().save()));
}

TEST(Catalogue, RefusesDamagedText) {
    const auto error = [](std::string_view text) {
        const auto loaded = Catalogue::load(text);
        return loaded ? "ok" : loaded.error().detail;
    };

    EXPECT_EQ(error(""), "is not a list of secondary indexes");
    EXPECT_EQ(error("zz"), "is not a list of secondary indexes");
    EXPECT_EQ(error("cairn-indexes-1\nnumeric default aQ== -"), "the definition of a secondary index is damaged");
    EXPECT_EQ(error("cairn-indexes-1\nnumeric default a - YQ== - -"), "the definition of a secondary index is damaged");
    EXPECT_EQ(error("cairn-indexes-1\nnumeric default aQ== - - - -"),
              "the secondary index 'i': both 'bin' and 'exp' are missing");
    EXPECT_EQ(error("cairn-indexes-1\nnumeric default aQ== - YQ== - -\nstring default aQ== - YQ== - -"),
              "the secondary index 'i' is there twice");
}

}  // namespace
}  // namespace cairn::sindex
