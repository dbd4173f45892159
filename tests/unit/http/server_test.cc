#include "common/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>
#include <stdexcept>
#include <thread>

#include "common/log/memory_sink.h"

namespace cairn::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const runtime::Endpoint kAnyPort{"127.0.0.1", 0};

struct Fixture : testing::Test {
    log::MemorySink lines;
    log::Logger logger{log::Format::text, log::Level::info, lines};

    uint16_t start(Server& server, Routes routes) {
        const auto at = server.start(kAnyPort, std::move(routes));
        EXPECT_TRUE(at) << at.error().detail;
        return at->port;
    }
};

using HttpServer = Fixture;

/// A connection of bytes, for what no HTTP client would send.
class RawClient {
public:
    explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the server does not listen any more.
    bool send(std::string_view text) { return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) > 0; }
    /// Until the server closes.
    std::string read_all() {
        std::string all;
        char buffer[4096];
        ssize_t got = 0;
        while ((got = ::recv(socket_, buffer, sizeof(buffer), 0)) > 0) all.append(buffer, size_t(got));
        return all;
    }

private:
    const int socket_;
};

TEST_F(HttpServer, AnswersItsRoutes) {
    Server server(logger);
    const auto port = start(server, {{"/healthz", [] { return Response{.body = "ok\n"}; }},
                                     {"/config", [] { return Response{200, "application/json", "{}"}; }},
                                     {"/readyz", [] { return Response{.status = 503, .body = "starting\n"}; }}});
    httplib::Client client("127.0.0.1", port);
    const auto health = client.Get("/healthz");
    ASSERT_TRUE(health);
    EXPECT_EQ(health->status, 200);
    EXPECT_EQ(health->body, "ok\n");
    EXPECT_EQ(client.Get("/config")->get_header_value("Content-Type"), "application/json");
    EXPECT_EQ(client.Get("/readyz")->status, 503);
    EXPECT_EQ(client.Get("/healthz/x")->status, 404);
    EXPECT_EQ(client.Get("/healthz?verbose=1")->status, 200);
}

TEST_F(HttpServer, AnswersHeadWithoutBody) {
    Server server(logger);
    const auto port = start(server, {{"/healthz", [] { return Response{.body = "ok\n"}; }}});
    httplib::Client client("127.0.0.1", port);
    const auto head = client.Head("/healthz");
    EXPECT_EQ(head->status, 200);
    EXPECT_EQ(head->get_header_value("Content-Length"), "3");
}

TEST_F(HttpServer, RefusesOtherMethods) {
    Server server(logger);
    const auto port = start(server, {{"/config", [] { return Response{}; }}});
    httplib::Client client("127.0.0.1", port);
    const auto refused = client.Post("/config", std::string(100, 'x'), "text/plain");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 405);
    EXPECT_EQ(refused->get_header_value("Allow"), "GET, HEAD");
}

TEST_F(HttpServer, IgnoresRanges) {
    Server server(logger);
    const auto port = start(server, {{"/metrics", [] { return Response{.body = std::string(1000, 'x')}; }}});
    httplib::Client client("127.0.0.1", port);
    std::string ranges = "bytes=0-999";
    for (int i = 0; i < 500; ++i) ranges += ",0-999";
    const auto answer = client.Get("/metrics", {{"Range", ranges}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body.size(), 1000);
}

TEST_F(HttpServer, TurnsAnExceptionIntoStatus500) {
    Server server(logger);
    const auto port = start(server, {{"/metrics", []() -> Response { throw std::runtime_error("no room"); }}});
    httplib::Client client("127.0.0.1", port);
    EXPECT_EQ(client.Get("/metrics")->status, 500);
    EXPECT_THAT(lines.lines(), ElementsAre(HasSubstr("CRITICAL http: handler failed path=/metrics error=\"no room\"")));
}

TEST_F(HttpServer, SendsLargeAnswersWhole) {
    Server server(logger);
    const std::string body(8 << 20, 'x');
    const auto port = start(server, {{"/metrics", [&] { return Response{.body = body}; }}});
    httplib::Client client("127.0.0.1", port);
    EXPECT_EQ(client.Get("/metrics")->body, body);
}

TEST_F(HttpServer, NamesAnAddressInUse) {
    Server first(logger);
    const auto port = start(first, {});
    Server second(logger);
    const auto failed = second.start({"127.0.0.1", port}, {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().detail, "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

TEST_F(HttpServer, NamesAnAddressThatIsNotHere) {
    Server server(logger);
    const auto failed = server.start({"192.0.2.1", 0}, {});  // TEST-NET-1: nobody's
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().detail, StartsWith("cannot listen on 192.0.2.1:0: "));
}

TEST_F(HttpServer, DropsARequestThatNeverEnds) {
    Server server(logger);
    const auto port = start(server, {{"/healthz", [] { return Response{}; }}});
    for (const std::string_view flood : {"GET /", "GET /healthz HTTP/1.1\r\nX: ", "GET /healthz HTTP/1.1\r\n"}) {
        RawClient client(port);
        EXPECT_TRUE(client.send(flood));
        const std::string more = flood.ends_with('\n') ? "A: b\r\n" : "xxxxxx";
        size_t sent = 0;
        while (client.send(more) && sent < (64 << 20)) sent += more.size();
        EXPECT_LT(sent, 64 << 20) << flood;
    }
}

TEST_F(HttpServer, TakesRequestsUpToItsLimit) {
    Server server(logger, {.request_bytes_max = 4000});
    const auto port = start(server, {{"/healthz", [] { return Response{}; }}});
    const auto answer_to = [port](int header_lines) {
        std::string request = "GET /healthz HTTP/1.1\r\n";
        for (int i = 0; i < header_lines; ++i) request += "A: " + std::string(95, 'x') + "\r\n";
        RawClient client(port);
        client.send(request + "\r\n");
        return client.read_all();
    };
    EXPECT_THAT(answer_to(30), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer_to(50), Not(StartsWith("HTTP/1.1 200")));
}

TEST_F(HttpServer, SurvivesWhatIsNotHttp) {
    Server server(logger, {.request_timeout = 100ms});
    const auto port = start(server, {{"/healthz", [] { return Response{}; }}});
    for (const std::string_view text :
         {"\x02\x01\x00\x00\x00\x00\x00\x00\r\n", "GET\r\n\r\n", "\r\n\r\n", "GET /%zz%00 HTTP/9.9\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nRange: bytes=99999999999999999999-\r\n\r\n",
          "GET /healthz HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: -1\r\n\r\n"}) {
        RawClient client(port);
        EXPECT_TRUE(client.send(text));
        client.read_all();
    }
    httplib::Client client("127.0.0.1", port);
    EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST_F(HttpServer, ClosesASilentConnection) {
    Server server(logger, {.request_timeout = 100ms});
    const auto port = start(server, {});
    RawClient client(port);
    EXPECT_EQ(client.read_all(), "");  // returns because the server closed
}

TEST_F(HttpServer, ServesOthersBesideSilentConnections) {
    Server server(logger, {.threads = 2, .waiting_max = 1, .request_timeout = 50ms});
    const auto port = start(server, {{"/healthz", [] { return Response{}; }}});
    std::vector<std::unique_ptr<RawClient>> silent;
    for (int i = 0; i < 10; ++i) silent.push_back(std::make_unique<RawClient>(port));
    httplib::Client client("127.0.0.1", port);
    EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST_F(HttpServer, StopsWithConnectionsOpen) {
    Server server(logger, {.request_timeout = 3600s});
    const auto port = start(server, {});
    std::vector<std::unique_ptr<RawClient>> silent;
    for (int i = 0; i < 30; ++i) silent.push_back(std::make_unique<RawClient>(port));
    server.stop();  // returns, although these would be waited for an hour
    for (auto& each : silent) each->read_all();
}

TEST_F(HttpServer, IsGoneAfterStop) {
    Server server(logger);
    const auto port = start(server, {});
    server.stop();
    server.stop();
    httplib::Client client("127.0.0.1", port);
    EXPECT_FALSE(client.Get("/healthz"));
    Server next(logger);
    EXPECT_TRUE(next.start({"127.0.0.1", port}, {}));
    EXPECT_THAT(lines.lines(), ElementsAre());
}

TEST_F(HttpServer, ServesSeveralAtATime) {
    Server server(logger, {.threads = 2});
    std::latch both(2);
    const auto port = start(server, {{"/wait", [&] {
                                          both.arrive_and_wait();  // returns only with two requests inside
                                          return Response{};
                                      }}});
    std::thread other([&] { EXPECT_EQ(httplib::Client("127.0.0.1", port).Get("/wait")->status, 200); });
    EXPECT_EQ(httplib::Client("127.0.0.1", port).Get("/wait")->status, 200);
    other.join();
}

}  // namespace
}  // namespace cairn::http
