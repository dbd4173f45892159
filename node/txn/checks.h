#pragma once
#include <string_view>

#include "common/base/result.h"
#include "common/wire/message.h"
#include "node/record/layout.h"

namespace cairn::txn {

/// Whether a bin may be called so: at most 15 bytes, none of them NUL.
bool valid_bin_name(std::string_view name);

/// Whether a name sent by a client is `name`. Some clients send a terminating zero along: the name ends there.
inline bool same_name(std::string_view name, std::string_view sent) {
    return name == sent || (sent.contains('\0') && name == sent.substr(0, sent.find('\0')));
}

/// Operations that change a bin.
bool is_modify(wire::OpCode code);
/// Operations that put an entry into the reply; plain bin reads included.
bool makes_response(wire::OpCode code);

/// Whether a function can be called so: named, with arguments, and without the policies of writes.
bool valid_call(const wire::MessageHeader& header, const wire::Fields& fields);

/// Compares a sent key (type byte and value) with the stored one, if there is one.
/// @return  ok, key_mismatch, or unsupported_feature when the sent key is no key at all.
ResultCode check_key(const record::Head& record, Bytes sent);
/// Whether a key field can be stored: not empty, and an integer has its 8 bytes.
bool valid_key(Bytes sent);

}  // namespace cairn::txn
