#include "common/http/server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <future>
#include <thread>

#include "common/base/check.h"
#include "common/http/bounded_stream.h"
#include "common/http/task_queue.h"

namespace cairn::http {
namespace {

using log::Module;

constexpr int kBacklog = 64;  // the library's 5 is less than a few probes and scrapes at once
constexpr const char* kPlainText = "text/plain; charset=utf-8";

int waits(Duration timeout) {
    return std::max(1, int(std::chrono::ceil<std::chrono::milliseconds>(timeout).count() / BoundedStream::kSliceMs));
}

/// Not SO_REUSEPORT, the library's choice: it would let two processes share the port without a word.
void set_listen_options(socket_t socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

}  // namespace

/// The library's server, with its connections, threads and routing replaced by bounded ones.
class Server::Impl : public httplib::Server {
public:
    Impl(log::Logger& logger, Limits limits) : logger_(logger), limits_(limits) {
        CAIRN_CHECK(limits.threads >= 1 && limits.threads <= 64 && limits.waiting_max >= 1);
    }

    Result<runtime::Endpoint> start(const runtime::Endpoint& address, Routes routes) {
        CAIRN_CHECK(!accepting_.joinable());
        routes_ = std::move(routes);
        set_socket_options(set_listen_options);
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            answer(request, response);
            return HandlerResponse::Handled;
        });

        errno = 0;
        const int port = bind(address);
        if (port < 0) {
            const std::string why = errno != 0 ? std::strerror(errno) : "no such address on this machine";
            return fail("cannot listen on " + address.text() + ": " + why);
        }

        ::listen(svr_sock_, kBacklog);
        std::promise<void> accepts;
        new_task_queue = [this, &accepts] {
            auto* queue = new BoundedTaskQueue(limits_.threads, limits_.waiting_max);
            accepts.set_value();
            return queue;
        };
        accepting_ = std::thread([this] { accept(); });
        accepts.get_future().wait();  // stop() has no effect on a server that does not accept yet
        return runtime::Endpoint{address.host, uint16_t(port)};
    }

    void stop_and_join() {
        stopping_ = true;
        httplib::Server::stop();
        if (accepting_.joinable()) accepting_.join();
    }

private:
    int bind(const runtime::Endpoint& address) {
        if (address.port == 0) return bind_to_any_port(address.host);
        return bind_to_port(address.host, address.port) ? address.port : -1;
    }

    void accept() {
        sigset_t all;  // the process's signals are for main, and none shall interrupt accept()
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        listen_after_bind();
        if (!stopping_) logger_.critical(Module::http, "stopped accepting connections");
    }

    bool process_and_close_socket(socket_t socket) override {
        BoundedStream stream(
            socket, {limits_.request_bytes_max, waits(limits_.request_timeout), waits(limits_.response_timeout)},
            stopping_);
        bool served = false;
        try {
            bool closed = false;
            served = process_request(stream, /*close_connection=*/true, closed, nullptr);
        } catch (const std::exception& error) {
            logger_.warning(Module::http, "request failed", {{"error", error.what()}});
        }
        stream.drain();
        ::close(socket);  // of <unistd.h>, which httplib.h brings
        return served;
    }

    void answer(const httplib::Request& request, httplib::Response& response) const {
        // A range may be ignored (RFC 9110, 14.2). The library would repeat the body for each of hundreds of ranges.
        const_cast<httplib::Request&>(request).ranges.clear();
        const auto found = routes_.find(request.path);
        if (found == routes_.end()) {
            response.status = 404;
            response.set_content("not found\n", kPlainText);
        } else if (request.method != "GET" && request.method != "HEAD") {
            response.status = 405;
            response.set_header("Allow", "GET, HEAD");
            response.set_content("only GET and HEAD\n", kPlainText);
        } else {
            handle(*found, response);
        }
    }

    void handle(const Routes::value_type& route, httplib::Response& response) const {
        try {
            auto answered = route.second();
            response.status = answered.status;
            response.set_content(answered.body, answered.content_type);
        } catch (const std::exception& error) {
            logger_.critical(Module::http, "handler failed", {{"path", route.first}, {"error", error.what()}});
            response.status = 500;
            response.set_content("internal error\n", kPlainText);
        }
    }

    log::Logger& logger_;
    const Limits limits_;
    Routes routes_;  // unchanged once threads run
    std::atomic<bool> stopping_ = false;  // set by stop(), looked at between waits on every thread
    std::thread accepting_;
};

Server::Server(log::Logger& logger, Limits limits) : impl_(std::make_unique<Impl>(logger, limits)) {}
Server::~Server() { stop(); }

Result<runtime::Endpoint> Server::start(const runtime::Endpoint& address, Routes routes) {
    return impl_->start(address, std::move(routes));
}
void Server::stop() { impl_->stop_and_join(); }

}  // namespace cairn::http
