#include "node/udf/interpreter.h"

#include "node/record/msgpack.h"
#include "node/udf/values.h"

namespace cairn::udf {
namespace {

namespace msgpack = record::msgpack;

/// Pushes what can be read of a list.
/// @return  how many.
int push_arguments(lua_State* lua, Bytes arguments) {
    msgpack::Reader reader(arguments);
    msgpack::Element header;
    if (!reader.next(header) || header.type != msgpack::Type::list) return 0;
    int count = 0;
    for (uint32_t i = 0; i < header.count; ++i) {
        luaL_checkstack(lua, 8, "too many arguments");
        if (!push_packed(lua, reader)) break;
        ++count;
    }
    return count;
}

}  // namespace

template <class Step>
std::optional<std::string> Interpreter::protect(Step step) {
    lua_State* lua = state_.lua();
    lua_settop(lua, 0);
    const auto run = [](lua_State* inside) {
        (*static_cast<Step*>(lua_touserdata(inside, 1)))(inside);
        return 0;
    };
    state_.start_call();
    lua_pushcfunction(lua, run);
    lua_pushlightuserdata(lua, &step);
    const int status = lua_pcall(lua, 1, 0, 0);
    if (status == LUA_OK) return std::nullopt;
    return pop_error();
}

std::string Interpreter::pop_error() {
    lua_State* lua = state_.lua();
    size_t size = 0;
    const char* text = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &size) : nullptr;
    std::string error = text != nullptr ? std::string(text, size) : "result value type unexpected";
    lua_settop(lua, 0);
    return error;
}

Interpreter::Interpreter(const Limits& limits, runtime::Clock& clock) : state_(limits, clock) {
    const auto failed = protect([](lua_State* lua) {
        open_lists(lua);
        open_maps(lua);
        open_bytes(lua);
        open_records(lua);
    });
    CAIRN_CHECK(!failed);
}

std::optional<std::string> Interpreter::load(std::string_view file, std::string_view source) {
    const std::string name = "@" + std::string(file);
    return protect([&](lua_State* lua) {
        if (luaL_loadbufferx(lua, source.data(), source.size(), name.c_str(), "t") != LUA_OK) lua_error(lua);
        lua_call(lua, 0, 0);
    });
}

Outcome Interpreter::call(std::string_view function, Bytes arguments, RecordCall& record, record::Memory& memory) {
    Outcome outcome;
    const auto error = protect([&](lua_State* lua) {
        push_record(lua, record);
        const int handle = lua_gettop(lua);
        lua_pushglobaltable(lua);
        lua_pushlstring(lua, function.data(), function.size());
        if (lua_rawget(lua, -2) != LUA_TFUNCTION) {
            lua_pushliteral(lua, "function not found");
            lua_error(lua);
        }
        lua_pushvalue(lua, handle);
        const int count = push_arguments(lua, arguments);
        // However it ends, no script can reach the record afterwards.
        const int status = lua_pcall(lua, 1 + count, 1, 0);
        release_record(lua, handle);
        if (status != LUA_OK) lua_error(lua);
        if (const auto value = to_particle(lua, -1, memory)) outcome.value = *value;
    });
    if (error) outcome = {true, {}, *error};
    return outcome;
}

}  // namespace cairn::udf
