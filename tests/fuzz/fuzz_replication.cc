// Packets between the copies of partitions: what is read can be said again and is read the same, and a node that is told
// it goes on: as master, as a copy in sync, as one that is being filled, and as one to be merged.
#include <array>
#include <vector>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "node/replication/codec.h"
#include "node/replication/partition_machine.h"
#include "tests/sim/memory_store.h"

namespace {

using namespace cairn;
using namespace cairn::replication;
using Machine = PartitionMachine;

constexpr Ballot kView{5, 9, 9};

Result<Packet> read(Bytes body) {
    const cluster::FrameHeader header{static_cast<uint32_t>(body.size()), hash64(body, hash64(as_bytes("fuzz")))};
    return decode(header, body, "fuzz");
}

void check_said_again(const Packet& packet) {
    const auto bytes = encode(packet, "fuzz");
    const auto again = read(Bytes(bytes).subspan(cluster::kFrameHeaderSize));
    CAIRN_CHECK(again.has_value() && *again == packet);
}

/// Node 1 with four partitions: it is master of the first, in sync in the second, filled in the third, merged in the last.
struct Node {
    struct Partition {
        sim::MemoryStore store;
        std::unique_ptr<Machine> machine;
    };
    std::array<Partition, 4> partitions;
    Instant now = 1s;

    Node() {
        for (PartitionId p = 0; p < partitions.size(); ++p) {
            cluster::PartitionPlan plan;
            const cluster::NodeId master = p == 0 ? 1 : 2;
            plan.cfg = {.id = {kView, 0}, .master = master, .regime = cluster::regime_of(kView)};
            if (p < 2) plan.cfg.insync.push_back({1, {1, 0}});
            plan.cfg.insync.push_back({2, {2, 0}});
            plan.targets = p == 0 ? std::vector<NodeId>{3, 1, 2} : std::vector<NodeId>{2, 1};
            if (p == 0) plan.merge = {4};
            if (p == 3) plan.merge = {1};
            Digest digest{};
            digest.bytes[0] = static_cast<uint8_t>(p);
            partitions[p].store.put(digest, {.content = {1}});
            partitions[p].machine = std::make_unique<Machine>(1, partitions[p].store);
            const std::vector<cluster::Copy> copies{{1, {1, 0}}, {2, {2, 0}}, {3, {3, 0}}, {4, {4, 0}}};
            give(p, Machine::ViewAccepted{kView, plan, plan.cfg, copies});
            give(p, Machine::ViewActive{kView});
            give(p, Machine::Put{{1, now + 1s}, digest, {.content = {2}}});
        }
    }
    void give(PartitionId p, const Machine::Event& event) {
        Machine& machine = *partitions[p].machine;
        for (const auto& effect : machine.step(event, now)) {
            if (const auto* const send = std::get_if<Machine::Send>(&effect)) {
                check_said_again({send->view, 0, {{"test", p, send->message}}});
            } else if (const auto* const wanted = std::get_if<Machine::StoreCfg>(&effect)) {
                give(p, Machine::CfgStored{wanted->number});
            } else if (std::holds_alternative<Machine::Erased>(effect)) {
                CAIRN_CHECK(machine.cfg().copy_on(1) == nullptr);
            }
        }
    }
};

}  // namespace

/// Bodies of packets, each behind its sender and its size in two bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Node node;
    Bytes left(data, size);
    while (left.size() >= 3) {
        const NodeId from = 2 + left[0] % 3;
        const size_t length = std::min<size_t>(load_le<uint16_t>(left.data() + 1), left.size() - 3);
        const std::vector<uint8_t> body(left.begin() + 3, left.begin() + 3 + static_cast<ptrdiff_t>(length));
        left = left.subspan(3 + length);
        node.now += 100ms;
        if (const auto packet = read(body)) {
            check_said_again(*packet);
            for (const Letter& letter : packet->letters) {
                if (letter.partition >= node.partitions.size()) continue;
                node.give(letter.partition, Machine::Arrived{from, packet->view, letter.message,
                                                             std::chrono::microseconds(packet->held_us)});
            }
        }
        for (PartitionId p = 0; p < node.partitions.size(); ++p) node.give(p, Machine::Tick{});
    }
    return 0;
}
