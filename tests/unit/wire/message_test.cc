#include "common/wire/message.h"

#include <gtest/gtest.h>

#include "common/wire/encode.h"

namespace cairn::wire {
namespace {

/// put {a:1} in namespace "test", as an official client sends it (body only).
Buffer put_body() {
    Buffer out;
    UnitWriter unit(out);
    unit.field(FieldType::ns, as_bytes("test"));
    unit.field(FieldType::digest, Bytes(reinterpret_cast<const uint8_t*>("0123456789abcdefghij"), 20));
    unit.op(OpCode::write, Particle::integer, "a", as_bytes("\x01\x02\x03\x04\x05\x06\x07\x08"));
    unit.finish({.info2 = info2::write, .generation = 7, .record_ttl = 9, .timeout_ms = 1000});
    return out;
}

TEST(Message, ReadsBackWhatWasWritten) {
    const Buffer body = put_body();
    Message message;
    ASSERT_TRUE(message.parse(body.bytes()));
    EXPECT_EQ(message.header.info2, info2::write);
    EXPECT_EQ(message.header.generation, 7u);
    EXPECT_EQ(message.header.timeout_ms, 1000u);
    EXPECT_EQ(message.fields.text(FieldType::ns), "test");
    EXPECT_FALSE(message.fields.has(FieldType::set));
    ASSERT_EQ(message.ops.count(), 1);
    const Op op = *message.ops.begin();
    EXPECT_EQ(op.name, "a");
    EXPECT_EQ(op.value.size(), 8u);
}

TEST(Message, RefusesEveryCutAndEveryExtraByte) {
    Buffer body = put_body();
    Message message;
    for (size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(message.parse(body.bytes().first(size))) << size;
    body.append(1)[0] = 0;
    EXPECT_FALSE(message.parse(body.bytes()));
}

TEST(Message, FirstOfARepeatedFieldCounts) {
    Buffer body;
    UnitWriter unit(body);
    unit.field(FieldType::ns, as_bytes("one"));
    unit.field(FieldType::ns, as_bytes("two"));
    unit.finish({});
    Message message;
    ASSERT_TRUE(message.parse(body.bytes()));
    EXPECT_EQ(message.fields.text(FieldType::ns), "one");
}

TEST(Message, SkipsFieldsOfUnknownType) {
    Buffer body;
    UnitWriter unit(body);
    unit.field(FieldType(200), as_bytes("x"));
    unit.field(FieldType::ns, as_bytes("test"));
    unit.finish({});
    Message message;
    ASSERT_TRUE(message.parse(body.bytes()));
    EXPECT_EQ(message.fields.text(FieldType::ns), "test");
}

TEST(Message, ABatchFieldThatCountsTheFilterBeforeItEndsWithTheFrame) {
    // As the Go and Java clients send it: the size is 13, of the filter's field, too large.
    Buffer body;
    UnitWriter unit(body);
    unit.field(FieldType::filter, as_bytes("12345678"));
    unit.field(FieldType::batch, as_bytes("rows"));
    unit.finish({.info1 = info1::batch});
    body.data()[body.size() - 4 - 2] = 5 + 13;  // the size's low byte, before the type and the data
    Message message;
    ASSERT_TRUE(message.parse(body.bytes()));
    EXPECT_EQ(as_text(message.fields[FieldType::batch]), "rows");
    EXPECT_EQ(as_text(message.fields[FieldType::filter]), "12345678");
}

TEST(Message, RefusesAFieldThatRunsPastTheEnd) {
    Buffer body;
    UnitWriter unit(body);
    unit.field(FieldType::ns, as_bytes("test"));
    unit.finish({});
    body.data()[body.size() - 4 - 2] = 6;
    Message message;
    EXPECT_FALSE(message.parse(body.bytes()));
}

TEST(Message, RefusesAnOpWhoseNameIsLongerThanTheOp) {
    Buffer body = put_body();
    body.data()[body.size() - 9 - 1] = 200;  // name size
    Message message;
    EXPECT_FALSE(message.parse(body.bytes()));
}

}  // namespace
}  // namespace cairn::wire
