// What comes over the wire to functions. The first byte chooses: a script, which is loaded and called; or the arguments
// of a call, which are put into bins and given back. Whatever it is, the call ends, and the record can be stored.
#include <vector>

#include "common/base/check.h"
#include "node/record/bins.h"
#include "node/record/msgpack.h"
#include "node/udf/interpreter.h"

namespace cairn::fuzz {
namespace {

class StandingClock final : public runtime::Clock {
public:
    void refresh() override {}
};

constexpr udf::Limits kLimits{.instructions = 200'000, .memory_bytes = 8 << 20, .time = 1s};

/// Puts its arguments into bins and gives them back.
constexpr std::string_view kKeeps = R"(
    function f(rec, ...)
        local all = list()
        for i, value in ipairs({...}) do
            rec["b" .. i] = value
            list.append(all, value)
        end
        aerospike:create(rec)
        return all
    end
)";

void call(std::string_view source, Bytes arguments) {
    StandingClock clock;
    udf::Interpreter interpreter(kLimits, clock);
    if (interpreter.load("fuzz.lua", source)) return;
    record::Draft draft;
    draft.begin(nullptr);
    Buffer scratch;
    udf::RecordFacts facts;
    facts.digest = as_bytes(std::string_view("01234567890123456789"));
    udf::RecordCall record(facts, draft, scratch);
    const udf::Outcome outcome = interpreter.call("f", arguments, record, draft.memory());
    CAIRN_CHECK(!outcome.failed || outcome.value.absent());
    std::vector<uint8_t> stored(draft.stored_size());
    CAIRN_CHECK(draft.store(stored.data()) == stored.data() + stored.size());
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    if (size == 0) return 0;
    const std::vector<uint8_t> rest(data + 1, data + size);  // of its own size: reading behind it is found
    if (data[0] % 2 == 0) fuzz::call(as_text(rest), as_bytes(std::string_view("\x92\x01\xA2\x03x")));
    else fuzz::call(fuzz::kKeeps, rest);
    return 0;
}
