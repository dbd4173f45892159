#include "tests/sim/cluster_user.h"

#include "common/client/request.h"
#include "tests/sim/node_work.h"

namespace cairn::sim {
namespace {

constexpr Duration kTimeout = 1s;         // of each command
constexpr Duration kAnswered = 3s;        // or its connection is closed
constexpr Duration kPatience = 6s;        // of the connection, with a node that says nothing
constexpr Duration kGivesUp = 20s;        // when no node serves

}  // namespace

ClusterUser::ClusterUser(World& world, WholeCluster& cluster, runtime::Loop& loop, size_t number, size_t registers,
                         Counters& counters)
    : world_(world), cluster_(cluster), loop_(loop), number_(number), counters_(counters), registers_(registers) {
    connections_.resize(cluster.size());
    timer_ = loop_.make_timer();
}

void ClusterUser::write_each() {
    for (size_t key = 0; key < registers_.size(); ++key) todo_.push_back({Kind::write, key});
    loop_.post([this] { next(); });
}

void ClusterUser::read_each() {
    for (size_t key = 0; key < registers_.size(); ++key) todo_.push_back({Kind::read, key});
    for (size_t key = 0; key < counters_.size(); ++key) todo_.push_back({Kind::read_counter, key, true});
    loop_.post([this] { next(); });
}

void ClusterUser::work() {
    working_ = true;
    loop_.post([this] { next(); });
}

void ClusterUser::next() {
    if (busy_ || (todo_.empty() && !working_)) return;
    busy_ = true;
    if (todo_.empty()) {
        auto& dice = world_.dice();
        static constexpr Kind kKinds[] = {Kind::write, Kind::write, Kind::read,
                                          Kind::read,  Kind::add,   Kind::read_counter};
        now_.kind = kKinds[dice.below(std::size(kKinds))];
        now_.alone = false;
        const bool counts = now_.kind == Kind::add || now_.kind == Kind::read_counter;
        now_.key = dice.below(counts ? counters_.size() : registers_.size());
    } else {
        now_ = todo_.front();
        todo_.pop_front();
    }
    if (now_.kind == Kind::write) ++registers_[now_.key].asked;
    began_ = world_.now();
    attempt();
}

/// Until somebody takes it: what was refused has not happened.
void ClusterUser::attempt() {
    if (world_.now() - began_ > kGivesUp) {
        ++totals_.given_up;
        if (now_.kind == Kind::write) --registers_[now_.key].asked;
        return done();
    }
    const auto node = cluster_.master_of(digest().partition());
    if (!node) return attempt_later();
    auto& connection = connections_[*node];
    if (connection && !connection->broken()) return send(*node);
    connection.reset();
    loop_.connect(
        cluster_.endpoint(*node),
        [this, node = *node](Result<std::unique_ptr<runtime::Socket>> socket) {
            if (!socket) return attempt_later();
            connections_[node] = std::make_unique<client::Connection>(loop_, *std::move(socket), kPatience);
            send(node);
        },
        500ms);
}

void ClusterUser::attempt_later() {
    timer_->arm(5ms + world_.dice().up_to(20ms), [this] { attempt(); });
}

void ClusterUser::send(size_t node) {
    const Buffer frame = encode();
    connections_[node]->send(frame.bytes(), [this, node, asked = world_.now()](Result<client::Record> record) {
        take(node, asked, record);
    });
}

void ClusterUser::take(size_t node, Instant asked, const Result<client::Record>& record) {
    check_time(node, asked);
    const ResultCode result = record ? record->result : ResultCode::timeout;
    if (!record) connections_[node].reset();
    const bool reads = now_.kind == Kind::read || now_.kind == Kind::read_counter;
    if (result == ResultCode::unavailable || result == ResultCode::device_overload ||
        (result == ResultCode::timeout && reads)) {
        ++totals_.elsewhere;
        return attempt_later();
    }
    if (result == ResultCode::timeout) {
        in_doubt();
    } else if (result == ResultCode::ok || (result == ResultCode::not_found && reads)) {
        acknowledged(*record);
    } else {
        violate("was answered " + std::to_string(static_cast<int>(result)));
    }
    done();
}

/// Each request is answered, or its connection closed, as long as the node is there and awake.
void ClusterUser::check_time(size_t node, Instant asked) const {
    const Duration took = world_.now() - asked;
    if (took <= kAnswered || !cluster_.undisturbed_since(node, asked)) return;
    violate("waited " + std::to_string(took / 1ms) + " ms for node " + std::to_string(node));
}

void ClusterUser::acknowledged(const client::Record& record) {
    const client::Value* const bin = record.find("n");
    const int64_t value = bin == nullptr ? 0 : bin->as_integer().value_or(-1);
    switch (now_.kind) {
        case Kind::write:
            ++totals_.acknowledged;
            registers_[now_.key].acknowledged = registers_[now_.key].asked;
            break;
        case Kind::read:
            ++totals_.reads;
            check_register(value);
            break;
        case Kind::add:
            ++totals_.acknowledged;
            ++counters_[now_.key].acknowledged;
            if (value <= counted_[now_.key]) violate("gave " + std::to_string(value));
            counted_[now_.key] = value;
            break;
        case Kind::read_counter: check_counter(value); break;
    }
}

void ClusterUser::in_doubt() {
    ++totals_.in_doubt;
    if (now_.kind == Kind::add) ++counters_[now_.key].in_doubt;
}

void ClusterUser::check_register(int64_t value) {
    const auto& of = registers_[now_.key];
    if (value < of.acknowledged) {
        violate("read " + std::to_string(value) + " behind its acknowledged " + std::to_string(of.acknowledged));
    }
    if (value > of.asked) violate("read " + std::to_string(value) + ", which nobody wrote");
}

void ClusterUser::check_counter(int64_t value) {
    if (value < counted_[now_.key]) {
        violate("read " + std::to_string(value) + " after " + std::to_string(counted_[now_.key]));
    }
    const auto& sums = counters_[now_.key];
    if (!now_.alone || (value >= sums.acknowledged && value <= sums.acknowledged + sums.in_doubt)) return;
    violate("read " + std::to_string(value) + ", acknowledged are " + std::to_string(sums.acknowledged) +
            ", in doubt " + std::to_string(sums.in_doubt));
}

Digest ClusterUser::digest() const {
    const bool counts = now_.kind == Kind::add || now_.kind == Kind::read_counter;
    const uint64_t key = counts ? 1'000'000 + now_.key : number_ * 1'000 + now_.key;
    return digest_in(static_cast<PartitionId>(key * 2654435761u % kPartitionCount), key);
}

Buffer ClusterUser::encode() const {
    Buffer frame;
    const client::Target target{kNamespace, "users", digest()};
    const client::WriteOptions options{.timeout_ms = static_cast<uint32_t>(kTimeout / 1ms)};
    switch (now_.kind) {
        case Kind::write: {
            const client::Bin bins[] = {{"n", client::Value::integer(registers_[now_.key].asked)}};
            client::append_put(frame, target, bins, options);
            break;
        }
        case Kind::add: {
            const auto one = client::Value::integer(1);
            const wire::Op ops[] = {client::add_op("n", one), client::read_op("n")};
            client::append_operate(frame, target, ops, options);
            break;
        }
        default: client::append_get(frame, target);
    }
    return frame;
}

void ClusterUser::violate(const std::string& what) const {
    static constexpr const char* kNames[] = {"write of register", "read of register", "addition to counter",
                                             "read of counter"};
    cluster_.violate("user " + std::to_string(number_) + ", " + kNames[static_cast<size_t>(now_.kind)] + " " +
                     std::to_string(now_.key) + " (partition " + std::to_string(digest().partition()) + "): " + what);
}

void ClusterUser::done() {
    busy_ = false;
    timer_->arm(world_.dice().up_to(2ms), [this] { next(); });
}

}  // namespace cairn::sim
