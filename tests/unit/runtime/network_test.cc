#include <gtest/gtest.h>

#include <array>

#include "tests/sim/echo.h"
#include "tests/unit/runtime/machine_contract.h"

namespace cairn::runtime {
namespace {

using sim::EchoClient;
using sim::EchoServer;
using State = EchoClient::State;

const Endpoint kAnyPort{"127.0.0.1", 0};

/// Notes what a socket says, and checks that it says nothing from inside the test's own call.
class Listening final : public Socket::Handler {
public:
    explicit Listening(std::function<void(size_t)> read = {}, std::function<void()> writable = {})
        : read_(std::move(read)), writable_(std::move(writable)) {}
    void on_read(size_t size) override {
        EXPECT_FALSE(calling);
        ++calls;
        if (read_) read_(size);
    }
    void on_writable() override {
        EXPECT_FALSE(calling);
        ++calls;
        if (writable_) writable_();
    }
    void read(Socket& socket, MutableBytes into) {
        calling = true;
        socket.read_some(into, *this);
        calling = false;
    }
    bool calling = false;
    int calls = 0;

private:
    std::function<void(size_t)> read_;
    std::function<void()> writable_;
};

/// Both ends of one connection; the accepted one lives on loop 0, and so does the dialed one.
class SocketContract : public MachineContract {
protected:
    void with_connection(std::function<void()> connected) {
        const auto look = [this, connected] {
            if (accepted && dialed) connected();
        };
        listener = std::move(*machine.listen(kAnyPort, [this, look](size_t index, std::unique_ptr<Socket> socket) {
            if (index != 0) return;  // the first is dealt to loop 0
            accepted = std::move(socket);
            look();
        }));
        rig->run([this, look] {
            loop.connect(listener->endpoint(), [this, look](Result<std::unique_ptr<Socket>> socket) {
                dialed = std::move(*socket);
                look();
            });
        });
    }
    /// Runs `work` when what is under way has had time to happen.
    void later(Work work) {
        timers.push_back(loop.make_timer());
        timers.back()->arm(30ms, std::move(work));
    }

    std::vector<std::unique_ptr<Timer>> timers;
    std::unique_ptr<Listener> listener;
    std::unique_ptr<Socket> accepted;
    std::unique_ptr<Socket> dialed;
    std::array<uint8_t, 4096> into;
};
CAIRN_ON_ALL_MACHINES(SocketContract);

TEST_P(SocketContract, ReadsWhatThePeerWrote) {
    std::string read;
    Listening reader;
    std::function<void(size_t)> on_read = [&](size_t size) {
        read += as_text({into.data(), size});
        if (read == "hello") return rig->finish();
        reader.read(*accepted, into);
    };
    reader = Listening(on_read);
    size_t sent = 0;
    Listening writer;
    std::function<void()> send = [&] {
        const auto taken = dialed->write(as_bytes(std::string_view("hello").substr(sent)));
        ASSERT_GE(taken, 0);
        if ((sent += static_cast<size_t>(taken)) < 5) dialed->wait_writable(writer);
    };
    writer = Listening({}, send);
    with_connection([&] {
        reader.read(*accepted, into);
        send();
    });
    EXPECT_EQ(read, "hello");
}

TEST_P(SocketContract, SaysNothingFromInsideItsOwnCall) {
    Listening reader([&](size_t) { rig->finish(); });
    with_connection([&] {
        ASSERT_EQ(dialed->write(as_bytes("x")), 1);
        later([&] { reader.read(*accepted, into); });  // the byte is there already
    });
    EXPECT_EQ(reader.calls, 1);
}

TEST_P(SocketContract, ReadsZeroWhenThePeerCloses) {
    size_t read = 99;
    Listening reader([&](size_t size) {
        read = size;
        rig->finish();
    });
    with_connection([&] {
        reader.read(*accepted, into);
        dialed.reset();
    });
    EXPECT_EQ(read, 0);
}

TEST_P(SocketContract, NeverCallsBackOnceDestroyed) {
    Listening on_accepted;
    Listening on_dialed;
    with_connection([&] {
        ASSERT_EQ(dialed->write(as_bytes("x")), 1);
        on_accepted.read(*accepted, into);
        on_dialed.read(*dialed, into);
        dialed->wait_writable(on_dialed);
        dialed.reset();
        loop.post([&] { accepted.reset(); });  // its byte may be here or on its way
        later([&] {
            on_accepted.calls = 0;  // it may have read before it was destroyed
            later([&] { rig->finish(); });
        });
    });
    EXPECT_EQ(on_dialed.calls, 0);
    EXPECT_EQ(on_accepted.calls, 0);
}

TEST_P(SocketContract, MayBeDestroyedByItsOwnCallback) {
    Listening reader([&](size_t) {
        accepted.reset();
        rig->finish();
    });
    with_connection([&] {
        reader.read(*accepted, into);
        ASSERT_EQ(dialed->write(as_bytes("x")), 1);
    });
    EXPECT_EQ(accepted, nullptr);
}

// A peer that does not read: write() takes what fits and then nothing; when the peer reads, the writer is told.
TEST_P(SocketContract, TakesNothingWhileThePeerDoesNotRead) {
    const std::vector<uint8_t> block(65536, 7);
    size_t written = 0;
    size_t read = 0;
    bool told = false;
    const auto fill = [&] {
        for (ptrdiff_t taken = 1; taken > 0; written += static_cast<size_t>(taken)) {
            taken = dialed->write(block);
            if (taken < 0) return ADD_FAILURE() << "broken";
        }
    };
    Listening writer;
    Listening reader;
    reader = Listening([&](size_t size) {
        read += size;
        if (!told) return reader.read(*accepted, into);
        rig->finish();
    });
    writer = Listening({}, [&] {
        told = true;
        EXPECT_GT(read, 0);
        EXPECT_GT(dialed->write(block), 0);
    });
    with_connection([&] {
        fill();
        later([&] {
            fill();  // the kernel grows its buffers while bytes travel
            dialed->wait_writable(writer);
            later([&] {
                EXPECT_FALSE(told);
                reader.read(*accepted, into);
            });
        });
    });
    EXPECT_TRUE(told);
    EXPECT_GT(written, 0);
}

TEST_P(SocketContract, SaysWhenAWriterWaitsOnABrokenConnection) {
    const std::vector<uint8_t> block(65536, 7);
    ptrdiff_t taken = 0;
    Listening writer({}, [&] {
        taken = dialed->write(block);
        rig->finish();
    });
    with_connection([&] {
        while (dialed->write(block) > 0) {
        }
        later([&] {
            while (dialed->write(block) > 0) {
            }
            dialed->wait_writable(writer);
            accepted.reset();  // with unread bytes: a reset
        });
    });
    EXPECT_EQ(taken, -1);
}

TEST_P(SocketContract, NamesItsPeer) {
    std::string peer;
    with_connection([&] {
        peer = dialed->peer();
        EXPECT_TRUE(accepted->peer().starts_with("127.0.0.1:"));
        EXPECT_NE(accepted->peer(), peer);
        rig->finish();
    });
    EXPECT_EQ(peer, listener->endpoint().text());
}

using ListenContract = MachineContract;
CAIRN_ON_ALL_MACHINES(ListenContract);

TEST_P(ListenContract, DealsConnectionsToAllLoopsInTurn) {
    EchoServer server(machine, kAnyPort);
    const size_t clients = 8 * machine.loop_count();
    size_t ended = 0;
    std::vector<std::unique_ptr<EchoClient>> all;
    rig->run([&] {
        for (size_t i = 0; i < clients; ++i) {
            all.push_back(std::make_unique<EchoClient>(loop, server.endpoint(),
                                                       std::string(5000, static_cast<char>('a' + i)), [&] {
                                                           if (++ended == clients) rig->finish();
                                                       }));
        }
    });
    for (const auto& client : all) EXPECT_EQ(client->state(), State::echoed) << client->error();
    for (size_t i = 0; i < machine.loop_count(); ++i) EXPECT_EQ(server.accepted(i), 8);
}

TEST_P(ListenContract, NamesTheAddressItCannotListenOn) {
    const auto accept = [](size_t, std::unique_ptr<Socket>) {};
    const auto first = machine.listen(kAnyPort, accept);
    ASSERT_TRUE(first);
    EXPECT_NE((*first)->endpoint().port, 0);

    const auto second = machine.listen((*first)->endpoint(), accept);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().detail, "cannot listen on " + (*first)->endpoint().text() + ": Address already in use");

    const auto name = machine.listen({"somewhere", 0}, accept);
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().detail, "cannot listen on 'somewhere': not an IP address");

    const auto foreign = machine.listen({"192.0.2.1", 4000}, accept);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().detail, "cannot listen on 192.0.2.1:4000: Cannot assign requested address");
}

TEST_P(ListenContract, RefusesOnceTheListenerIsDestroyed) {
    Endpoint was;
    std::unique_ptr<EchoClient> client;
    auto listener = std::move(*machine.listen(kAnyPort, [](size_t, std::unique_ptr<Socket>) { FAIL(); }));
    rig->run([&] {
        was = listener->endpoint();
        listener.reset();
        client = std::make_unique<EchoClient>(loop, was, "x", [&] { rig->finish(); });
    });
    EXPECT_EQ(client->state(), State::refused);
    EXPECT_EQ(client->error(), "cannot connect to " + was.text() + ": Connection refused");
}

TEST_P(ListenContract, TellsARefusalFromOtherFailures) {
    auto listener = std::move(*machine.listen(kAnyPort, [](size_t, std::unique_ptr<Socket>) { FAIL(); }));
    ResultCode code = ResultCode::ok;
    rig->run([&] {
        const Endpoint was = listener->endpoint();
        listener.reset();
        loop.connect(
            was,
            [&](Result<std::unique_ptr<Socket>> socket) {
                code = socket ? ResultCode::ok : socket.error().code;
                rig->finish();
            },
            10s);
    });
    EXPECT_EQ(code, ResultCode::not_found);
}

TEST_P(ListenContract, DealsToAsManyLoopsAsWanted) {
    std::vector<size_t> dealt;
    std::vector<std::unique_ptr<Socket>> sockets;
    const auto listener = std::move(*machine.listen(
        kAnyPort,
        [&](size_t index, std::unique_ptr<Socket> socket) {
            dealt.push_back(index);
            sockets.push_back(std::move(socket));
            if (dealt.size() == 4) rig->finish();
        },
        /*loops=*/1));
    rig->run([&] {
        for (int i = 0; i < 4; ++i) {
            loop.connect(listener->endpoint(),
                         [&](Result<std::unique_ptr<Socket>> socket) { sockets.push_back(std::move(*socket)); });
        }
    });
    EXPECT_EQ(dealt, std::vector<size_t>(4, 0));
}

TEST_P(ListenContract, ResolvesAnAddressToItself) {
    std::vector<std::string> found;
    rig->run([&] {
        loop.resolve("127.0.0.1", [&](Result<std::vector<std::string>> addresses) {
            found = *addresses;
            rig->finish();
        });
    });
    EXPECT_EQ(found, std::vector<std::string>{"127.0.0.1"});
}

TEST_P(ListenContract, SaysThatANameIsNotKnown) {
    std::string detail;
    rig->run([&] {
        loop.resolve("no-such-name.invalid", [&](Result<std::vector<std::string>> addresses) {
            detail = addresses ? "known" : addresses.error().detail;
            rig->finish();
        });
    });
    EXPECT_TRUE(detail.starts_with("cannot resolve 'no-such-name.invalid': ")) << detail;
}

// The machine may stop at any moment: what waits in its queues is destroyed with it, sockets too.
TEST_P(ListenContract, MayStopInTheMiddleOfEverything) {
    EchoServer server(machine, kAnyPort);
    std::vector<std::unique_ptr<EchoClient>> all;
    rig->run([&] {
        for (int i = 0; i < 20; ++i) {
            all.push_back(std::make_unique<EchoClient>(loop, server.endpoint(), std::string(100'000, 'x'), [] {}));
        }
        machine.loop(machine.loop_count() - 1).post([&] { rig->finish(); });
    });
    SUCCEED();
}

}  // namespace
}  // namespace cairn::runtime
