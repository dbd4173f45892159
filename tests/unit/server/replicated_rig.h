#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ranges>

#include "common/client/reply.h"
#include "common/client/request.h"
#include "common/log/memory_sink.h"
#include "common/wire/proto.h"
#include "node/server/passed_on.h"
#include "node/server/worker.h"
#include "tests/sim/world.h"
#include "tests/unit/server/peer.h"

namespace cairn::server {

/// Copies elsewhere, as the test says.
class Others final : public partition::Replicator {
public:
    Access may_write(PartitionId partition) const override {
        if (partition == refused) return Access::overload;
        return masters.contains(partition) ? Access::elsewhere : access;
    }
    Access may_read(PartitionId partition) const override { return may_write(partition); }
    uint64_t master(PartitionId partition) const override {
        const auto known = masters.find(partition);
        return known == masters.end() ? other_master : known->second;
    }
    void prefetch(PartitionId) const override {}
    bool wrote(partition::Partition&, const Written& written) override {
        tickets.push_back(written.ticket);
        return waits;
    }
    Access access = Access::ok;
    uint64_t other_master = 0;
    std::map<PartitionId, uint64_t> masters;  // of partitions that are elsewhere; 0: nobody
    std::optional<PartitionId> refused;
    bool waits = true;
    std::vector<uint64_t> tickets;
};

/// One connection of a worker, to a namespace with copies elsewhere.
class Replicated : public testing::Test {
protected:
    struct Passed {
        uint64_t node;
        uint64_t number;
        std::vector<uint8_t> frame;
    };
    Replicated() {
        state.namespaces[0]->replicator = &others;
        state.pass_on = [this](uint64_t node, uint64_t number, std::vector<uint8_t> frame) {
            passed.push_back({node, number, std::move(frame)});
        };
    }
    ~Replicated() override {
        others.access = Others::Access::ok;
        others.masters.clear();
        bool drained = false;
        machine.loop(0).post([&] { worker.drain([&] { drained = true; }); });
        EXPECT_TRUE(world.run_until([&] { return drained; }));
    }
    static std::shared_ptr<const NodeConfig> settings() {
        auto config = std::make_shared<NodeConfig>();
        config->namespaces.emplace_back().name = "test";
        return config;
    }
    static std::vector<uint8_t> put_frame() {
        Buffer frame;
        const client::Bin bins[] = {{"a", client::Value::integer(1)}};
        client::append_put(frame, {"test", "s", Digest{}}, bins, {.timeout_ms = 500});
        const Bytes bytes = frame.bytes();
        return {bytes.begin(), bytes.end()};
    }
    void connect() { worker.accept(std::make_unique<PeerSocket>(peer)); }
    void put() { send(put_frame()); }
    void send(Bytes frame) {
        while (!frame.empty()) {
            ASSERT_NE(peer.reader, nullptr);
            const size_t size = std::min(frame.size(), peer.into.size());
            std::memcpy(peer.into.data(), frame.data(), size);
            frame = frame.subspan(size);
            machine.loop(0).post([&, size] { std::exchange(peer.reader, nullptr)->on_read(size); });
            world.run_for(1ms);
        }
    }
    /// A query for a set that no record here has.
    client::Stream scan_unknown_set() {
        const PartitionId partitions[] = {7, 8};
        Buffer frame;
        client::append_scan(frame, {.ns = "test", .set = "elsewhere", .partitions = partitions});
        connect();
        send(frame.bytes());
        return stream_of(peer.got.bytes(), client::StreamKind::query);
    }
    static client::Stream stream_of(Bytes frames, client::StreamKind kind) {
        client::Stream stream{.kind = kind};
        while (!frames.empty()) {
            const size_t size = wire::ProtoHeader::load(frames.data()).body_size;
            EXPECT_TRUE(client::decode_stream(frames.subspan(wire::kProtoHeaderSize, size), stream));
            frames = frames.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(stream.done);
        return stream;
    }
    /// Another node passes a request on to this one.
    void pass_here(std::vector<uint8_t> frame = put_frame()) {
        worker.accept(std::make_unique<PassedOn>(machine.loop(0), std::move(frame), "B1",
                                                 [this](Bytes got) { reply.assign(got.begin(), got.end()); }),
                      /*passed_on=*/true);
    }
    void on_loop(runtime::Work work) {
        machine.loop(0).post(std::move(work));
        world.run_for(1ms);
    }
    ResultCode code() const { return code_in(peer.got.bytes()); }
    static ResultCode code_in(Bytes reply) {
        return wire::MessageHeader::load(reply.subspan(wire::kProtoHeaderSize).data()).result;
    }

    sim::World world{1};
    sim::SimMachine& machine = world.machine("node", 1);
    log::MemorySink lines;
    log::Logger logger{log::Format::text, log::Level::warning, lines};
    Others others;
    std::vector<Passed> passed;
    std::vector<uint8_t> reply;  // to what was passed here
    State state{{}, settings(), 1, logger, 0s};
    Silent info;
    Peer peer;
    Worker worker{state, info, machine.loop(0), 1};
};

}  // namespace cairn::server
