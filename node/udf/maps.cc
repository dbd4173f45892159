#include "node/udf/state.h"
#include "node/udf/values.h"

namespace cairn::udf {
namespace {

constexpr double kMovesPerInstruction = 8;

Collection& map_at(lua_State* lua, int index) {
    return *static_cast<Collection*>(luaL_checkudata(lua, index, kMapType));
}

int push_pairs(lua_State* lua, int index) {
    lua_getiuservalue(lua, index, 1);
    return lua_gettop(lua);
}

/// Puts a key and a value, on the stack at these indices, into the map at an absolute index; nil removes.
void put(lua_State* lua, int map, int key, int value) {
    key = lua_absindex(lua, key);
    value = lua_absindex(lua, value);
    Collection& collection = map_at(lua, map);
    push_pairs(lua, map);
    push_key(lua, key);
    lua_pushvalue(lua, -1);
    const bool existed = lua_rawget(lua, -3) != LUA_TNIL;
    lua_pop(lua, 1);
    lua_pushvalue(lua, value);
    const bool removes = lua_isnil(lua, -1);
    lua_rawset(lua, -3);
    collection.size += int(!removes) - int(existed);
    lua_pop(lua, 1);
}

/// Calls f() for each pair of the map at an absolute index, key and value on top of the stack; f leaves the stack.
template <class F>
void for_each(lua_State* lua, int map, F f) {
    State::of(lua).spend(double(map_at(lua, map).size) / kMovesPerInstruction);
    const int pairs = push_pairs(lua, map);
    lua_pushnil(lua);
    while (lua_next(lua, pairs) != 0) {
        lua_pushvalue(lua, -2);
        release_key(lua);
        lua_insert(lua, -2);
        release_held(lua);
        f();
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
}

/// map(), map{key = value, ...}
int make(lua_State* lua) {
    const bool filled = lua_istable(lua, 2);
    push_map(lua);
    if (!filled) return 1;
    const int map = lua_gettop(lua);
    lua_pushnil(lua);
    while (lua_next(lua, 2) != 0) {
        put(lua, map, -2, -1);
        lua_pop(lua, 1);
    }
    return 1;
}

int make_new(lua_State* lua) {
    push_map(lua);
    return 1;
}

int size(lua_State* lua) {
    lua_pushinteger(lua, map_at(lua, 1).size);
    return 1;
}

int remove(lua_State* lua) {
    map_at(lua, 1);
    lua_settop(lua, 2);
    if (lua_isnil(lua, 2)) return 0;
    lua_pushnil(lua);
    put(lua, 1, 2, 3);
    return 0;
}

/// Pushes a copy of the map at an absolute index.
int push_clone(lua_State* lua, int map) {
    push_map(lua).flags = map_at(lua, map).flags;
    const int copy = lua_gettop(lua);
    for_each(lua, map, [&] {
        // A nil that is held stays held.
        if (lua_isnil(lua, -1)) lua_pushlightuserdata(lua, nullptr), lua_replace(lua, -2);
        put(lua, copy, -2, -1);
    });
    return copy;
}

int clone(lua_State* lua) {
    push_clone(lua, 1);
    return 1;
}

/// merge(a, b [, function(value of a, value of b)]): without a function b's values win.
int merge(lua_State* lua) {
    map_at(lua, 2);
    lua_settop(lua, 3);
    const int merged = push_clone(lua, 1);
    for_each(lua, 2, [&] {
        if (!lua_isnil(lua, 3)) {
            const int pairs = push_pairs(lua, merged);
            push_key(lua, -3);
            const bool both = lua_rawget(lua, pairs) != LUA_TNIL;
            release_held(lua);
            lua_remove(lua, pairs);
            if (both) {
                lua_pushvalue(lua, 3);
                lua_insert(lua, -2);
                lua_pushvalue(lua, -3);
                lua_call(lua, 2, 1);
                lua_replace(lua, -2);
            } else {
                lua_pop(lua, 1);
            }
        }
        put(lua, merged, -2, -1);
    });
    return 1;
}

/// The pairs whose keys are in one of the maps alone.
int diff(lua_State* lua) {
    map_at(lua, 1);
    map_at(lua, 2);
    push_map(lua);
    const int result = lua_gettop(lua);
    for (const int map : {1, 2}) {
        for_each(lua, map, [&] {
            const int others = push_pairs(lua, 3 - map);
            push_key(lua, -3);
            const bool both = lua_rawget(lua, others) != LUA_TNIL;
            lua_pop(lua, 2);
            if (!both) put(lua, result, -2, -1);
        });
    }
    return 1;
}

enum class Yields { pairs, keys, values };

/// @tparam kYields  what an iterator gives.
template <Yields kYields>
int next_pair(lua_State* lua) {
    lua_pushvalue(lua, lua_upvalueindex(1));
    const int pairs = push_pairs(lua, lua_gettop(lua));
    lua_pushvalue(lua, lua_upvalueindex(2));
    if (lua_next(lua, pairs) == 0) return 0;
    lua_pushvalue(lua, -2);
    lua_replace(lua, lua_upvalueindex(2));
    lua_pushvalue(lua, -2);
    release_key(lua);
    if (kYields == Yields::keys) return 1;
    lua_insert(lua, -2);
    release_held(lua);
    return kYields == Yields::pairs ? 2 : 1;
}

template <Yields kYields>
int iterator(lua_State* lua) {
    map_at(lua, 1);
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    lua_pushcclosure(lua, next_pair<kYields>, 2);
    return 1;
}

int index(lua_State* lua) {
    map_at(lua, 1);
    if (lua_isnil(lua, 2)) return 0;
    push_pairs(lua, 1);
    push_key(lua, 2);
    lua_rawget(lua, -2);
    release_held(lua);
    return 1;
}

int new_index(lua_State* lua) {
    map_at(lua, 1);
    put(lua, 1, 2, 3);
    return 0;
}

int to_text(lua_State* lua) {
    map_at(lua, 1);
    lua_pushliteral(lua, "Map(");
    bool first = true;
    const int so_far = lua_gettop(lua);
    for_each(lua, 1, [&] {
        lua_pushvalue(lua, so_far);
        lua_pushstring(lua, first ? "" : ", ");
        luaL_tolstring(lua, -4, nullptr);
        lua_pushliteral(lua, "->");
        luaL_tolstring(lua, -5, nullptr);
        lua_concat(lua, 5);
        lua_replace(lua, so_far);
        first = false;
    });
    lua_pushliteral(lua, ")");
    lua_concat(lua, 2);
    return 1;
}

}  // namespace

void open_maps(lua_State* lua) {
    constexpr luaL_Reg kFunctions[] = {
        {"clone", clone},
        {"diff", diff},
        {"iterator", iterator<Yields::pairs>},
        {"keys", iterator<Yields::keys>},
        {"merge", merge},
        {"new", make_new},
        {"pairs", iterator<Yields::pairs>},
        {"remove", remove},
        {"size", size},
        {"tostring", to_text},
        {"values", iterator<Yields::values>},
        {nullptr, nullptr},
    };
    luaL_newlib(lua, kFunctions);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, make);
    lua_setfield(lua, -2, "__call");
    lua_setmetatable(lua, -2);
    lua_setglobal(lua, "map");

    luaL_newmetatable(lua, kMapType);
    constexpr luaL_Reg kMeta[] = {
        {"__index", index}, {"__newindex", new_index}, {"__len", size}, {"__tostring", to_text}, {nullptr, nullptr}};
    luaL_setfuncs(lua, kMeta, 0);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

}  // namespace cairn::udf
