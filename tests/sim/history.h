#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace cairn::sim {

/// One operation on one key: what was asked, and what the client was told. A key holds a number and a generation.
struct Operation {
    enum class Kind : uint8_t { get, put, create, put_if, add, remove };
    static constexpr uint64_t kNever = ~uint64_t{0};

    Kind kind = Kind::get;
    uint32_t key = 0;
    int64_t value = 0;              // written, or added
    uint32_t generation_asked = 0;  // put_if: only if the record has this one

    uint64_t asked = 0;          // stamps: moments of one history, in order
    uint64_t answered = kNever;  // never: it may have happened at any time since, or not at all
    ResultCode result = ResultCode::ok;
    uint32_t generation = 0;  // told
    int64_t read = 0;         // get, add: the number told

    bool in_doubt() const { return answered == kNever; }
};

/// What a key holds.
struct Register {
    bool exists = false;
    uint32_t generation = 0;
    int64_t value = 0;

    auto operator<=>(const Register&) const = default;
    /// Lets `operation` happen. @return  whether what its client was told fits.
    bool apply(const Operation& operation);
};

/// What all clients of a test asked and were told.
class History {
public:
    /// @return  the operation's number, for answer().
    size_t ask(Operation operation);
    void answer(size_t number, ResultCode result, uint32_t generation = 0, int64_t read = 0);

    const std::vector<Operation>& operations() const { return operations_; }
    /// Everything as one number: two histories with the same one are the same.
    uint64_t hash() const;

    /// Looks for an order of all operations of each key that explains every answer and keeps real time: an operation
    /// that was answered before another was asked comes first. Operations in doubt may come later or never.
    /// @return  nothing when there is one for each key; else the operations of a key that has none.
    std::optional<std::string> violation() const;

    struct Sum {
        int64_t acknowledged = 0;
        int64_t in_doubt = 0;
    };
    /// Of all additions to a key.
    Sum added(uint32_t key) const;

private:
    std::vector<Operation> operations_;
    uint64_t stamp_ = 0;
};

std::string to_text(const Operation& operation);

}  // namespace cairn::sim
