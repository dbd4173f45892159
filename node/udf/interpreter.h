#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"
#include "node/udf/record_call.h"
#include "node/udf/state.h"

namespace cairn::udf {

/// What a call has come to.
struct Outcome {
    bool failed = false;
    record::ParticleValue value;  // in wire form; absent: nothing, or of no type the server has
    std::string error;            // when it failed: "file.lua:3: message"
};

/// One script, loaded and ready to be called.
class Interpreter {
public:
    /// @param clock  outlives this.
    Interpreter(const Limits& limits, runtime::Clock& clock);

    /// Runs the script's outermost level, which defines its functions.
    /// @param file  begins messages.
    /// @return      the error it ended with.
    std::optional<std::string> load(std::string_view file, std::string_view source);

    /// Calls a global function with the record and arguments.
    /// @param arguments  msgpack list; what cannot be read of it is passed over, as the reference does.
    /// @param memory     lends the value's bytes.
    Outcome call(std::string_view function, Bytes arguments, RecordCall& record, record::Memory& memory);

private:
    /// Runs a step in protected mode.
    /// @return  the error it ended with.
    template <class Step>
    std::optional<std::string> protect(Step step);
    std::string pop_error();

    State state_;
};

}  // namespace cairn::udf
