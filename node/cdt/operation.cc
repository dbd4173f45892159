#include "node/cdt/operation.h"

#include <algorithm>

namespace cairn::cdt {
namespace {

using record::msgpack::Element;
using record::msgpack::Reader;
using record::msgpack::Type;

constexpr uint8_t kBaseBits = 0x0F, kListBit = 0x10, kMapBit = 0x20, kCreateShift = 6;
constexpr int64_t kPersistBit = 0x100;

bool read_integer(Bytes value, int64_t& integer) {
    Element element;
    if (!Reader(value).next(element) || element.type != Type::integer) return false;
    integer = element.integer;
    return true;
}

/// Reads a list's header.
bool read_list(Reader& reader, uint32_t& count) {
    Element element;
    if (!reader.next(element) || element.type != Type::list) return false;
    count = element.count;
    return true;
}

}  // namespace

bool Arguments::parse(Reader& reader, Bytes all, uint32_t count) {
    count_ = count;
    for (size_t i = 0; i < count; ++i) {
        const size_t from = reader.position();
        if (!reader.skip()) return false;
        if (i < kArgumentsMax) values_[i] = all.subspan(from, reader.position() - from);
    }
    return true;
}

bool Arguments::integer(size_t index, int64_t& value) const {
    return has(index) && read_integer(values_[index], value);
}

bool Arguments::optional_integer(size_t index, std::optional<int64_t>& value) const {
    if (!has(index)) return true;
    int64_t given = 0;
    if (!integer(index, given)) return false;
    value = given;
    return true;
}

int64_t Step::index() const {
    int64_t value = 0;
    CAIRN_CHECK(read_integer(argument, value));
    return value;
}

ResultCode Context::parse(Bytes steps) {
    Reader reader(steps);
    uint32_t count = 0;
    if (!read_list(reader, count) || count == 0 || count % 2 != 0) return ResultCode::parameter;
    bytes_ = steps.subspan(reader.position());
    left_ = count / 2;
    return ResultCode::ok;
}

bool Context::has_comparisons() const {
    Reader reader(bytes_);
    Element element;
    while (reader.next(element)) {
        if (element.type == Type::infinity || element.type == Type::wildcard) return true;
    }
    return false;
}

ResultCode Context::next(Step& step) {
    Reader reader(bytes_);
    Element type;
    if (!reader.next(type) || type.type != Type::integer) return ResultCode::parameter;
    const size_t from = reader.position();
    if (!reader.skip()) return ResultCode::parameter;
    step.argument = bytes_.subspan(from, reader.position() - from);
    bytes_ = bytes_.subspan(reader.position());
    --left_;

    const int64_t bits = type.integer;
    if (bits < 0 || bits > 0x1FF || (bits & kBaseBits) > int64_t(StepBase::value)) return ResultCode::op_not_applicable;
    step.base = StepBase(bits & kBaseBits);
    step.list_only = (bits & kListBit) != 0;
    step.map_only = (bits & kMapBit) != 0;
    step.create = uint8_t(bits >> kCreateShift & 3);
    step.persist = (bits & kPersistBit) != 0;
    if (step.list_only && (step.map_only || step.base == StepBase::key)) return ResultCode::op_not_applicable;
    int64_t ignored = 0;
    const bool needs_integer = step.base == StepBase::index || step.base == StepBase::rank;
    if (needs_integer && !read_integer(step.argument, ignored)) return ResultCode::op_not_applicable;
    return ResultCode::ok;
}

ResultCode Operation::parse(Bytes payload) {
    if (payload.size() >= 2 && payload[0] == 0) {  // as old clients send it: code, then the list of arguments
        code = load_be<uint16_t>(payload.data());
        payload = payload.subspan(2);
        if (payload.empty()) return ResultCode::ok;
        Reader reader(payload);
        uint32_t count = 0;
        const bool parsed = read_list(reader, count) && arguments.parse(reader, payload, count);
        return parsed ? ResultCode::ok : ResultCode::parameter;
    }
    for (bool nested = false;; nested = true) {
        Reader reader(payload);
        uint32_t count = 0;
        Element first;
        if (!read_list(reader, count) || count == 0) return ResultCode::parameter;
        if (!reader.next(first) || first.type != Type::integer) return ResultCode::parameter;
        if (nested || first.integer != kContextCode) {
            code = first.integer;
            return arguments.parse(reader, payload, count - 1) ? ResultCode::ok : ResultCode::parameter;
        }
        Arguments parts;  // context, operation
        if (count != 3 || !parts.parse(reader, payload, count - 1)) return ResultCode::parameter;
        if (const ResultCode result = context.parse(parts[0]); result != ResultCode::ok) return result;
        payload = parts[1];
    }
}

}  // namespace cairn::cdt
