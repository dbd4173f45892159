#pragma once
#include "common/base/buffer.h"
#include "common/base/bytes.h"

namespace cairn::wire {

/// Inflates the body of a type-4 frame: u64 size of the inner frame, then a zlib stream.
/// Memory grows with what was really inflated, never with what was announced.
/// @param inner  receives the whole inner frame, its 8-byte header included.
/// @return  false when the stream is damaged, the sizes disagree, the inner frame is no message, or more than 16 MiB are
///          announced at more than 200 times the stream's size; `inner` has given its memory back then.
bool inflate_frame(Bytes body, Buffer& inner);

/// Replaces the frame at the end of `out` that begins at `start` by its type-4 form, if that is shorter.
void deflate_frame(Buffer& out, size_t start);

/// Frames up to this size travel as they are: compressing them costs more than it saves.
constexpr size_t kCompressMin = 128;

}  // namespace cairn::wire
