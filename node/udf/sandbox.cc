#include "node/udf/sandbox.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "node/udf/state.h"

namespace cairn::udf {
namespace {

/// Steps of matching and moving that cost about as much as one instruction.
constexpr double kStepsPerInstruction = 16;

/// Calls the function that a wrapper replaces, its upvalue, with all arguments.
int call_replaced(lua_State* lua) {
    const int arguments = lua_gettop(lua);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, arguments, LUA_MULTRET);
    return lua_gettop(lua);
}

/// Items of a pattern that may match more or less: each multiplies what matching can cost by the subject's length.
int count_repeats(std::string_view pattern) {
    int repeats = 0;
    for (size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '%' && i + 1 < pattern.size()) {
            ++i;
            repeats += pattern[i] == 'b' || (pattern[i] >= '0' && pattern[i] <= '9');  // pairs, back references
        } else {
            repeats += c == '*' || c == '+' || c == '-' || c == '?';
        }
    }
    return repeats;
}

std::string_view string_argument(lua_State* lua, int index) {
    size_t size = 0;
    const char* text = luaL_checklstring(lua, index, &size);
    return {text, size};
}

int matching(lua_State* lua) {
    const std::string_view subject = string_argument(lua, 1);
    const std::string_view pattern = string_argument(lua, 2);
    const bool anchored = pattern.starts_with('^');
    const int power = count_repeats(pattern) + (anchored ? 0 : 1);
    const double steps = std::pow(double(subject.size() + 1), power) * double(pattern.size() + 1);
    State::of(lua).spend(steps / kStepsPerInstruction / 16);  // the worst case is far from the usual one
    return call_replaced(lua);
}

int repeat(lua_State* lua) {
    const std::string_view text = string_argument(lua, 1);
    const lua_Integer times = luaL_checkinteger(lua, 2);
    const std::string_view separator = lua_isnoneornil(lua, 3) ? std::string_view() : string_argument(lua, 3);
    if (times <= 0 || (text.empty() && separator.empty())) {  // the replaced function would count to `times`
        lua_pushliteral(lua, "");
        return 1;
    }
    return call_replaced(lua);
}

/// A table whose length is what it holds, so that loops over it are as long as that.
double plain_length(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (luaL_getmetafield(lua, 1, "__len") != LUA_TNIL) luaL_argerror(lua, 1, "table with a length of its own");
    return double(lua_rawlen(lua, 1));
}

int shifting(lua_State* lua) {
    State::of(lua).spend(plain_length(lua) / kStepsPerInstruction);
    return call_replaced(lua);
}

int sorting(lua_State* lua) {
    const double length = plain_length(lua);
    State::of(lua).spend(length * std::log2(length + 2) / 2);
    return call_replaced(lua);
}

/// Functions on a range of elements, from and to at these arguments.
template <int kFirst, int kLast>
int ranging(lua_State* lua) {
    const double length = plain_length(lua);
    const lua_Integer first = luaL_optinteger(lua, kFirst, 1);
    const lua_Integer last = luaL_optinteger(lua, kLast, lua_Integer(length));
    State::of(lua).spend(std::max(0.0, double(last) - double(first)) / kStepsPerInstruction);
    return call_replaced(lua);
}

/// Errors can be caught, but not those of a call that has used up its share.
int protected_call(lua_State* lua) {
    luaL_checkany(lua, 1);
    const int results = call_replaced(lua);
    if (State::of(lua).exhausted()) return luaL_error(lua, "call ended");
    return results;
}

/// xpcall(function, handler, ...). Lua's own runs the handler where the error was raised, which may be inside the hook,
/// where no limit is looked at: here it runs afterwards.
int handled_call(lua_State* lua) {
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    const int arguments = lua_gettop(lua) - 2;
    lua_pushvalue(lua, 1);
    lua_insert(lua, 3);
    const int status = lua_pcall(lua, arguments, LUA_MULTRET, 0);
    if (State::of(lua).exhausted()) return luaL_error(lua, "call ended");
    lua_pushboolean(lua, status == LUA_OK);
    lua_insert(lua, 3);
    if (status != LUA_OK) {
        lua_pushvalue(lua, 2);
        lua_insert(lua, 4);
        lua_call(lua, 1, 1);
    }
    return lua_gettop(lua) - 2;
}

/// Finalizers would run where no limit is looked at.
int set_metatable(lua_State* lua) {
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL) return luaL_error(lua, "'__gc' is not for scripts");
        lua_pop(lua, 1);
    }
    return call_replaced(lua);
}

/// In the table at the top.
void replace(lua_State* lua, const char* name, lua_CFunction function) {
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

void remove(lua_State* lua, const char* name) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
}

void open_base(lua_State* lua) {
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 1);
    for (const char* name : {"collectgarbage", "dofile", "load", "loadfile", "print", "warn"}) remove(lua, name);
    replace(lua, "pcall", protected_call);
    lua_pushcfunction(lua, handled_call);
    lua_setfield(lua, -2, "xpcall");
    replace(lua, "setmetatable", set_metatable);
    lua_pop(lua, 1);
}

void open_string(lua_State* lua) {
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    remove(lua, "dump");
    for (const char* name : {"find", "gmatch", "gsub", "match"}) replace(lua, name, matching);
    replace(lua, "rep", repeat);
    lua_pop(lua, 1);

    lua_pushliteral(lua, "");  // all strings share a metatable, which is not for scripts
    lua_getmetatable(lua, -1);
    lua_pushliteral(lua, "string");
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 2);
}

void open_table(lua_State* lua) {
    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 1);
    replace(lua, "insert", shifting);
    replace(lua, "remove", shifting);
    replace(lua, "sort", sorting);
    replace(lua, "concat", ranging<3, 4>);
    replace(lua, "unpack", ranging<2, 3>);
    replace(lua, "move", ranging<2, 3>);
    lua_pop(lua, 1);
}

void open_math(lua_State* lua) {
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    lua_getfield(lua, -1, "randomseed");
    lua_pushinteger(lua, 1);  // the same numbers for every state: simulations replay
    lua_call(lua, 1, 0);
    lua_pop(lua, 1);
}

}  // namespace

void open_sandbox(lua_State* lua) {
    open_base(lua);
    open_string(lua);
    open_table(lua);
    open_math(lua);
    luaL_requiref(lua, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    lua_pop(lua, 1);
}

}  // namespace cairn::udf
