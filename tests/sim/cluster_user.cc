#include "tests/sim/cluster_user.h"

#include <algorithm>

#include "common/client/request.h"
#include "tests/sim/node_work.h"

namespace cairn::sim {
namespace {

constexpr Duration kTimeout = 1s;   // of each command
constexpr Duration kAnswered = 3s;  // or its connection is closed
constexpr Duration kPatience = 6s;  // of the connection, with a node that says nothing
constexpr Duration kGivesUp = 20s;  // when no node serves
constexpr size_t kWordsMax = 1500;  // of a set

constexpr uint64_t kCounters = 1'000'000;
constexpr uint64_t kSets = 2'000'000;

std::optional<int64_t> number_in(const client::Record& record) {
    const client::Value* const bin = record.find("n");
    return bin == nullptr ? std::nullopt : bin->as_integer();
}

bool refused(ResultCode result) { return result == ResultCode::unavailable || result == ResultCode::device_overload; }

}  // namespace

ClusterUser::ClusterUser(World& world, WholeCluster& cluster, runtime::Loop& loop, size_t number, SharedRecords& shared)
    : world_(world),
      cluster_(cluster),
      shape_(cluster.shape()),
      loop_(loop),
      number_(number),
      shared_(shared),
      own_(shape_.records) {
    connections_.resize(cluster.size());
    timer_ = loop_.make_timer();
}

void ClusterUser::write_each() {
    for (size_t key = 0; key < own_.size(); ++key) todo_.push_back({Kind::write, key});
    loop_.post([this] { next(); });
}

void ClusterUser::read_each() {
    for (size_t key = 0; key < own_.size(); ++key) todo_.push_back({Kind::read, key});
    for (size_t key = 0; key < shared_.counters.size(); ++key) todo_.push_back({Kind::read_counter, key, true});
    for (size_t key = 0; key < shared_.sets.size(); ++key) todo_.push_back({Kind::read_set, key, true});
    for (size_t node = 0; node < cluster_.size(); ++node) todo_.push_back({Kind::scan, node, true});
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
        now_ = draw();
    } else {
        now_ = std::move(todo_.front());
        todo_.pop_front();
    }
    began_ = world_.now();
    begin();
    attempt();
}

ClusterUser::Operation ClusterUser::draw() {
    auto& dice = world_.dice();
    static constexpr Kind kKinds[] = {
        Kind::write, Kind::write,        Kind::write,  Kind::remove,   Kind::read,        Kind::read,       Kind::add,
        Kind::add,   Kind::read_counter, Kind::append, Kind::read_set, Kind::write_batch, Kind::read_batch, Kind::scan};
    Operation operation{kKinds[dice.below(std::size(kKinds))]};
    if (operation.kind == Kind::remove && !shape_.removes) operation.kind = Kind::write;
    if (operation.kind == Kind::scan && !dice.once_in(4)) operation.kind = Kind::read;
    size_t count = own_.size();
    if (operation.kind == Kind::add || operation.kind == Kind::read_counter) count = shared_.counters.size();
    if (operation.kind == Kind::append || operation.kind == Kind::read_set) count = shared_.sets.size();
    operation.key = operation.kind == Kind::scan ? 0 : dice.below(count);
    if (operation.kind == Kind::append && shared_.sets[operation.key].size() >= kWordsMax) {
        operation.kind = Kind::read_set;
    }
    if (operation.kind == Kind::write_batch || operation.kind == Kind::read_batch) {
        for (size_t key = 0; key < own_.size() && operation.keys.size() < 8; ++key) {
            if (dice.once_in(3)) operation.keys.push_back(key);
        }
        if (operation.keys.empty()) operation.keys.push_back(operation.key);
        operation.key = operation.keys[0];
    }
    return operation;
}

/// What it asks for is known from now on.
void ClusterUser::begin() {
    switch (now_.kind) {
        case Kind::write:
        case Kind::remove: own_[now_.key].begin(now_.kind == Kind::remove); break;
        case Kind::write_batch:
            for (const size_t key : now_.keys) own_[key].begin(/*removes=*/false);
            break;
        case Kind::append: now_.word = shared_.sets[now_.key].make_word(number_); break;
        default: break;
    }
}

/// Until somebody takes it: what was refused has not happened.
void ClusterUser::attempt() {
    if (world_.now() - began_ > kGivesUp) return give_up();
    const auto node = choose_node();
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

void ClusterUser::give_up() {
    ++totals_.given_up;
    switch (now_.kind) {
        case Kind::write:
        case Kind::remove: own_[now_.key].refused(); break;
        case Kind::write_batch:
            for (const size_t key : now_.keys) own_[key].refused();
            break;
        case Kind::append: shared_.sets[now_.key].refused(now_.word); break;
        default: break;
    }
    done();
}

void ClusterUser::attempt_later() {
    timer_->arm(5ms + world_.dice().up_to(20ms), [this] { attempt(); });
}

/// Whoever is master; now and then another one, which passes the request on.
std::optional<size_t> ClusterUser::choose_node() {
    const bool batch = now_.kind == Kind::write_batch || now_.kind == Kind::read_batch;
    if (now_.kind == Kind::scan) return now_.alone ? std::optional(now_.key) : cluster_.any_steady_node();
    if (!batch && world_.dice().once_in(10)) {
        if (const auto steady = cluster_.any_steady_node()) return steady;
    }
    return cluster_.master_of(digest().partition());
}

void ClusterUser::send(size_t node) {
    node_ = node;
    if (now_.kind == Kind::read_set) now_.words = shared_.sets[now_.key].acknowledged_count();
    switch (now_.kind) {
        case Kind::write_batch:
        case Kind::read_batch: return send_stream(node, client::StreamKind::batch);
        case Kind::scan:
            scanned_.clear();
            for (size_t p = 0; p < cluster_.partitions(); ++p) {
                const auto partition = static_cast<PartitionId>(p);
                if (cluster_.master_of(partition) == node) scanned_.push_back(partition);
            }
            return scanned_.empty() ? done() : send_stream(node, client::StreamKind::query);
        default: return send_single(node);
    }
}

void ClusterUser::send_single(size_t node) {
    const Buffer frame = encode();
    connections_[node]->send(frame.bytes(), [this, node, asked = world_.now()](Result<client::Record> record) {
        take(node, asked, record);
    });
}

void ClusterUser::send_stream(size_t node, client::StreamKind kind) {
    const bool scans = kind == client::StreamKind::query;
    const Buffer frame = scans ? encode_scan(node) : encode_batch();
    connections_[node]->send_stream(frame.bytes(), kind,
                                    [this, node, scans, asked = world_.now()](Result<client::Stream> reply) {
                                        scans ? take_scan(node, asked, reply) : take_batch(node, asked, reply);
                                    });
}

bool ClusterUser::reads() const {
    return now_.kind == Kind::read || now_.kind == Kind::read_counter || now_.kind == Kind::read_set;
}

void ClusterUser::take(size_t node, Instant asked, const Result<client::Record>& record) {
    check_time(node, asked);
    const ResultCode result = record ? record->result : ResultCode::timeout;
    if (!record) connections_[node].reset();
    if (refused(result) || (result == ResultCode::timeout && reads())) {
        ++totals_.elsewhere;
        return attempt_later();
    }
    const bool absent = result == ResultCode::not_found && (reads() || now_.kind == Kind::remove);
    if (result == ResultCode::timeout) {
        in_doubt();
    } else if (result == ResultCode::ok || absent) {
        acknowledged(*record);
    } else {
        violate("was answered " + std::to_string(static_cast<int>(result)));
    }
    done();
}

/// Rows come to different ends; those that were refused are not tried again.
void ClusterUser::take_batch(size_t node, Instant asked, const Result<client::Stream>& reply) {
    check_time(node, asked);
    if (!reply) connections_[node].reset();
    const bool writes = now_.kind == Kind::write_batch;
    const auto row_of = [&](size_t row) -> const client::Record* {
        if (!reply) return nullptr;
        const auto found = std::ranges::find(reply->records, row, &client::Record::row);
        return found == reply->records.end() ? nullptr : &*found;
    };
    for (size_t i = 0; i < now_.keys.size(); ++i) {
        const size_t key = now_.keys[i];
        const client::Record* const row = row_of(i);
        const ResultCode result = row == nullptr ? ResultCode::timeout : row->result;
        if (result == ResultCode::ok || (result == ResultCode::not_found && !writes)) {
            if (writes) own_[key].acknowledged();
            else check_own(key, *row);
            ++(writes ? totals_.acknowledged : totals_.reads);
        } else if (refused(result)) {
            ++totals_.elsewhere;
            if (writes) own_[key].refused();
        } else if (result == ResultCode::timeout) {
            totals_.in_doubt += writes;
        } else {
            violate("a row was answered " + std::to_string(static_cast<int>(result)));
        }
    }
    done();
}

/// In a partition that was answered for, each of its own records is found as often as it is there.
void ClusterUser::take_scan(size_t node, Instant asked, const Result<client::Stream>& reply) {
    check_time(node, asked);
    if (!reply) connections_[node].reset();
    if (!reply || reply->result != ResultCode::ok) return done();
    std::vector<bool> answered(cluster_.partitions());
    for (const PartitionId partition : scanned_) answered[partition] = true;
    for (const auto& failed : reply->failed_partitions) answered[failed.id] = false;
    for (size_t key = 0; key < own_.size(); ++key) {
        const Digest digest = own(key);
        if (!answered[digest.partition()]) continue;
        client::Record found;
        for (const auto& record : reply->records) {
            if (record.digest != digest) continue;
            if (found.digest == digest) violate("record " + std::to_string(key) + " came twice");
            found = record;
        }
        check_own(key, found);
    }
    ++totals_.scans;
    done();
}

/// Each request is answered, or its connection closed, as long as the node is there and awake.
void ClusterUser::check_time(size_t node, Instant asked) const {
    const Duration took = world_.now() - asked;
    if (took <= kAnswered || !cluster_.undisturbed_since(node, asked)) return;
    violate("waited " + std::to_string(took / 1ms) + " ms for node " + std::to_string(node));
}

void ClusterUser::acknowledged(const client::Record& record) {
    ++(reads() ? totals_.reads : totals_.acknowledged);
    const int64_t value = number_in(record).value_or(0);
    const bool lossy = this->lossy();
    switch (now_.kind) {
        case Kind::write:
        case Kind::remove: own_[now_.key].acknowledged(); break;
        case Kind::read: check_own(now_.key, record); break;
        case Kind::add:
            shared_.counters[now_.key].acknowledged();
            if (!lossy && value <= counted_[now_.key]) violate("gave " + std::to_string(value));
            counted_[now_.key] = value;
            break;
        case Kind::read_counter:
            if (!lossy && value < counted_[now_.key]) violate("read " + std::to_string(value) + ", less than before");
            if (now_.alone) check(shared_.counters[now_.key].check(value, lossy));
            break;
        case Kind::append: shared_.sets[now_.key].acknowledged(now_.word); break;
        case Kind::read_set: {
            const client::Value* const text = record.find("s");
            check(shared_.sets[now_.key].check(text == nullptr ? "" : text->bytes, now_.words, lossy));
            break;
        }
        default: break;
    }
}

void ClusterUser::in_doubt() {
    ++totals_.in_doubt;
    if (now_.kind == Kind::add) shared_.counters[now_.key].in_doubt();
}

void ClusterUser::check_own(size_t key, const client::Record& record) {
    const auto wrong = own_[key].check(number_in(record), lossy());
    if (wrong) violate("record " + std::to_string(key) + ": " + *wrong);
}

void ClusterUser::check(const std::optional<std::string>& wrong) const {
    if (wrong) violate(*wrong);
}

Digest ClusterUser::own(size_t key) const {
    const uint64_t number = number_ * 1'000 + key;
    return digest_in(static_cast<PartitionId>(number * 2654435761u % cluster_.partitions()), number);
}

Digest ClusterUser::digest() const {
    const bool counts = now_.kind == Kind::add || now_.kind == Kind::read_counter;
    const bool gathers = now_.kind == Kind::append || now_.kind == Kind::read_set;
    if (!counts && !gathers) return own(now_.key);
    const uint64_t number = (counts ? kCounters : kSets) + now_.key;
    return digest_in(static_cast<PartitionId>(number * 2654435761u % cluster_.partitions()), number);
}

Buffer ClusterUser::encode() {
    Buffer frame;
    const client::Target target{kNamespace, "users", digest()};
    const client::WriteOptions options{.timeout_ms = static_cast<uint32_t>(kTimeout / 1ms),
                                       .durable_delete = now_.kind == Kind::remove && shape_.durably};
    switch (now_.kind) {
        case Kind::write: {
            const client::Bin bins[] = {{"n", client::Value::integer(own_[now_.key].asked())}};
            client::append_put(frame, target, bins, options);
            break;
        }
        case Kind::remove: client::append_delete(frame, target, options); break;
        case Kind::add: {
            const auto one = client::Value::integer(1);
            const wire::Op ops[] = {client::add_op("n", one), client::read_op("n")};
            client::append_operate(frame, target, ops, options);
            break;
        }
        case Kind::append: {
            const auto word = client::Value::text(now_.word);
            const wire::Op ops[] = {client::append_op("s", word)};
            client::append_operate(frame, target, ops, options);
            break;
        }
        default: client::append_get(frame, target);
    }
    return frame;
}

Buffer ClusterUser::encode_batch() {
    Buffer frame;
    std::vector<client::Value> values;
    std::vector<wire::Op> ops;
    std::vector<client::BatchRow> rows;
    values.reserve(now_.keys.size());
    ops.reserve(now_.keys.size());
    for (const size_t key : now_.keys) {
        client::BatchRow row{.digest = own(key)};
        if (now_.kind == Kind::write_batch) {
            values.push_back(client::Value::integer(own_[key].asked()));
            ops.push_back(client::write_op("n", values.back()));
            row.kind = client::BatchRow::Kind::write;
            row.ops = {&ops.back(), 1};
        }
        rows.push_back(row);
    }
    client::append_batch(frame, kNamespace, "users", rows, static_cast<uint32_t>(kTimeout / 1ms));
    return frame;
}

Buffer ClusterUser::encode_scan(size_t) {
    Buffer frame;
    client::append_scan(frame, {.ns = kNamespace, .set = "users", .partitions = scanned_});
    return frame;
}

void ClusterUser::violate(const std::string& what) const {
    static constexpr const char* kNames[] = {
        "write of record", "removal of record", "read of record",       "addition to counter", "read of counter",
        "append to set",   "read of set",       "batch of writes from", "batch of reads from", "scan"};
    cluster_.violate("user " + std::to_string(number_) + ", " + kNames[static_cast<size_t>(now_.kind)] + " " +
                     std::to_string(now_.key) + " (partition " + std::to_string(digest().partition()) + ") at node " +
                     std::to_string(node_) + ": " + what);
}

void ClusterUser::done() {
    busy_ = false;
    timer_->arm(world_.dice().up_to(shape_.think_max), [this] { next(); });
}

}  // namespace cairn::sim
