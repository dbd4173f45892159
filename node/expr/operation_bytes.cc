#include "node/expr/operation_bytes.h"

#include "common/base/check.h"
#include "node/record/msgpack.h"

namespace cairn::expr {

namespace msgpack = record::msgpack;

Value literal_value(const Node& node) {
    Value value;
    value.type = node.type;
    switch (node.type) {
        case Type::nil:
        case Type::boolean:
        case Type::integer: value.integer = node.integer; break;
        case Type::floating: value.floating = node.floating; break;
        default: value.bytes = node.bytes;
    }
    return value;
}

Bytes with_arguments(Bytes operation, std::span<const Value> values, record::Memory& memory) {
    size_t size = operation.size();  // at least what stays
    for (const Value& value : values) size += packed_size(value);
    uint8_t* const begin = memory.allocate(size);
    uint8_t* at = begin;

    msgpack::Reader reader(operation);
    msgpack::Element element;
    CAIRN_CHECK(reader.next(element));
    uint32_t count = element.count;
    CAIRN_CHECK(reader.next(element));
    if (element.integer == kContextCode) {
        CAIRN_CHECK(reader.skip() && reader.next(element));
        count = element.count;
        CAIRN_CHECK(reader.next(element));
    }
    size_t copied = 0;
    const auto copy_to = [&](size_t end) {
        std::memcpy(at, operation.data() + copied, end - copied);
        at += end - copied;
    };
    size_t next_value = 0;
    for (; count > 1; --count) {
        const size_t from = reader.position();
        msgpack::Reader ahead = reader;
        CAIRN_CHECK(ahead.next(element) && reader.skip());
        if (element.type != msgpack::Type::list) continue;
        copy_to(from);
        copied = reader.position();
        at = pack(at, values[next_value++]);
    }
    copy_to(operation.size());
    return {begin, size_t(at - begin)};
}

}  // namespace cairn::expr
