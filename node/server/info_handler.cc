#include "node/server/info_handler.h"

#include "common/wire/encode.h"

namespace cairn::server {
namespace {

constexpr size_t kReplyMax = 16u << 20;   // no client takes more than 10 MiB
constexpr Duration kTimeMax = 500ms;      // lines run on a worker: others wait for them
constexpr size_t kLinesPerLook = 32;      // at the clock

// What a request without commands is told.
constexpr std::string_view kSummary = "node\nbuild\nedition\nversion\ncluster-name\nfeatures\nnamespaces\nstatistics\n";

}  // namespace

void answer_info(Bytes body, InfoHandler& handler, InfoSession& session, Buffer& out) {
    wire::FrameWriter frame(out, wire::FrameType::info);
    std::string_view lines = as_text(body);
    if (lines.empty()) lines = kSummary;
    std::string value;
    const Instant began = session.clock.now();
    for (size_t count = 1; !lines.empty(); ++count) {
        // A last line without its newline is run too: being strict helps nobody.
        const size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        value.clear();
        handler.answer(line, session, value);
        out.append(as_bytes(line));
        out.append(as_bytes("\t"));
        out.append(as_bytes(value));
        out.append(as_bytes("\n"));
        if (count % kLinesPerLook == 0) session.clock.refresh();
        if (frame.body_size() <= kReplyMax && session.clock.now() - began <= kTimeMax) continue;
        out.truncate(out.size() - frame.body_size());
        out.append(as_bytes("ERROR:9:timeout\n"));  // as of a request that waited for longer than info-max-ms
        break;
    }
    frame.finish();
}

}  // namespace cairn::server
