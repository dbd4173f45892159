#include "node/server/info_handler.h"

#include "common/wire/encode.h"

namespace cairn::server {
namespace {

// What a request without commands is told.
constexpr std::string_view kSummary = "node\nbuild\nedition\nversion\ncluster-name\nfeatures\nnamespaces\nstatistics\n";

}  // namespace

void answer_info(Bytes body, InfoHandler& handler, InfoSession& session, Buffer& out) {
    wire::FrameWriter frame(out, wire::FrameType::info);
    std::string_view lines = as_text(body);
    if (lines.empty()) lines = kSummary;
    std::string value;
    while (!lines.empty()) {
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
    }
    frame.finish();
}

}  // namespace cairn::server
