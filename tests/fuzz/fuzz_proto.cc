// Whole streams of bytes into a node's connection, in pieces. The first two bytes say how the stream travels.
#include "tests/fuzz/replies.h"
#include "tests/fuzz/rig.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    if (size < 2) return 0;
    const fuzz::Rig::Link link{.piece_max = 1 + data[0] * size_t{17}, .window_bytes = 64 + data[1] * size_t{256}};
    fuzz::check_replies(fuzz::shared_rig().exchange(Bytes(data + 2, size - 2), link).bytes());
    return 0;
}
