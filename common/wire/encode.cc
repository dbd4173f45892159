#include "common/wire/encode.h"

namespace cairn::wire {

void append_status(Buffer& out, const MessageHeader& header) {
    uint8_t* at = out.append(kProtoHeaderSize + kMessageHeaderSize);
    store_proto_header(at, FrameType::message, kMessageHeaderSize);
    MessageHeader bare = header;
    bare.field_count = bare.op_count = 0;
    bare.store(at + kProtoHeaderSize);
}

}  // namespace cairn::wire
