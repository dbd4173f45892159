#pragma once
#include <cstdint>
#include <gtest/gtest.h>
#include <string>

#include "common/base/buffer.h"
#include "common/runtime/network.h"
#include "node/server/info_handler.h"

namespace cairn::server {

/// A client that the test plays: what it sends, and how much of the replies its side takes.
struct Peer {
    MutableBytes into;
    runtime::Socket::Handler* reader = nullptr;
    runtime::Socket::Handler* writer = nullptr;
    size_t takes = SIZE_MAX;  // bytes from now on
    Buffer got;
};

class PeerSocket final : public runtime::Socket {
public:
    explicit PeerSocket(Peer& peer) : peer_(peer) {}
    void read_some(MutableBytes into, Handler& handler) override {
        EXPECT_EQ(peer_.reader, nullptr) << "one read at a time";
        peer_.into = into;
        peer_.reader = &handler;
    }
    ptrdiff_t write(Bytes bytes) override {
        const size_t size = std::min(bytes.size(), peer_.takes);
        peer_.takes -= size;
        peer_.got.append(bytes.first(size));
        return static_cast<ptrdiff_t>(size);
    }
    void wait_writable(Handler& handler) override { peer_.writer = &handler; }
    const std::string& peer() const override { return name_; }

private:
    Peer& peer_;
    const std::string name_ = "10.0.0.9:51234";
};

class Silent final : public InfoHandler {
public:
    void answer(std::string_view, InfoSession&, std::string&) override {}
};

}  // namespace cairn::server
