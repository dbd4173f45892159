#include "node/backup/definitions.h"

#include <gtest/gtest.h>

namespace cairn::backup {
namespace {

const IndexDefinition kByAge{.ns = "test", .set = "people", .name = "by-age", .bin = "age"};
const IndexDefinition kInList{
    .ns = "test", .name = "in-list", .source = 'L', .bin = "tags", .type = 'S', .context = "khAB"};

TEST(Definitions, ReadsTheListOfIndexes) {
    const auto indexes = parse_index_list(
        "ns=test:indexname=by-age:set=people:bin=age:type=numeric:indextype=default:context=null:state=RW;"
        "ns=test:indexname=in-list:set=NULL:bin=tags:type=STRING:indextype=LIST:context=khAB:state=RW");
    ASSERT_TRUE(indexes) << indexes.error().detail;
    EXPECT_EQ(*indexes, (std::vector{kByAge, kInList}));
    EXPECT_TRUE(parse_index_list("")->empty());
    EXPECT_FALSE(parse_index_list("ns=test:indexname=x:bin=a:type=vector:indextype=default"));
}

TEST(Definitions, CreatesAnIndexAsItWas) {
    EXPECT_EQ(create_command(kByAge, ""),
              "sindex-create:namespace=test;set=people;indexname=by-age;bin=age;type=numeric");
    EXPECT_EQ(create_command(kInList, "copy"),
              "sindex-create:namespace=copy;indexname=in-list;context=khAB;indextype=list;bin=tags;type=string");
}

TEST(Definitions, ReadsModulesAndPutsThem) {
    EXPECT_EQ(parse_module_list("filename=a.lua,hash=12,type=LUA;filename=b.lua,hash=34,type=LUA;"),
              (std::vector<std::string>{"a.lua", "b.lua"}));
    const auto module = parse_module("a.lua", "gen=1;type=LUA;content=LS0gCg==;");
    ASSERT_TRUE(module);
    EXPECT_EQ(*module, (Module{"a.lua", "-- \n"}));
    EXPECT_EQ(put_command(*module), "udf-put:filename=a.lua;udf-type=LUA;content-len=8;content=LS0gCg==;");
    EXPECT_FALSE(parse_module("a.lua", "content=%"));
}

}  // namespace
}  // namespace cairn::backup
