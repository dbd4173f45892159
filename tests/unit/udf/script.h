#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "node/record/draft.h"
#include "node/record/msgpack.h"
#include "node/udf/interpreter.h"

namespace cairn::udf {

/// A clock that goes on by a step whenever it is read anew.
class SteppingClock final : public runtime::Clock {
public:
    explicit SteppingClock(Duration step = Duration::zero()) : step_(step) {}
    void refresh() override { now_ += step_; }

private:
    const Duration step_;
};

/// A script, a record that is there or not, and calls on it.
class Script {
public:
    explicit Script(std::string_view source, const Limits& limits = {}, Duration clock_step = Duration::zero())
        : clock_(clock_step), interpreter_(limits, clock_) {
        load_error = interpreter_.load("test.lua", source);
        facts.digest = as_bytes("01234567890123456789");
    }

    /// Gives the record a bin, in wire form.
    void bin(std::string_view name, wire::Particle particle, std::string_view value) {
        draft.set(name, particle, as_bytes(value));
        facts.exists = true;
    }
    void integer_bin(std::string_view name, int8_t value) {
        uint8_t* at = draft.allocate(1);
        *at = uint8_t(value);
        draft.set(name, wire::Particle::integer, {at, 1});
        facts.exists = true;
    }

    Outcome call(std::string_view function, std::string_view arguments = "\x90") {
        RecordCall record(facts, draft, scratch);
        const Outcome outcome = interpreter_.call(function, as_bytes(arguments), record, memory);
        change = record.change();
        facts.exists = record.exists();
        return outcome;
    }
    /// The bytes of what a call answers; the call succeeds.
    std::string answer(std::string_view function, std::string_view arguments = "\x90") {
        const Outcome outcome = call(function, arguments);
        EXPECT_FALSE(outcome.failed) << outcome.error;
        type = outcome.value.type;
        return std::string(as_text(outcome.value.bytes));
    }
    int64_t integer(std::string_view function, std::string_view arguments = "\x90") {
        const std::string bytes = answer(function, arguments);
        EXPECT_EQ(type, wire::Particle::integer);
        if (bytes.size() != 8) return INT64_MIN;
        return int64_t(load_be<uint64_t>(reinterpret_cast<const uint8_t*>(bytes.data())));
    }
    std::string error(std::string_view function, std::string_view arguments = "\x90") {
        const Outcome outcome = call(function, arguments);
        EXPECT_TRUE(outcome.failed);
        return outcome.error;
    }

    std::optional<std::string> load_error;
    RecordFacts facts;
    RecordChange change;
    wire::Particle type = wire::Particle::null;
    record::Draft draft;
    record::Memory memory;
    Buffer scratch;

private:
    SteppingClock clock_;
    Interpreter interpreter_;
};

}  // namespace cairn::udf
