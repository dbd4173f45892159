#pragma once
#include <string>
#include <string_view>

#include "common/base/buffer.h"
#include "common/runtime/clock.h"

namespace cairn::server {

/// What the info commands may know of the connection they came on.
struct InfoSession {
    explicit InfoSession(runtime::Clock& of_worker) : clock(of_worker) {}

    runtime::Clock& clock;  // of the worker that serves the connection
    std::string_view peer;
    std::string user_agent;  // base64 text of `user-agent-set`
};

/// Answers the text commands of the info protocol.
class InfoHandler {
public:
    virtual ~InfoHandler() = default;

    /// Appends the value of one command: all that follows the tab. Never blocks for long: it runs on a worker.
    virtual void answer(std::string_view command, InfoSession& session, std::string& value) = 0;
};

/// Runs every line of an info request's body and appends one reply frame.
void answer_info(Bytes body, InfoHandler& handler, InfoSession& session, Buffer& out);

}  // namespace cairn::server
