#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/log/memory_sink.h"
#include "common/wire/encode.h"
#include "node/server/info/info.h"
#include "node/txn/command.h"
#include "tests/unit/runtime/no_disk.h"

namespace cairn::server::test {

/// A clock that the test sets.
class SetClock final : public runtime::Clock {
public:
    void set(Instant now, uint64_t epoch_ms) {
        now_ = now;
        epoch_ms_ = epoch_ms;
    }
    void refresh() override {}
};

/// The info commands of a node with the namespaces `test` and `bar` and one worker, without sockets.
class InfoTest : public testing::Test {
protected:
    InfoTest() {
        clock.set(100s, 500'000'000'000);
        state.modules = std::make_unique<udf::Modules>(disk, "");  // nothing is kept
    }

    static std::shared_ptr<const NodeConfig> settings() {
        auto config = std::make_shared<NodeConfig>();
        config->service.cluster_name = "mycluster";
        for (const char* name : {"test", "bar"}) {
            config->namespaces.emplace_back().name = name;
            config->namespaces.back().nsup_period_s = 120;
            config->namespaces.back().storage_engine.data_size_bytes = 1 << 30;
        }
        return config;
    }

    std::string ask(std::string_view line) { return info.ask(line, session); }

    /// Stores an integer in bin `a` of a record of the set.
    ResultCode put(const std::string& set, uint8_t key) {
        Buffer frame;
        wire::UnitWriter unit(frame);
        std::array<uint8_t, 20> digest{};
        digest[19] = key;
        unit.field(wire::FieldType::ns, as_bytes("test"));
        unit.field(wire::FieldType::set, as_bytes(set));
        unit.field(wire::FieldType::digest, digest);
        unit.op(wire::OpCode::write, wire::Particle::integer, "a", std::array<uint8_t, 8>{});
        unit.finish({.info2 = wire::info2::write});
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes()));
        Buffer reply;
        return txn::execute(*state.namespaces[0], worker,
                            {message.header, message.fields, message.ops, Digest::from(digest.data())}, reply);
    }
    bool exists(uint8_t key) {
        std::array<uint8_t, 20> digest{};
        digest[19] = key;
        partition::Namespace& ns = *state.namespaces[0];
        return ns.partitions.with(0, [&](partition::Partition& partition) {
            const auto* record = partition.find(Digest::from(digest.data()));
            return record != nullptr && !txn::is_gone(ns, *record, clock);
        });
    }

    SetClock clock;
    runtime::test::NoDisk disk;
    log::MemorySink lines;
    log::Logger logger{log::Format::text, log::Level::info, lines};
    State state{{0xBB9, "BB9", "8.1.2.0", "0.1.0"}, settings(), 1, logger, 90s};
    txn::Worker worker{clock, 2};
    NodeCounters counters;
    bool counted =
        (state.node_counters.push_back(&counters), state.namespace_counters.push_back(&worker.counters), true);
    Info info{state};
    InfoSession session{clock};
};

/// The keys of `key=value;key=value`.
inline std::vector<std::string> keys_of(std::string_view text, char separator = ';') {
    std::vector<std::string> keys;
    while (!text.empty()) {
        const size_t end = std::min(text.find(separator), text.size());
        keys.emplace_back(text.substr(0, std::min(text.find('='), end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return keys;
}

/// The value of `key` in `key=value;key=value`.
inline std::string value_of(const std::string& text, const std::string& key) {
    const std::string all = ";" + text + ";";
    const size_t at = all.find(";" + key + "=");
    if (at == std::string::npos) return "(no " + key + ")";
    const size_t begin = at + key.size() + 2;
    return all.substr(begin, all.find(';', begin) - begin);
}

}  // namespace cairn::server::test
