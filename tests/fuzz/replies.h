#pragma once
#include <functional>

#include "common/base/bytes.h"
#include "common/wire/message.h"

namespace cairn::fuzz {

/// Aborts unless `replies` is a row of reply frames that a client can read; the last one may be cut short, as the node
/// closes a connection that breaks the protocol while its last reply may still wait to be sent.
/// @param each_unit  sees every message of every frame, compressed ones too.
void check_replies(Bytes replies, const std::function<void(const wire::Message&)>& each_unit = {});

/// Aborts unless `body` is a row of whole messages.
/// @return  how many.
size_t check_units(Bytes body, const std::function<void(const wire::Message&)>& each_unit = {});

}  // namespace cairn::fuzz
