#include "node/udf/state.h"

#include <cstdlib>
#include <new>

#include "node/udf/sandbox.h"

namespace cairn::udf {
namespace {

constexpr int kInstructionsPerCheck = 1'000;
/// Few instructions can move many bytes: after so many the limits are looked at, too.
constexpr size_t kMovedPerCheck = 4u << 20;

}  // namespace

State::State(const Limits& limits, runtime::Clock& clock) : limits_(limits), clock_(clock) {
    lua_ = lua_newstate(&State::allocate, this);
    if (lua_ == nullptr) throw std::bad_alloc();
    start_call();
    open_sandbox(lua_);
}

State::~State() {
    limits_.memory_bytes = SIZE_MAX;  // closing is not a script's doing
    lua_close(lua_);
}

void State::start_call() {
    instructions_used_ = 0;
    exhausted_ = false;
    clock_.refresh();
    deadline_ = clock_.now() + limits_.time;
    lua_sethook(lua_, &State::count, LUA_MASKCOUNT, kInstructionsPerCheck);
}

State& State::of(lua_State* lua) {
    void* state = nullptr;
    lua_getallocf(lua, &state);
    return *static_cast<State*>(state);
}

void* State::allocate(void* opaque, void* block, size_t old_size, size_t new_size) {
    auto& state = *static_cast<State*>(opaque);
    if (block == nullptr) old_size = 0;  // then it tells the kind of object
    if (new_size == 0) {
        std::free(block);
        state.memory_used_ -= old_size;
        return nullptr;
    }
    if (new_size > old_size && new_size - old_size > state.limits_.memory_bytes - state.memory_used_) return nullptr;
    void* grown = std::realloc(block, new_size);
    if (grown == nullptr) return nullptr;
    state.memory_used_ += new_size - old_size;
    state.memory_moved_ += new_size;
    if (state.memory_moved_ > kMovedPerCheck && state.lua_ != nullptr) {
        state.memory_moved_ = 0;
        lua_sethook(state.lua_, &State::count, LUA_MASKCOUNT, 1);  // at the next instruction
    }
    return grown;
}

void State::count(lua_State* lua, lua_Debug*) {
    State& state = of(lua);
    if (lua_gethookcount(lua) != kInstructionsPerCheck) {
        lua_sethook(lua, &State::count, LUA_MASKCOUNT, kInstructionsPerCheck);
    }
    state.spend(kInstructionsPerCheck);
}

void State::spend(double instructions) {
    instructions_used_ += instructions;
    if (exhausted_ || instructions_used_ > double(limits_.instructions)) exhaust("too many instructions");
    clock_.refresh();
    if (clock_.now() > deadline_) exhaust("too much time");
}

void State::exhaust(const char* reason) {
    exhausted_ = true;
    luaL_error(lua_, "%s", reason);
    __builtin_unreachable();
}

}  // namespace cairn::udf
