#include "node/blob/elements.h"

#include "common/base/check.h"

namespace cairn::blob {

using record::msgpack::Element;
using record::msgpack::Reader;
using record::msgpack::Type;

bool Elements::parse(Bytes list) {
    Reader reader(list);
    Element element;
    if (!reader.next(element) || element.type != Type::list) return false;
    uint32_t count = element.count;
    size_t from = reader.position();
    for (uint32_t i = 0; i < element.count; ++i) {
        Element scalar;
        if (!reader.next(scalar) || scalar.container()) return false;
        if (i == 0 && scalar.metadata()) {  // of an ordered list
            from = reader.position();
            --count;
        }
    }
    elements_ = list.subspan(from, reader.position() - from);
    return count != 0;
}

Bytes Elements::next(Reader& reader, Buffer& normal) const {
    const size_t from = reader.position();
    Element element;
    CAIRN_CHECK(reader.next(element));
    if (element.canonical) return elements_.subspan(from, reader.position() - from);
    normal.clear();
    if (element.type == Type::integer) record::msgpack::write_int(normal, element.integer);
    else record::msgpack::write_raw(normal, element.content);
    return normal.bytes();
}

}  // namespace cairn::blob
