#include "node/udf/runner.h"

namespace cairn::udf {
namespace {

/// An interpreter may hold as much memory as its limit: only so many are kept.
constexpr size_t kKeptMax = 16;

}  // namespace

Interpreter* Runner::find(std::string_view module) {
    const std::string file = std::string(module) + ".lua";
    const auto modules = modules_.all();
    const auto registered = modules->find(file);
    if (registered == modules->end()) {
        if (const auto old = kept_.find(file); old != kept_.end()) kept_.erase(old);
        return nullptr;
    }
    const auto found = kept_.find(file);
    if (found != kept_.end() && found->second.version == registered->second->version) {
        return found->second.interpreter.get();
    }
    auto interpreter = std::make_unique<Interpreter>(limits_, clock_);
    if (interpreter->load(file, registered->second->source)) return nullptr;
    if (found == kept_.end() && kept_.size() >= kKeptMax) kept_.erase(kept_.begin());
    Kept& kept = kept_[file];
    kept = {registered->second->version, std::move(interpreter)};
    return kept.interpreter.get();
}

Outcome Runner::call(std::string_view module, std::string_view function, Bytes arguments, RecordCall& record,
                     record::Memory& memory) {
    Interpreter* interpreter = find(module);
    if (interpreter == nullptr) return {true, {}, "UDF: Execution Error 1"};  // as the reference says it
    return interpreter->call(function, arguments, record, memory);
}

}  // namespace cairn::udf
