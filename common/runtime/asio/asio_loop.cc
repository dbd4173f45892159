#include "common/runtime/asio/asio_loop.h"

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <set>

#include "common/runtime/asio/descriptor.h"

namespace cairn::runtime {
namespace {

class AsioTimer final : public Timer {
public:
    explicit AsioTimer(AsioLoop& loop) : loop_(loop), timer_(loop.context()) {}

    void arm(Duration delay, Work work) override {
        // Each arming has its own ticket: a completion already queued when the timer is cancelled or re-armed finds
        // its ticket torn.
        ticket_ = std::make_shared<Work>(std::move(work));
        timer_.expires_after(delay);
        timer_.async_wait([&loop = loop_, ticket = std::weak_ptr(ticket_)](const asio::error_code& error) {
            const auto mine = ticket.lock();
            if (error || !mine) return;
            loop.clock().refresh();
            Work now = std::move(*mine);
            if (now) now();
        });
    }
    void cancel() override {
        ticket_.reset();
        timer_.cancel();
    }

private:
    AsioLoop& loop_;
    asio::steady_timer timer_;
    std::shared_ptr<Work> ticket_;
};

/// One connection attempt over every address a name has.
struct Dial {
    Dial(asio::io_context& context, Loop::Connected taken)
        : resolver(context), socket(context), limit(context), done(std::move(taken)) {}
    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket socket;
    asio::steady_timer limit;
    Loop::Connected done;  // empty once it has run
};

ResultCode code_of(const asio::error_code& error) {
    if (error == asio::error::connection_refused) return ResultCode::not_found;
    return error == asio::error::timed_out ? ResultCode::timeout : ResultCode::server_error;
}

}  // namespace

void AsioLoop::post(Work work) {
    asio::post(context_, [this, work = std::move(work)]() mutable {
        clock_.refresh();
        work();
    });
}

void AsioLoop::at_turn_end(Work work) {
    if (!sockets_.defer(work)) post(std::move(work));
}

std::unique_ptr<Timer> AsioLoop::make_timer() { return std::make_unique<AsioTimer>(*this); }

void AsioLoop::connect(const Endpoint& to, Connected done, Duration limit) {
    using asio::ip::tcp;
    auto dial = std::make_shared<Dial>(context_, std::move(done));
    const auto finish = [this, dial, text = to.text()](const asio::error_code& error) {
        if (!dial->done) return;
        clock_.refresh();
        dial->limit.cancel();
        auto told = std::exchange(dial->done, nullptr);
        if (error) return told(fail(code_of(error), "cannot connect to " + text + ": " + error.message()));
        asio::error_code failed;
        dial->socket.set_option(tcp::no_delay(true), failed);
        const auto peer = dial->socket.remote_endpoint(failed);
        Descriptor descriptor(failed ? -1 : dial->socket.release(failed));
        if (failed) return told(fail("connection to " + text + " broke: " + failed.message()));
        told(sockets_.adopt(std::move(descriptor), Endpoint{peer.address().to_string(), peer.port()}.text()));
    };
    if (limit > Duration::zero()) {
        dial->limit.expires_after(limit);
        dial->limit.async_wait([dial, finish](const asio::error_code& cancelled) {
            if (cancelled || !dial->done) return;
            finish(asio::error::timed_out);
            asio::error_code ignored;
            dial->resolver.cancel();
            dial->socket.close(ignored);
        });
    }
    asio::error_code named;
    const auto address = asio::ip::make_address(to.host, named);
    if (!named) return dial->socket.async_connect(tcp::endpoint(address, to.port), finish);  // asks no name server
    dial->resolver.async_resolve(
        to.host, std::to_string(to.port),
        [dial, finish](const asio::error_code& error, const tcp::resolver::results_type& found) {
            if (error || !dial->done) return finish(error);
            asio::async_connect(dial->socket, found,
                                [finish](const asio::error_code& failed, const tcp::endpoint&) { finish(failed); });
        });
}

void AsioLoop::resolve(const std::string& host, std::move_only_function<void(Result<std::vector<std::string>>)> done) {
    using asio::ip::tcp;
    asio::error_code named;
    const auto address = asio::ip::make_address(host, named);
    if (!named) {
        post([done = std::move(done), text = address.to_string()]() mutable { done(std::vector{std::move(text)}); });
        return;
    }
    auto resolver = std::make_shared<tcp::resolver>(context_);
    resolver->async_resolve(host, "",
                            [this, resolver, host, done = std::move(done)](
                                const asio::error_code& error, const tcp::resolver::results_type& found) mutable {
                                clock_.refresh();
                                if (error) {
                                    const bool unknown =
                                        error == asio::error::host_not_found || error == asio::error::no_data;
                                    return done(fail(unknown ? ResultCode::not_found : ResultCode::server_error,
                                                     "cannot resolve '" + host + "': " + error.message()));
                                }
                                std::set<std::string> addresses;
                                for (const auto& entry : found)
                                    addresses.insert(entry.endpoint().address().to_string());
                                done(std::vector(addresses.begin(), addresses.end()));
                            });
}

void AsioLoop::run() noexcept { context_.run(); }

}  // namespace cairn::runtime
