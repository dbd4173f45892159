#include "node/blob/arguments.h"

namespace cairn::blob {

using record::msgpack::Element;
using record::msgpack::Type;

bool Arguments::open(int64_t& code) {
    Element element;
    if (!reader_.next(element) || element.type != Type::list || element.count == 0) return false;
    left_ = element.count;
    return integer(code);
}

bool Arguments::next(Element& element) {
    if (left_ == 0 || !reader_.next(element)) return false;
    --left_;
    return true;
}

bool Arguments::integer(int64_t& value) {
    Element element;
    if (!next(element) || element.type != Type::integer) return false;
    value = element.integer;
    return true;
}

bool Arguments::boolean(bool& value) {
    Element element;
    if (!next(element) || (element.type != Type::true_value && element.type != Type::false_value)) return false;
    value = element.type == Type::true_value;
    return true;
}

bool Arguments::content(Bytes& value) {
    Element element;
    if (!next(element) || element.content.size() < 2) return false;
    if (element.type != Type::string && element.type != Type::bytes && element.type != Type::geojson) return false;
    value = element.content.subspan(1);
    return true;
}

bool Arguments::any(Bytes& encoded) {
    const size_t from = reader_.position();
    if (left_ == 0 || !reader_.skip()) return false;
    --left_;
    encoded = operation_.subspan(from, reader_.position() - from);
    return true;
}

}  // namespace cairn::blob
