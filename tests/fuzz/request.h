#pragma once
#include <fuzzer/FuzzedDataProvider.h>

#include <string>

#include "common/base/buffer.h"
#include "common/wire/message.h"

namespace cairn::fuzz {

/// Digest number `index` of the few that inputs use, so that commands meet the records of others.
Digest digest_of(uint8_t index);

/// The parts of a request that a fuzzer would rarely hit by chance: names that exist, sizes that fit. The rest of it is
/// as the input says.
wire::MessageHeader make_header(FuzzedDataProvider& input);
/// Appends one field whose size may lie, if the input says so.
void append_field(FuzzedDataProvider& input, Buffer& body, wire::FieldType type, Bytes data);
/// Appends up to `count_max` operations. @return  how many.
uint16_t append_ops(FuzzedDataProvider& input, Buffer& body, size_t count_max);
/// One field of the kinds that single-record commands know, with content that is right or nearly so.
void append_any_field(FuzzedDataProvider& input, Buffer& body);

}  // namespace cairn::fuzz
