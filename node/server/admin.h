#pragma once
#include <atomic>
#include <cstdint>

#include "common/http/server.h"
#include "node/server/info/info.h"

namespace cairn::server {

/// The admin port: health, readiness, metrics, configuration and version over HTTP, on threads of its own, so that it
/// answers when the workers do not.
class Admin {
public:
    /// @param info, state  outlive this.
    Admin(Info& info, State& state) : info_(info), state_(state), http_(state.log) {}

    /// Listens on the configured address.
    /// @return  where it listens. @error  names the address and the parameter.
    Result<runtime::Endpoint> start();

    // The pages, each answered at its path; callable from any thread.
    http::Response health() const;   // /healthz: always 200, for it says that the process lives
    http::Response ready() const;    // /readyz
    http::Response metrics();        // /metrics
    http::Response config() const;   // /config
    http::Response version() const;  // /version

private:
    Info& info_;
    State& state_;
    std::atomic<uint64_t> scrapes_{0};
    http::Server http_;  // last: its threads use the others
};

}  // namespace cairn::server
