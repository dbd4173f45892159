#include "tests/fuzz/rig.h"

#include "node/config/load.h"

namespace cairn::fuzz {
namespace {

constexpr Duration kPatience = 30s;  // virtual; a scan may ask to be slow
constexpr uint32_t kInputsPerRig = 100;

std::shared_ptr<const NodeConfig> settings() {
    auto config = config::default_config();
    config.service.node_id = "A1";
    config.service.worker_threads = 1;
    config.namespaces.resize(1);
    config.namespaces[0].storage_engine.data_size_bytes = 64 << 20;
    config.namespaces.push_back(config.namespaces[0]);
    config.namespaces[0].name = "test";
    config.namespaces[0].nsup_period_s = 120;
    config.namespaces[1].name = "bar";
    config.namespaces[1].nsup_period_s = 0;
    return std::make_shared<const NodeConfig>(std::move(config));
}

}  // namespace

class Rig::Client final : runtime::Socket::Handler {
public:
    Client(sim::World& world, runtime::Loop& loop, Bytes stream, Buffer& replies)
        : world_(world), stream_(stream), replies_(replies) {
        loop.connect({"node", 3000}, [this](Result<std::unique_ptr<runtime::Socket>> socket) {
            CAIRN_CHECK(socket.has_value());
            socket_ = *std::move(socket);
            read();
            send();
        });
    }

    bool ended() const { return ended_; }

private:
    void on_read(size_t size) override {
        if (size == 0) {
            ended_ = true;
            return;
        }
        replies_.commit(size);
        read();
    }
    void on_writable() override { send(); }

    void read() { socket_->read_some({replies_.prepare(4096), 4096}, *this); }

    void send() {
        const ptrdiff_t taken = socket_->write(stream_);
        if (taken < 0) return;  // the read tells
        stream_ = stream_.subspan(static_cast<size_t>(taken));
        if (stream_.empty()) return world_.network().half_close(*socket_);
        socket_->wait_writable(*this);
    }

    sim::World& world_;
    Bytes stream_;
    Buffer& replies_;
    std::unique_ptr<runtime::Socket> socket_;
    bool ended_ = false;
};

Rig::Rig() {
    world_.network().shape().delay_max = 1us;
    node_ = std::make_unique<Node>(node_on_, settings(), logger_);
    CAIRN_CHECK(node_->start().has_value());
}

Rig::~Rig() {
    node_on_.crash();
    node_.reset();
}

const Buffer& Rig::exchange(Bytes stream, Link link) {
    replies_.clear();
    auto& shape = world_.network().shape();
    shape.piece_max = link.piece_max;
    shape.window_bytes = link.window_bytes;
    Client client(world_, client_on_.loop(0), stream, replies_);
    world_.run_until([&] { return client.ended(); }, kPatience);
    return replies_;
}

Rig& shared_rig() {
    static std::unique_ptr<Rig> rig;
    static uint32_t inputs = 0;
    if (!rig || ++inputs % kInputsPerRig == 0) {
        rig.reset();
        rig = std::make_unique<Rig>();
    }
    return *rig;
}

}  // namespace cairn::fuzz
