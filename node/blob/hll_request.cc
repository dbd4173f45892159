#include "node/blob/hll_request.h"

namespace cairn::blob {

using record::msgpack::Element;
using record::msgpack::Reader;
using record::msgpack::Type;

bool parse_sketches(Arguments& arguments, std::vector<Sketch>& sketches) {
    Bytes encoded;
    if (!arguments.any(encoded)) return false;
    Reader reader(encoded);
    Element element;
    if (!reader.next(element)) return false;
    uint32_t left = 1;
    if (element.type == Type::list) {
        left = element.count;
        if (left == 0 || !reader.next(element)) return false;
    }
    for (; true; reader.next(element)) {
        if (element.type != Type::bytes && element.type != Type::string && element.type != Type::geojson) return false;
        if (element.content.empty()) return false;
        const auto sketch = Sketch::view(element.content.subspan(1));  // after the prefix, of whatever type
        if (!sketch) return false;
        sketches.push_back(*sketch);
        if (--left == 0) return true;
    }
}

}  // namespace cairn::blob
