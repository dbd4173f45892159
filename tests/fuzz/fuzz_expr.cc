// Expressions: any program on a record of any values answers, twice the same; what metadata decides, the record does not
// change. The first byte says how much of the input is the program, the rest are the record's values.
#include <vector>

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "node/expr/evaluate.h"
#include "node/expr/operation.h"
#include "node/expr/path.h"
#include "node/record/collection.h"

namespace cairn::fuzz {
namespace {

using wire::Particle;

constexpr uint64_t kNowMs = 500'000'000'000;

/// A record with a bin of each type whose value the bytes can be.
class Record {
public:
    explicit Record(Bytes values) {
        draft_.begin(nullptr);
        draft_.set("s", Particle::string, values);
        draft_.set("b", Particle::blob, values);
        for (const Particle type : {Particle::list, Particle::map}) {
            Buffer normal;
            if (record::normalise_collection(type, values, normal) != ResultCode::ok) continue;
            draft_.set(type == Particle::list ? "l" : "m", type, draft_.memory().keep(normal.bytes()));
        }
        if (values.size() >= 8) {
            draft_.set("f", Particle::floating, values.first(8));
            draft_.set("i", Particle::integer, record::shorten_integer(values.data()));
        }
        const uint8_t key[] = {3, 'k'};
        const size_t size = sizeof(record::Head) + record::stored_key_size(sizeof(key)) + draft_.stored_size();
        const uint32_t units = record::units_for(size);
        bytes_.resize(units);
        record::Head& head = *new (bytes_.data()) record::Head{};
        head.units = units & 0xFFFFF;
        head.pad = (units * record::kUnit - size) & 15;
        head.has_key = 1;
        head.void_time = uint32_t(kNowMs / 1000) + 100;
        draft_.store(record::store_key(head.body(), key));
    }

    const record::Head& head() const { return *reinterpret_cast<const record::Head*>(bytes_.data()); }
    record::Draft& draft() { return draft_; }

private:
    struct alignas(16) Unit {
        uint8_t bytes[record::kUnit];
    };
    record::Draft draft_;
    std::vector<Unit> bytes_;
};

/// The value as msgpack with its type in front; no bytes: unknown.
std::vector<uint8_t> answer(const expr::Program& program, const expr::Subject& subject) {
    record::Memory memory;
    const expr::Value value = expr::evaluate(program, subject, memory);
    if (value.unknown()) return {};
    std::vector<uint8_t> packed{uint8_t(value.type)};
    const Bytes bytes = expr::pack(value, memory);
    packed.insert(packed.end(), bytes.begin(), bytes.end());
    return packed;
}

void check_filter(const expr::Program& program, const expr::Subject& subject) {
    record::Memory memory;
    const expr::Trilean known = expr::evaluate_metadata(program, subject, memory);
    memory.reset();
    const bool passes = expr::passes(program, subject, memory);
    if (known != expr::Trilean::unknown) CAIRN_CHECK(passes == (known == expr::Trilean::yes));
}

void check(Bytes source, Record& record) {
    const expr::Subject subject{.digest = record.head().digest, .set = "set", .now_ms = kNowMs, .head = &record.head()};
    expr::Subject changing = subject;
    changing.draft = &record.draft();
    expr::Program program;
    if (expr::compile(source, program) == ResultCode::ok) {
        const auto first = answer(program, subject);
        CAIRN_CHECK(first == answer(program, subject));
        CAIRN_CHECK(first == answer(program, changing));
    }
    if (expr::compile_filter(source, program) == ResultCode::ok) check_filter(program, subject);

    record::Memory memory;
    record::ParticleValue result;
    for (const char* name : {"l", "m"}) {
        const record::Bin* bin = record.draft().find(name);
        if (bin == nullptr) continue;
        for (const bool modifies : {false, true}) {
            expr::path_operation(source, modifies, program, subject, {bin->type, bin->value}, memory, result);
        }
    }
    expr::read(source, program, subject, memory, result);
    expr::modify(source, program, changing, "new");
    for (const char* name : {"new", "s"}) {
        const record::Bin* bin = record.draft().find(name);
        if (bin == nullptr || (bin->type != Particle::list && bin->type != Particle::map)) continue;
        Buffer normal;
        CAIRN_CHECK(record::normalise_collection(bin->type, bin->value, normal) == ResultCode::ok);
        CAIRN_CHECK(as_text(normal.bytes()) == as_text(bin->value));
    }
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    if (size == 0) return 0;
    const size_t program_size = (size - 1) * data[0] / 255;
    // Copies of their own sizes: reading behind them is found.
    const std::vector<uint8_t> program(data + 1, data + 1 + program_size);
    const std::vector<uint8_t> values(data + 1 + program_size, data + size);
    fuzz::Record record(values);
    fuzz::check(program, record);
    return 0;
}
