#include "node/sindex/change.h"

#include "tests/unit/sindex/parameters.h"
#include "tests/unit/sindex/stored_record.h"

namespace cairn::sindex {
namespace {

class Changes : public testing::Test {
protected:
    explicit Changes(std::string_view line = "ns=test;indexname=i;bin=l;type=numeric;indextype=list")
        : definition_(*parse(line)), values_(definition_) {
        one_two_.list("l", "92 01 02");
        two_three_.list("l", "93 03 02 03").integer("n", 1);
    }

    /// "-1 -2 +3": values of entries to erase and to insert.
    std::string change(StoredRecord* before, StoredRecord* after) {
        std::optional<expr::Subject> old, fresh;
        if (before) old.emplace(before->subject());
        if (after) fresh.emplace(after->subject());
        change_.compute(values_, old ? &*old : nullptr, fresh ? &*fresh : nullptr);
        std::string text;
        for (const Value value : change_.erased()) text += " -" + std::to_string(integer_of_value(value));
        for (const Value value : change_.inserted()) text += " +" + std::to_string(integer_of_value(value));
        return text;
    }

    Definition definition_;
    RecordValues values_;
    Change change_;
    StoredRecord one_two_, two_three_;
};

TEST_F(Changes, OfANewRecordInsertAll) { EXPECT_EQ(change(nullptr, &one_two_), " +1 +2"); }
TEST_F(Changes, OfARecordThatIsGoneEraseAll) { EXPECT_EQ(change(&one_two_, nullptr), " -1 -2"); }
TEST_F(Changes, LeaveWhatBothHave) { EXPECT_EQ(change(&one_two_, &two_three_), " -1 +3"); }

TEST_F(Changes, OfAnotherBinAreNone) {
    StoredRecord other;
    other.list("l", "92 01 02").integer("n", 1);

    EXPECT_EQ(change(&one_two_, &other), "");
    const auto before = one_two_.subject();
    const auto after = other.subject();
    EXPECT_TRUE(values_.unchanged(*before.head, *after.head));
    EXPECT_FALSE(values_.unchanged(*before.head, *two_three_.subject().head));
}

TEST_F(Changes, OfABinThatGoesEraseAll) {
    StoredRecord without;
    without.integer("n", 1);

    EXPECT_EQ(change(&one_two_, &without), " -1 -2");
    EXPECT_EQ(change(&without, &one_two_), " +1 +2");
}

// The bytes are the same, the type is not: [1] as a list is 91 01, and so may a blob be.
TEST_F(Changes, OfATypeAreSeen) {
    StoredRecord list;
    list.list("l", "91 01");
    StoredRecord blob;
    blob.blob("l", "91 01");

    EXPECT_EQ(change(&list, &blob), " -1");
}

// The bins "a" and "l": "a" + 100 changes though "l" stays.
TEST(ChangesOfExpressions, AreSeen) {
    const Definition definition = *parse("ns=test;indexname=i;type=numeric;exp=kxSTUQKhYWQ=");
    RecordValues values(definition);
    Change change;
    StoredRecord before;
    before.integer("a", 1);
    StoredRecord after;
    after.integer("a", 2);
    const auto old = before.subject();
    const auto fresh = after.subject();

    change.compute(values, &old, &fresh);

    EXPECT_EQ(change.erased(), std::vector{value_of_integer(101)});
    EXPECT_EQ(change.inserted(), std::vector{value_of_integer(102)});
}

}  // namespace
}  // namespace cairn::sindex
