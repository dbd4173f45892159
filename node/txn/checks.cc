#include "node/txn/checks.h"

#include <algorithm>

#include "node/record/bins.h"

namespace cairn::txn {

using wire::OpCode;

bool valid_bin_name(std::string_view name) {
    return name.size() <= wire::kBinNameMax && name.find('\0') == std::string_view::npos;
}

bool is_modify(OpCode code) {
    switch (code) {
        case OpCode::write:
        case OpCode::incr:
        case OpCode::append:
        case OpCode::prepend:
        case OpCode::touch:
        case OpCode::delete_all:
        case OpCode::cdt_modify:
        case OpCode::bits_modify:
        case OpCode::hll_modify:
        case OpCode::exp_modify: return true;
        default: return false;
    }
}

bool makes_response(OpCode code) {
    switch (code) {
        case OpCode::read:
        case OpCode::cdt_read:
        case OpCode::cdt_modify:
        case OpCode::bits_read:
        case OpCode::hll_read:
        case OpCode::hll_modify:
        case OpCode::exp_read: return true;
        default: return false;
    }
}

bool valid_call(const wire::MessageHeader& header, const wire::Fields& fields) {
    using wire::FieldType;
    constexpr size_t kNameMax = 127;
    constexpr uint8_t kPolicies2 = wire::info2::generation | wire::info2::generation_gt | wire::info2::create_only;
    constexpr uint8_t kPolicies3 =
        wire::info3::update_only | wire::info3::create_or_replace | wire::info3::replace_only;
    if ((header.info2 & kPolicies2) != 0 || (header.info3 & kPolicies3) != 0) return false;
    return fields.has(FieldType::udf_function) && fields.has(FieldType::udf_arglist) &&
           fields.text(FieldType::udf_package).size() <= kNameMax &&
           fields.text(FieldType::udf_function).size() <= kNameMax;
}

bool valid_key(Bytes sent) {
    return !sent.empty() && (sent[0] != uint8_t(wire::Particle::integer) || sent.size() == 9);
}

ResultCode check_key(const record::Head& record, Bytes sent) {
    const Bytes stored = record::stored_key(record);
    if (stored.empty()) return valid_key(sent) ? ResultCode::ok : ResultCode::unsupported_feature;
    return std::ranges::equal(stored, sent) ? ResultCode::ok : ResultCode::key_mismatch;
}

}  // namespace cairn::txn
