// Frames with right checksums and any content, to a node's heartbeat port and from an address that it dials: what is read
// can be said again and is read the same, and the node goes on.
#include <memory>
#include <vector>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "node/cluster/codec.h"
#include "node/fabric/fabric.h"
#include "tests/sim/world.h"

namespace {

using namespace cairn;
using namespace cairn::fabric;

constexpr const char* kCluster = "fuzz";
constexpr uint16_t kPort = 3002;
constexpr uint32_t kInputsPerRig = 50;

class NoSink final : public log::Sink {
public:
    void write(std::string_view) override {}
};

/// The magic and version of a kind of frame, then what stands before any body: its size, zeros, its check.
std::vector<uint8_t> framed(bool of_cluster, Bytes body) {
    auto bytes = of_cluster ? cluster::encode(cluster::Pulse{}, kCluster) : encode(LinkMessage(Echo{}));
    bytes.resize(kLinkHeaderSize);
    store_le<uint32_t>(bytes.data() + 8, static_cast<uint32_t>(body.size()));
    store_le<uint32_t>(bytes.data() + 12, 0);
    store_le<uint64_t>(bytes.data() + 16, of_cluster ? hash64(body, hash64(as_bytes(kCluster))) : hash64(body));
    if (!of_cluster) {
        const auto start = parse_start(bytes);
        CAIRN_CHECK(start.has_value() && start->kind == FrameStart::Kind::link);
        if (const auto message = decode(*start, body)) {
            const auto said = encode(*message);
            const auto again =
                decode(*parse_start(Bytes(said).first(kLinkHeaderSize)), Bytes(said).subspan(kLinkHeaderSize));
            CAIRN_CHECK(again.has_value() && *again == *message);
        }
    }
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

/// Says what it has, and reads until the other end closes.
class Speaker final : runtime::Socket::Handler {
public:
    Speaker(std::unique_ptr<runtime::Socket> socket, std::vector<uint8_t> bytes)
        : bytes_(std::move(bytes)), socket_(std::move(socket)) {
        socket_->read_some(into_, *this);
        on_writable();
    }
    bool closed() const { return closed_; }

private:
    void on_read(size_t size) override {
        closed_ = size == 0;
        if (!closed_) socket_->read_some(into_, *this);
    }
    void on_writable() override {
        while (sent_ < bytes_.size()) {
            const ptrdiff_t taken = socket_->write(Bytes(bytes_).subspan(sent_));
            if (taken < 0) return;
            if (taken == 0) return socket_->wait_writable(*this);
            sent_ += static_cast<size_t>(taken);
        }
    }
    const std::vector<uint8_t> bytes_;
    size_t sent_ = 0;
    bool closed_ = false;
    std::vector<uint8_t> into_ = std::vector<uint8_t>(4096);
    std::unique_ptr<runtime::Socket> socket_;
};

/// A node that looks for others on the machine of who writes the input. What one input made of it is there for the next.
class Rig {
public:
    Rig() {
        auto& shape = world_.network().shape();
        shape.delay_max = 1us;
        shape.piece_max = 4096;
        shape.window_bytes = 64 << 10;
        listener_ = *other_.listen({"0.0.0.0", kPort}, [this](size_t, std::unique_ptr<runtime::Socket> socket) {
            speakers_.push_back(std::make_unique<Speaker>(std::move(socket), answer_));
        });
        FabricSettings settings;
        settings.cluster_name = kCluster;
        settings.node_id = 1;
        settings.listen = {{"0.0.0.0", kPort}};
        settings.seeds = {{other_.address(), kPort}};
        settings.state_path = "/state";
        settings.addresses_path = "/addresses";
        auto& said = settings.report.namespaces["test"];
        said.data = {7, 7};
        said.partitions.resize(4);
        Fabric::Callbacks told;
        told.duplicate = [this](const std::string&) { ended_ = true; };
        fabric_ = std::make_unique<Fabric>(machine_, settings, logger_, std::move(told));
        CAIRN_CHECK(fabric_->start().has_value());
    }
    ~Rig() {
        machine_.kill();
        fabric_.reset();
    }

    /// @param to_port  what is said to the node's port; `answer` what to each connection that it makes.
    void exchange(std::vector<uint8_t> to_port, std::vector<uint8_t> answer) {
        answer_ = std::move(answer);
        other_.loop(0).connect({machine_.address(), kPort}, [this, bytes = std::move(to_port)](auto socket) {
            CAIRN_CHECK(socket.has_value());
            speakers_.push_back(std::make_unique<Speaker>(*std::move(socket), bytes));
        });
        world_.run_for(500ms);
        speakers_.clear();
        world_.run_for(20ms);
    }
    /// The process has found another with its id, and is over.
    bool ended() const { return ended_; }

private:
    sim::World world_{1};
    NoSink sink_;
    log::Logger logger_{log::Format::text, log::Level::info, sink_};
    sim::SimMachine& machine_ = world_.machine("node", 1);
    sim::SimMachine& other_ = world_.machine("other", 1);
    std::unique_ptr<runtime::Listener> listener_;
    std::vector<std::unique_ptr<Speaker>> speakers_;
    std::vector<uint8_t> answer_;
    std::unique_ptr<Fabric> fabric_;
    bool ended_ = false;
};

}  // namespace

/// Bodies of frames, each behind a byte (1: of the cluster; 2: to a connection that the node made) and its size in two.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static std::unique_ptr<Rig> rig;
    static uint32_t inputs = 0;
    if (!rig || rig->ended() || ++inputs % kInputsPerRig == 0) {
        rig.reset();
        rig = std::make_unique<Rig>();
    }
    std::vector<uint8_t> streams[2];
    for (Bytes left(data, size); left.size() >= 3;) {
        const size_t length = std::min<size_t>(load_le<uint16_t>(left.data() + 1), left.size() - 3);
        const std::vector<uint8_t> body(left.begin() + 3, left.begin() + 3 + static_cast<ptrdiff_t>(length));
        const auto frame = framed((left[0] & 1) != 0, body);
        auto& stream = streams[left[0] >> 1 & 1];
        stream.insert(stream.end(), frame.begin(), frame.end());
        left = left.subspan(3 + length);
    }
    rig->exchange(std::move(streams[0]), std::move(streams[1]));
    return 0;
}
