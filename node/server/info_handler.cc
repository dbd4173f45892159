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

bool answer_info(Bytes body, InfoHandler& handler, InfoSession& session, Buffer& out) {
    wire::FrameWriter frame(out, wire::FrameType::info);
    const std::string_view all = body.empty() ? kSummary : as_text(body);
    const auto came = std::exchange(session.waiting, std::nullopt);
    if (came) out.append(as_bytes(came->replies));
    std::string_view lines = all.substr(came ? came->line_at : 0);
    std::string value;
    const Instant began = session.clock.now();
    for (size_t count = 1; !lines.empty(); ++count) {
        const size_t at = all.size() - lines.size();
        // A last line without its newline is run too: being strict helps nobody.
        const size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        value.clear();
        if (came && at == came->line_at) value = *came->value;
        else handler.answer(line, session, value);
        if (session.waiting) {
            session.waiting->replies = as_text(out.bytes().last(frame.body_size()));
            session.waiting->line_at = at;
            out.truncate(out.size() - frame.body_size() - wire::kProtoHeaderSize);
            return false;
        }
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
    return true;
}

}  // namespace cairn::server
