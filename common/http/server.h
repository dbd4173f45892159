#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/log/logger.h"
#include "common/runtime/network.h"

namespace cairn::http {

struct Response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Answers one GET; called on the server's threads, several at a time. What it throws becomes status 500 and a log line.
using Handler = std::function<Response()>;

/// Exact path ("/healthz") to its handler.
using Routes = std::map<std::string, Handler, std::less<>>;

/// What one client can cost. A connection is one request: between requests it would hold a thread.
struct Limits {
    size_t threads = 4;  // 1 to 64: requests served at a time; more so than busy clients, for health checks
    size_t waiting_max = 16;  // connections accepted and not yet served; the kernel keeps the rest
    size_t request_bytes_max = 8192;  // request line, headers and what else it sends
    Duration request_timeout = 2s;  // from the first wait to the end of the headers
    Duration response_timeout = 5s;  // for the client to take the whole answer
};

/// Serves GET and HEAD on one address, with threads of its own: health must answer when the workers do not.
class Server {
public:
    /// @param logger  outlives this.
    explicit Server(log::Logger& logger, Limits limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens on `address` alone and serves until stop(). Call it once.
    /// @return  where it listens, with the port the machine chose for port 0.
    /// @error server_error  the address cannot be listened on; `detail` names it and says why.
    Result<runtime::Endpoint> start(const runtime::Endpoint& address, Routes routes);
    /// Ends what is being served and joins all threads, within some 50 ms plus what a handler takes. Harmless twice.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::http
