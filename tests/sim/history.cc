#include "tests/sim/history.h"

#include <map>
#include <set>

#include "common/base/check.h"
#include "common/base/hash.h"

namespace cairn::sim {
namespace {

using Kind = Operation::Kind;

/// Depth-first over the orders of one key's operations; states seen once are not looked at again.
class Search {
public:
    explicit Search(const std::vector<Operation>& operations) : operations_(operations), taken_(operations.size()) {}

    bool succeeds(Register state) {
        uint64_t first_answer = Operation::kNever;
        bool all_answered_taken = true;
        for (size_t i = 0; i < operations_.size(); ++i) {
            if (taken_[i]) continue;
            first_answer = std::min(first_answer, operations_[i].answered);
            all_answered_taken &= operations_[i].in_doubt();
        }
        if (all_answered_taken) return true;
        if (!seen_.insert({taken_, state}).second) return false;
        for (size_t i = 0; i < operations_.size(); ++i) {
            if (taken_[i] || operations_[i].asked > first_answer) continue;
            Register next = state;
            if (!next.apply(operations_[i])) continue;
            taken_[i] = true;
            if (succeeds(next)) return true;
            taken_[i] = false;
        }
        return false;
    }

private:
    const std::vector<Operation>& operations_;
    std::vector<bool> taken_;
    std::set<std::pair<std::vector<bool>, Register>> seen_;
};

}  // namespace

bool Register::apply(const Operation& operation) {
    const Register before = *this;
    const auto told = [&](ResultCode result) { return operation.in_doubt() || operation.result == result; };
    const auto written = [&](int64_t now) {
        *this = {true, before.exists ? before.generation + 1 : 1, now};
        return told(ResultCode::ok) && (operation.in_doubt() || operation.generation == generation);
    };
    const auto shown = [&] { return operation.in_doubt() || operation.generation == before.generation; };
    switch (operation.kind) {
        case Kind::get:
            if (!exists) return told(ResultCode::not_found);
            return operation.in_doubt() || (told(ResultCode::ok) && shown() && operation.read == value);
        case Kind::put: return written(operation.value);
        case Kind::create: return exists ? told(ResultCode::record_exists) && shown() : written(operation.value);
        case Kind::put_if:
            if (generation != operation.generation_asked) return told(ResultCode::generation) && shown();
            return written(operation.value);
        case Kind::add:
            // Unsigned, as the server adds.
            return written(int64_t(uint64_t(before.exists ? before.value : 0) + uint64_t(operation.value))) &&
                   (operation.in_doubt() || operation.read == value);
        case Kind::remove: *this = {}; return told(before.exists ? ResultCode::ok : ResultCode::not_found);
    }
    return false;
}

size_t History::ask(Operation operation) {
    operation.asked = ++stamp_;
    operation.answered = Operation::kNever;
    operations_.push_back(operation);
    return operations_.size() - 1;
}

void History::answer(size_t number, ResultCode result, uint32_t generation, int64_t read) {
    Operation& operation = operations_[number];
    CAIRN_CHECK(operation.in_doubt());
    operation.answered = ++stamp_;
    operation.result = result;
    operation.generation = generation;
    operation.read = read;
}

uint64_t History::hash() const {
    uint64_t hash = operations_.size();
    for (const auto& operation : operations_) hash = hash64(as_bytes(to_text(operation)), hash);
    return hash;
}

std::optional<std::string> History::violation() const {
    std::map<uint32_t, std::vector<Operation>> by_key;
    for (const auto& operation : operations_) by_key[operation.key].push_back(operation);
    for (const auto& [key, operations] : by_key) {
        if (Search(operations).succeeds({})) continue;
        std::string text = "no order explains key " + std::to_string(key) + ":\n";
        for (const auto& operation : operations) text += "  " + to_text(operation) + "\n";
        return text;
    }
    return std::nullopt;
}

History::Sum History::added(uint32_t key) const {
    Sum sum;
    for (const auto& operation : operations_) {
        if (operation.key != key || operation.kind != Kind::add) continue;
        (operation.in_doubt() ? sum.in_doubt : sum.acknowledged) += operation.value;
    }
    return sum;
}

std::string to_text(const Operation& operation) {
    static constexpr const char* kNames[] = {"get", "put", "create", "put_if", "add", "remove"};
    const auto number = [](auto value) { return " " + std::to_string(value); };
    std::string text = std::to_string(operation.asked) + ".." +
                       (operation.in_doubt() ? std::string("never") : std::to_string(operation.answered)) + " key" +
                       number(operation.key) + " " + kNames[size_t(operation.kind)] + number(operation.value);
    if (operation.kind == Kind::put_if) text += " if" + number(operation.generation_asked);
    if (!operation.in_doubt()) {
        text += ": code" + number(int(operation.result)) + " generation" + number(operation.generation) + " read" +
                number(operation.read);
    }
    return text;
}

}  // namespace cairn::sim
