#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "node/udf/interpreter.h"
#include "node/udf/modules.h"

namespace cairn::udf {

/// Calls functions of registered scripts. Owned by one worker: it keeps an interpreter for each script that was called
/// lately, until the script is registered anew.
class Runner {
public:
    /// @param modules, clock  outlive this.
    Runner(const Modules& modules, runtime::Clock& clock, const Limits& limits = {})
        : modules_(modules), clock_(clock), limits_(limits) {}

    /// Calls `function` of the script `module`, named without ".lua".
    Outcome call(std::string_view module, std::string_view function, Bytes arguments, RecordCall& record,
                 record::Memory& memory);

private:
    struct Kept {
        uint64_t version;
        std::unique_ptr<Interpreter> interpreter;
    };
    /// @return  null when there is no such script, or it does not load.
    Interpreter* find(std::string_view module);

    const Modules& modules_;
    runtime::Clock& clock_;
    const Limits limits_;
    std::map<std::string, Kept, std::less<>> kept_;
};

}  // namespace cairn::udf
