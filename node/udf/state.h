#pragma once
#include <cstddef>
#include <cstdint>
#include <lua.hpp>

#include "common/runtime/clock.h"

namespace cairn::udf {

/// What one call may use up. A call that goes beyond ends with an error, whatever the script does about errors.
struct Limits {
    uint64_t instructions = 20'000'000;  // of Lua's machine
    size_t memory_bytes = 64u << 20;     // of one state, between calls too
    Duration time = 200ms;
};

/// One Lua interpreter, in a sandbox: of the standard library what computes, none of what reaches outside; scripts are
/// text, never bytecode; no finalizers. Not for sharing between threads.
///
/// The library is the one whose errors are C++ exceptions: functions called from Lua may own what has a destructor.
class State {
public:
    /// @param clock  outlives this.
    State(const Limits& limits, runtime::Clock& clock);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    lua_State* lua() { return lua_; }
    /// Begins the time of one call.
    void start_call();
    /// Whether the call has used up what it may.
    bool exhausted() const { return exhausted_; }

    /// A counted piece of work that is not the machine's own: matching a pattern, sorting. Raises when it is too much.
    void spend(double instructions);

    static State& of(lua_State* lua);

private:
    static void* allocate(void* state, void* block, size_t old_size, size_t new_size);
    static void count(lua_State* lua, lua_Debug* event);
    [[noreturn]] void exhaust(const char* reason);

    Limits limits_;
    runtime::Clock& clock_;
    size_t memory_used_ = 0;
    size_t memory_moved_ = 0;  // since the limits were last looked at
    double instructions_used_ = 0;
    Instant deadline_{};
    bool exhausted_ = false;
    lua_State* lua_ = nullptr;
};

}  // namespace cairn::udf
