#pragma once
#include <gtest/gtest.h>

#include "common/base/hash.h"
#include "common/client/reply.h"
#include "common/client/request.h"
#include "common/wire/encode.h"
#include "node/txn/command.h"
#include "tests/unit/txn/turns.h"

/// Commands without connections: a namespace, a worker with a clock of the test's own, and requests as clients send them.
namespace cairn::txn {

class SetClock final : public runtime::Clock {
public:
    SetClock() { set_ms(500'000'000'000); }
    void refresh() override {}
    void set_ms(uint64_t epoch_ms) {
        epoch_ms_ = epoch_ms;
        now_ = std::chrono::milliseconds(epoch_ms);
    }
    void pass(Duration time) { set_ms(epoch_ms_ + static_cast<uint64_t>(time / 1ms)); }
};

/// Any key in partition `partition`, in the order of their numbers inside it, highest first.
/// @param number  below 4096.
inline Digest digest_of(uint64_t number, PartitionId partition = 5) {
    Digest digest{};
    digest.bytes[0] = uint8_t(partition);
    digest.bytes[1] = uint8_t(partition >> 8 | (number >> 8) << 4);  // spread over the leading bits, as digests are
    digest.bytes[2] = uint8_t(number);
    store_be(&digest.bytes[10], hash64({reinterpret_cast<const uint8_t*>(&number), sizeof(number)}, 1));
    return digest;
}

inline NamespaceConfig usual() {
    NamespaceConfig settings;
    settings.name = "test";
    settings.nsup_period_s = 120;
    return settings;
}

/// Where records live: txn_test has them in memory, txn_on_device_test in a store.
std::unique_ptr<storage::Store> usual_store();

class Desk {
public:
    explicit Desk(NamespaceConfig settings = usual(), std::unique_ptr<storage::Store> store = usual_store())
        : ns(0, settings, 1, std::move(store)), worker(clock, 1) {
        ns.apply(settings);
    }

    /// Runs one request frame of a single-record command.
    client::Record run(const Buffer& frame) {
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        return run(message.header, message);
    }
    /// The same under another header: for flags that no client sends.
    client::Record run(const wire::MessageHeader& header, const wire::Message& message) {
        Buffer out;
        const Digest digest = Digest::from(message.fields[wire::FieldType::digest].data());
        ResultCode code = ResultCode::waiting;
        do {
            code = execute(ns, worker, {header, message.fields, message.ops, digest}, out);
        } while (was_waiting());
        EXPECT_NE(code, ResultCode::waiting);
        auto record = client::decode_record(out.bytes());
        EXPECT_TRUE(record);
        EXPECT_EQ(record->result, code);
        return *std::move(record);
    }

    /// Reads what the last step wanted. @return  whether it wanted anything: it has to run again.
    bool was_waiting() {
        const bool waiting = worker.reads->wanting();
        if (waiting) {
            ++waits;
            worker.reads->start(turns, [] {});
            turns.run();
        } else {
            worker.reads->clear();
        }
        return waiting;
    }

    client::Record put(uint64_t key, std::vector<client::Bin> bins, const client::WriteOptions& options = {}) {
        Buffer frame;
        client::append_put(frame, target(key), bins, options);
        return run(frame);
    }
    client::Record put(uint64_t key, int64_t value, const client::WriteOptions& options = {}) {
        return put(key, {{"a", client::Value::integer(value)}}, options);
    }
    client::Record get(uint64_t key, std::vector<std::string_view> bins = {}) {
        Buffer frame;
        client::append_get(frame, target(key), bins);
        return run(frame);
    }
    client::Record exists(uint64_t key) {
        Buffer frame;
        client::append_exists(frame, target(key));
        return run(frame);
    }
    client::Record remove(uint64_t key, const client::WriteOptions& options = {}) {
        Buffer frame;
        client::append_delete(frame, target(key), options);
        return run(frame);
    }
    client::Record operate(uint64_t key, std::vector<wire::Op> ops, const client::WriteOptions& options = {}) {
        Buffer frame;
        client::append_operate(frame, target(key), ops, options);
        return run(frame);
    }
    client::Target target(uint64_t key) const { return {"test", set, digest_of(key)}; }
    /// Changes settings while the namespace serves.
    template <class Change>
    void reconfigure(NamespaceConfig settings, Change change) {
        change(settings);
        ns.apply(settings);
    }

    std::string_view set = "s";
    SetClock clock;
    Turns turns{clock};
    partition::Namespace ns;
    Worker worker;
    size_t waits = 0;  // for records
};

using client::Exists;
using client::Value;

}  // namespace cairn::txn
