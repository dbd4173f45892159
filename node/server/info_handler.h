#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/buffer.h"
#include "common/runtime/clock.h"

namespace cairn::server {

/// A request of which one line waits for its value.
struct InfoWaiting {
    std::string replies{};  // of the lines before
    size_t line_at = 0;     // in the request's body
    std::optional<std::string> value{};
};

/// What the info commands may know of the connection they came on.
struct InfoSession {
    explicit InfoSession(runtime::Clock& of_worker) : clock(of_worker) {}

    runtime::Clock& clock;  // of the worker that serves the connection
    std::string_view peer;
    std::string user_agent;  // base64 text of `user-agent-set`

    /// Makes the value of the present line come later: whoever has it calls what this gives, once, on any thread. What the
    /// command itself gives is nothing then. Empty: nobody can wait here.
    std::function<std::function<void(std::string)>()> later;

    std::optional<InfoWaiting> waiting;  // the request's line that waits
};

/// Answers the text commands of the info protocol.
class InfoHandler {
public:
    virtual ~InfoHandler() = default;

    /// Appends the value of one command: all that follows the tab. Never blocks for long: it runs on a worker.
    virtual void answer(std::string_view command, InfoSession& session, std::string& value) = 0;
};

/// Runs every line of an info request's body and appends one reply frame.
/// @return  false: a line waits for its value (`session.waiting`), and nothing was appended. To be called again with the
///          same body when the value is there.
bool answer_info(Bytes body, InfoHandler& handler, InfoSession& session, Buffer& out);

}  // namespace cairn::server
