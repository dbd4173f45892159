#include "tests/sim/node_work.h"

#include "common/base/hash.h"
#include "common/wire/encode.h"

namespace cairn::sim {
namespace {

using client::Record;
using client::Value;
using Kind = Operation::Kind;

constexpr std::string_view kRegisters = "registers";

client::Target target_of(uint32_t key) {
    return {kNamespace, kRegisters, digest_in(static_cast<PartitionId>(key % 7), key)};
}

std::string filling(int64_t value, size_t size) { return std::string(size, char('a' + uint64_t(value) % 26)); }

bool is_filling(std::string_view text) { return text.find_first_not_of(text.substr(0, 1)) == std::string_view::npos; }

}  // namespace

Digest digest_in(PartitionId partition, uint64_t key) {
    Digest digest;
    for (size_t part = 0; part < 3; ++part) {
        const uint64_t bits = hash64({reinterpret_cast<const uint8_t*>(&key), sizeof(key)}, part + 1);
        std::memcpy(digest.bytes.data() + part * 8, &bits, std::min<size_t>(8, Digest::kSize - part * 8));
    }
    digest.bytes[0] = uint8_t(partition);
    digest.bytes[1] = uint8_t((digest.bytes[1] & 0xF0) | partition >> 8);
    return digest;
}

RegisterWork::RegisterWork(World& world, History& history, Plan plan)
    : world_(world), history_(history), plan_(plan), left_(plan.read_each ? plan.keys : plan.operations) {}

bool RegisterWork::begin(NodeSession& session) {
    if (left_ == 0) return false;
    --left_;
    if (plan_.read_each) {
        single(session, {.kind = Kind::get, .key = static_cast<uint32_t>(left_)});
        return true;
    }
    auto& dice = world_.dice();
    if (!plan_.only_add && dice.once_in(5)) {
        batch(session);
        return true;
    }
    const Operation operation = draw();
    if (operation.kind == Kind::add && plan_.adding != Plan::Adding::by_the_node) {
        add_by_reading(session, operation.key, operation.value);
    } else {
        single(session, operation);
    }
    return true;
}

Operation RegisterWork::draw() {
    auto& dice = world_.dice();
    Operation operation;
    operation.key = plan_.only_add ? 0 : static_cast<uint32_t>(dice.below(plan_.keys));
    operation.value = static_cast<int64_t>(dice.next());  // each write writes something else
    if (plan_.only_add || operation.key == 0) {
        operation.value = 1;
        operation.kind = dice.once_in(4) ? Kind::get : Kind::add;
        return operation;
    }
    static constexpr Kind kKinds[] = {Kind::get, Kind::get,    Kind::get, Kind::put,
                                      Kind::put, Kind::put_if, Kind::add, Kind::remove};
    operation.kind = kKinds[dice.below(std::size(kKinds))];
    if (operation.kind == Kind::put && dice.once_in(3)) operation.kind = Kind::create;
    if (operation.kind == Kind::put_if) operation.generation_asked = static_cast<uint32_t>(dice.between(1, 4));
    return operation;
}

Buffer RegisterWork::encode(const Operation& operation) {
    Buffer frame;
    const auto target = target_of(operation.key);
    client::WriteOptions options;
    const Value number = Value::integer(operation.value);
    switch (operation.kind) {
        case Kind::get: client::append_get(frame, target); return frame;
        case Kind::remove: client::append_delete(frame, target); return frame;
        case Kind::add: {
            const wire::Op ops[] = {client::add_op("n", number), client::read_op("n")};
            client::append_operate(frame, target, ops);
            return frame;
        }
        case Kind::create: options.exists = client::Exists::create_only; break;
        case Kind::put_if: options.generation = static_cast<uint16_t>(operation.generation_asked); break;
        case Kind::put:
            if (world_.dice().once_in(2)) options.exists = client::Exists::replace;
            break;
    }
    const std::string text = filling(operation.value, world_.dice().below(plan_.fill_max + 1));
    const client::Bin bins[] = {{"n", number}, {"fill", Value::text(text)}};
    client::append_put(frame, target, bins, options);
    return frame;
}

void RegisterWork::note(size_t number, Kind kind, const Record& record) {
    int64_t read = 0;
    if (record.result == ResultCode::ok && (kind == Kind::get || kind == Kind::add)) {
        const Value* value = record.find("n");
        const auto integer = value == nullptr ? std::nullopt : value->as_integer();
        damaged_ += !integer;
        read = integer.value_or(0);
        if (const Value* fill = record.find("fill")) damaged_ += !is_filling(fill->bytes);
    }
    history_.answer(number, record.result, record.generation, read);
}

void RegisterWork::single(NodeSession& session, const Operation& operation) {
    const Buffer frame = encode(operation);
    const size_t number = history_.ask(operation);
    session.connection().send(frame.bytes(), [this, &session, number, kind = operation.kind](Result<Record> record) {
        if (record) note(number, kind, *record);
        session.ended(record.has_value());
    });
}

void RegisterWork::batch(NodeSession& session) {
    const size_t count = world_.dice().between(1, 4);
    struct Asked {
        Operation operation;
        size_t number;
        Value value;
        std::array<wire::Op, 2> ops;
    };
    std::vector<Asked> asked(count);
    std::vector<client::BatchRow> rows(count);
    for (size_t i = 0; i < count; ++i) {
        auto& [operation, number, value, ops] = asked[i];
        operation = draw();
        if (operation.kind == Kind::add && plan_.adding != Plan::Adding::by_the_node) operation.kind = Kind::get;
        value = Value::integer(operation.value);
        rows[i].digest = target_of(operation.key).digest;
        if (operation.kind == Kind::remove) rows[i].kind = client::BatchRow::Kind::remove;
        if (operation.kind == Kind::put || operation.kind == Kind::create || operation.kind == Kind::put_if) {
            rows[i].kind = client::BatchRow::Kind::write;
            ops[0] = client::write_op("n", value);
            rows[i].ops = {ops.data(), 1};
            if (operation.kind == Kind::create) rows[i].options.exists = client::Exists::create_only;
            if (operation.kind == Kind::put_if) {
                rows[i].options.generation = static_cast<uint16_t>(operation.generation_asked);
            }
        }
        if (operation.kind == Kind::add) {
            rows[i].kind = client::BatchRow::Kind::write;
            ops = {client::add_op("n", value), client::read_op("n")};
            rows[i].ops = ops;
        }
    }
    Buffer frame;
    client::append_batch(frame, kNamespace, kRegisters, rows);
    for (auto& each : asked) each.number = history_.ask(each.operation);
    session.connection().send_stream(
        frame.bytes(), client::StreamKind::batch,
        [this, &session, asked = std::move(asked)](Result<client::Stream> stream) {
            if (stream) {
                damaged_ += stream->result != ResultCode::ok || stream->records.size() != asked.size();
                for (const auto& record : stream->records) {
                    note(asked.at(record.row).number, asked.at(record.row).operation.kind, record);
                }
            }
            session.ended(stream.has_value());
        });
}

void RegisterWork::add_by_reading(NodeSession& session, uint32_t key, int64_t value) {
    const size_t number = history_.ask({.kind = Kind::add, .key = key, .value = value});
    Buffer frame;
    client::append_get(frame, target_of(key));
    session.connection().send(frame.bytes(), [this, &session, key, value, number](Result<Record> found) {
        if (!found || session.connection().broken()) return session.ended(false);
        write_sum(session, key, *found, value, number);
    });
}

void RegisterWork::write_sum(NodeSession& session, uint32_t key, const Record& found, int64_t value, size_t number) {
    const Value* before = found.find("n");
    const int64_t sum = (before == nullptr ? 0 : before->as_integer().value_or(0)) + value;
    client::WriteOptions options;
    if (plan_.adding == Plan::Adding::with_generation_check) {
        if (before == nullptr) options.exists = client::Exists::create_only;
        else options.generation = static_cast<uint16_t>(found.generation);
    }
    Buffer frame;
    const client::Bin bins[] = {{"n", Value::integer(sum)}};
    client::append_put(frame, target_of(key), bins, options);
    session.connection().send(frame.bytes(), [this, &session, key, value, number, sum](Result<Record> written) {
        if (!written) return session.ended(false);
        if (written->result == ResultCode::ok) {
            history_.answer(number, ResultCode::ok, written->generation, sum);
            return session.ended(true);
        }
        // Somebody was faster: again from the start, as a client would.
        if (session.connection().broken()) return session.ended(false);
        Buffer again;
        client::append_get(again, target_of(key));
        session.connection().send(again.bytes(), [this, &session, key, value, number](Result<Record> found_now) {
            if (!found_now || session.connection().broken()) return session.ended(false);
            write_sum(session, key, *found_now, value, number);
        });
    });
}

bool LoadWork::begin(NodeSession& session) {
    const size_t count = std::min<size_t>(records_.size(), 50);
    if (count == 0) return false;
    const Value value = Value::text(std::string(value_size_, 'v'));
    const wire::Op op = client::write_op("v", value);
    std::vector<client::BatchRow> rows(count);
    for (size_t i = 0; i < count; ++i) {
        rows[i] = {.digest = records_[records_.size() - 1 - i],
                   .kind = client::BatchRow::Kind::write,
                   .ops = {&op, 1},
                   .options = {}};
    }
    Buffer frame;
    client::append_batch(frame, kNamespace, set_, rows);
    session.connection().send_stream(frame.bytes(), client::StreamKind::batch,
                                     [this, &session, count](Result<client::Stream> stream) {
                                         if (stream) records_.resize(records_.size() - count);
                                         session.ended(stream.has_value());
                                     });
    return true;
}

ScanWork::ScanWork(World& world, Plan plan) : world_(world), plan_(std::move(plan)) {}

bool ScanWork::begin(NodeSession& session) {
    if (asked_ || finished()) return false;
    going_ = asked_ = true;
    std::vector<PartitionId> fresh;
    std::vector<Digest> begun;
    for (const PartitionId partition : plan_.partitions) {
        if (const auto found = last_.find(partition); found != last_.end()) begun.push_back(found->second);
        else fresh.push_back(partition);
    }
    Buffer frame;
    client::append_scan(frame, {.ns = kNamespace,
                                .set = plan_.set,
                                .partitions = fresh,
                                .resume_after = begun,
                                .records_max = plan_.page_records,
                                .query_id = world_.dice().next() | 1});
    session.connection().send_stream(frame.bytes(), client::StreamKind::query,
                                     [this, &session](Result<client::Stream> page) {
                                         asked_ = false;
                                         if (page) take(*page);
                                         session.ended(page.has_value());
                                     });
    return true;
}

void ScanWork::take(const client::Stream& page) {
    wrong_pages_ += page.result != ResultCode::ok || page.records.size() > plan_.page_records;
    for (const auto& record : page.records) {
        ++seen_[record.digest.bytes];
        last_[record.digest.partition()] = record.digest;
    }
    if (page.result == ResultCode::ok && page.records.size() == plan_.page_records) return;
    rounds_.push_back(std::exchange(seen_, {}));
    last_.clear();
    going_ = false;
}

bool ChurnWork::begin(NodeSession& session) {
    if (left_ == 0) return false;
    --left_;
    auto& dice = world_.dice();
    const bool stays = dice.once_in(3);
    const auto& from = stays ? plan_.staying : plan_.coming_and_going;
    const client::Target target{kNamespace, plan_.set, from[dice.below(from.size())]};
    Buffer frame;
    if (!stays && dice.once_in(2)) {
        client::append_delete(frame, target);
    } else {
        const client::Bin bins[] = {{"v", Value::text(std::string(dice.below(plan_.value_max + 1), 'v'))}};
        client::append_put(frame, target, bins);
    }
    session.connection().send(frame.bytes(), [&session](Result<Record> record) { session.ended(record.has_value()); });
    return true;
}

bool FleetingWork::begin(NodeSession& session) {
    if (left_ == 0) return false;
    --left_;
    auto& dice = world_.dice();
    Buffer frame;
    const auto target = [&](size_t place) {
        return client::Target{kNamespace, "fleeting",
                              digest_in(static_cast<PartitionId>(place * 97 % 4096), first_key_ + place)};
    };
    if (void_times_.empty() || dice.once_in(3)) {
        const size_t place = void_times_.size();
        void_times_.push_back(0);
        const client::Bin bins[] = {{"v", Value::integer(1)}};
        client::append_put(frame, target(place), bins, {.ttl = static_cast<uint32_t>(dice.between(1, 3))});
        session.connection().send(frame.bytes(), [this, &session, place](Result<Record> record) {
            if (record) void_times_[place] = record->void_time;
            session.ended(record.has_value());
        });
        return true;
    }
    const size_t place = dice.below(void_times_.size());
    client::append_get(frame, target(place));
    const uint32_t asked_s = node_now_s();
    session.connection().send(frame.bytes(), [this, &session, place, asked_s](Result<Record> record) {
        const uint32_t ends_s = void_times_[place];
        if (record && ends_s != 0) {
            const bool found = record->result == ResultCode::ok;
            wrong_ += found ? asked_s >= ends_s : node_now_s() < ends_s;
        }
        session.ended(record.has_value());
    });
    return true;
}

bool BackgroundWork::begin(NodeSession& session) {
    if (left_ == 0) return false;
    --left_;
    ids_.push_back(world_.dice().next() | 1);
    Buffer frame;
    append_background_add(frame, set_, ids_.back());
    session.connection().send_stream(frame.bytes(), client::StreamKind::query,
                                     [&session](Result<client::Stream> stream) { session.ended(stream.has_value()); });
    return true;
}

void append_background_add(Buffer& out, std::string_view set, uint64_t id) {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    unit.field(wire::FieldType::ns, as_bytes(kNamespace));
    unit.field(wire::FieldType::set, as_bytes(set));
    uint8_t word[8];
    store_be(word, id);
    unit.field(wire::FieldType::query_id, word);
    const Value one = Value::integer(1);
    unit.op(wire::OpCode::incr, wire::Particle::integer, "jobs", as_bytes(one.bytes));
    unit.finish({.info2 = wire::info2::write});
    frame.finish();
}

}  // namespace cairn::sim
