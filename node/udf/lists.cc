#include <algorithm>

#include "node/udf/state.h"
#include "node/udf/values.h"

namespace cairn::udf {
namespace {

/// Elements moved for the price of one instruction.
constexpr double kMovesPerInstruction = 16;

Collection& list_at(lua_State* lua, int index) {
    return *static_cast<Collection*>(luaL_checkudata(lua, index, kListType));
}

/// Elements in their table: from `first` to `last` go to `to` on.
void move(lua_State* lua, int from_table, lua_Integer first, lua_Integer last, int to_table, lua_Integer to) {
    if (last >= first) State::of(lua).spend(double(last - first + 1) / kMovesPerInstruction);
    const bool upwards = to > first && from_table == to_table;
    for (lua_Integer i = 0; i <= last - first; ++i) {
        const lua_Integer at = upwards ? last - first - i : i;
        lua_rawgeti(lua, from_table, first + at);
        lua_rawseti(lua, to_table, to + at);
    }
}

/// Pushes the table of the list at `index` and tells where it is.
int push_items(lua_State* lua, int index) {
    lua_getiuservalue(lua, index, 1);
    return lua_gettop(lua);
}

void append(lua_State* lua, int value) {
    Collection& list = list_at(lua, 1);
    push_items(lua, 1);
    push_held(lua, value);
    lua_rawseti(lua, -2, ++list.size);
    lua_pop(lua, 1);
}

/// list(), list{...}: what the table holds, whatever the keys; nothing stands for nil.
int make(lua_State* lua) {
    const bool filled = lua_istable(lua, 2);
    Collection& list = push_list(lua);
    if (!filled) return 1;
    const int items = push_items(lua, lua_gettop(lua));
    lua_pushnil(lua);
    while (lua_next(lua, 2) != 0) lua_rawseti(lua, items, ++list.size);
    lua_pop(lua, 1);
    return 1;
}

int make_new(lua_State* lua) {
    push_list(lua);
    return 1;
}

int size(lua_State* lua) {
    lua_pushinteger(lua, list_at(lua, 1).size);
    return 1;
}

int append_value(lua_State* lua) {
    luaL_checkany(lua, 2);
    append(lua, 2);
    return 0;
}

/// Makes room at `at`, 1 to size + 1, and puts the value in.
int insert_at(lua_State* lua, lua_Integer at, int value) {
    Collection& list = list_at(lua, 1);
    const int items = push_items(lua, 1);
    move(lua, items, at, list.size, items, at + 1);
    push_held(lua, value);
    lua_rawseti(lua, items, at);
    ++list.size;
    return 0;
}

int prepend(lua_State* lua) {
    luaL_checkany(lua, 2);
    list_at(lua, 1);
    return insert_at(lua, 1, 2);
}

int insert(lua_State* lua) {
    const lua_Integer at = luaL_checkinteger(lua, 2);
    luaL_checkany(lua, 3);
    luaL_argcheck(lua, at >= 1 && at <= list_at(lua, 1).size + 1, 2, "position out of bounds");
    return insert_at(lua, at, 3);
}

int remove(lua_State* lua) {
    Collection& list = list_at(lua, 1);
    const lua_Integer at = luaL_checkinteger(lua, 2);
    if (at < 1 || at > list.size) return 0;
    const int items = push_items(lua, 1);
    move(lua, items, at + 1, list.size, items, at);
    lua_pushnil(lua);
    lua_rawseti(lua, items, list.size--);
    return 0;
}

/// Appends all of the second list to the first.
int concat(lua_State* lua) {
    Collection& list = list_at(lua, 1);
    const lua_Integer added = list_at(lua, 2).size;
    const int items = push_items(lua, 1);
    const int others = push_items(lua, 2);
    move(lua, others, 1, added, items, list.size + 1);
    list.size += added;
    return 0;
}

/// A new list of the elements from `first` to `last`, clipped.
int slice(lua_State* lua, lua_Integer first, lua_Integer last) {
    const Collection& list = list_at(lua, 1);
    const int items = push_items(lua, 1);
    Collection& copy = push_list(lua);
    const int copied = push_items(lua, lua_gettop(lua));
    last = std::min(last, list.size);
    if (last >= first) {
        move(lua, items, first, last, copied, 1);
        copy.size = last - first + 1;
    }
    lua_pop(lua, 1);
    return 1;
}

int take(lua_State* lua) { return slice(lua, 1, luaL_checkinteger(lua, 2)); }
int drop(lua_State* lua) {
    const lua_Integer count = std::max<lua_Integer>(luaL_checkinteger(lua, 2), 0);
    return slice(lua, std::min(count, list_at(lua, 1).size) + 1, list_at(lua, 1).size);
}
int clone(lua_State* lua) {
    slice(lua, 1, list_at(lua, 1).size);
    list_at(lua, -1).flags = list_at(lua, 1).flags;
    return 1;
}

int merge(lua_State* lua) {
    list_at(lua, 2);
    slice(lua, 1, list_at(lua, 1).size);
    lua_replace(lua, 1);
    lua_settop(lua, 2);
    concat(lua);
    lua_settop(lua, 1);
    return 1;
}

/// Drops the elements from a position on.
int trim(lua_State* lua) {
    Collection& list = list_at(lua, 1);
    const lua_Integer from = std::max<lua_Integer>(luaL_checkinteger(lua, 2), 1);
    const int items = push_items(lua, 1);
    if (from <= list.size) State::of(lua).spend(double(list.size - from) / kMovesPerInstruction);
    while (list.size >= from) {
        lua_pushnil(lua);
        lua_rawseti(lua, items, list.size--);
    }
    return 0;
}

int next_value(lua_State* lua) {
    const lua_Integer at = lua_tointeger(lua, lua_upvalueindex(2)) + 1;
    lua_pushvalue(lua, lua_upvalueindex(1));
    if (at > list_at(lua, -1).size) return 0;
    lua_pushinteger(lua, at);
    lua_replace(lua, lua_upvalueindex(2));
    push_items(lua, lua_gettop(lua));
    lua_rawgeti(lua, -1, at);
    release_held(lua);
    return 1;
}

int iterator(lua_State* lua) {
    list_at(lua, 1);
    lua_pushvalue(lua, 1);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_value, 2);
    return 1;
}

/// l[3], and l:size() for any function of the module.
int index(lua_State* lua) {
    const Collection& list = list_at(lua, 1);
    if (lua_type(lua, 2) == LUA_TSTRING) {
        lua_pushvalue(lua, 2);
        lua_gettable(lua, lua_upvalueindex(1));
        return 1;
    }
    const lua_Integer at = luaL_checkinteger(lua, 2);
    if (at < 1 || at > list.size) return 0;
    push_items(lua, 1);
    lua_rawgeti(lua, -1, at);
    release_held(lua);
    return 1;
}

int new_index(lua_State* lua) {
    const Collection& list = list_at(lua, 1);
    const lua_Integer at = luaL_checkinteger(lua, 2);
    luaL_argcheck(lua, at >= 1 && at <= list.size + 1, 2, "position out of bounds");
    if (at > list.size) {
        append(lua, 3);
        return 0;
    }
    push_items(lua, 1);
    push_held(lua, 3);
    lua_rawseti(lua, -2, at);
    return 0;
}

int to_text(lua_State* lua) {
    const Collection& list = list_at(lua, 1);
    const int items = push_items(lua, 1);
    luaL_Buffer text;
    luaL_buffinit(lua, &text);
    luaL_addstring(&text, "List(");
    for (lua_Integer i = 1; i <= list.size; ++i) {
        if (i != 1) luaL_addstring(&text, ", ");
        lua_rawgeti(lua, items, i);
        release_held(lua);
        luaL_tolstring(lua, -1, nullptr);
        lua_remove(lua, -2);
        luaL_addvalue(&text);
    }
    luaL_addstring(&text, ")");
    luaL_pushresult(&text);
    return 1;
}

}  // namespace

void open_lists(lua_State* lua) {
    constexpr luaL_Reg kFunctions[] = {
        {"append", append_value}, {"clone", clone},  {"concat", concat},     {"drop", drop},       {"insert", insert},
        {"merge", merge},         {"new", make_new}, {"iterator", iterator}, {"prepend", prepend}, {"remove", remove},
        {"size", size},           {"take", take},    {"tostring", to_text},  {"trim", trim},       {nullptr, nullptr},
    };
    luaL_newlib(lua, kFunctions);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, make);
    lua_setfield(lua, -2, "__call");
    lua_setmetatable(lua, -2);

    luaL_newmetatable(lua, kListType);
    lua_pushvalue(lua, -2);
    lua_pushcclosure(lua, index, 1);
    lua_setfield(lua, -2, "__index");
    constexpr luaL_Reg kMeta[] = {
        {"__newindex", new_index}, {"__len", size}, {"__tostring", to_text}, {nullptr, nullptr}};
    luaL_setfuncs(lua, kMeta, 0);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
    lua_setglobal(lua, "list");
}

}  // namespace cairn::udf
