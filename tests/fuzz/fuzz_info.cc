// Lines of the info protocol, as one request, on a node with two namespaces.
#include "node/server/info_handler.h"
#include "tests/fuzz/replies.h"
#include "tests/fuzz/rig.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    fuzz::Rig& rig = fuzz::shared_rig();
    server::InfoSession session(rig.clock());
    session.peer = "10.0.0.9:4711";
    Buffer out;
    server::answer_info({data, size}, rig.node().info(), session, out);
    fuzz::check_replies(out.bytes());
    rig.world().run_for(1ms);  // what a command left to do later
    return 0;
}
