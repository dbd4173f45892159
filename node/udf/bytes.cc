#include <algorithm>
#include <cstring>

#include "node/udf/state.h"
#include "node/udf/values.h"

namespace cairn::udf {
namespace {

constexpr lua_Integer kBytesMax = 64 << 20;

Blob& blob_at(lua_State* lua, int index) { return *static_cast<Blob*>(luaL_checkudata(lua, index, kBytesType)); }

/// Makes the blob at `index` this long; new bytes are 0.
uint8_t* resize(lua_State* lua, int index, lua_Integer size) {
    Blob& blob = blob_at(lua, index);
    luaL_argcheck(lua, size >= 0 && size <= kBytesMax, index, "size out of bounds");
    lua_getiuservalue(lua, index, 1);
    const size_t room = lua_rawlen(lua, -1);
    auto* data = static_cast<uint8_t*>(lua_touserdata(lua, -1));
    lua_pop(lua, 1);
    const auto wanted = size_t(size);
    if (wanted > room) {
        auto* grown = static_cast<uint8_t*>(lua_newuserdatauv(lua, std::max(wanted, room * 2), 0));
        std::memcpy(grown, data, blob.size);
        lua_setiuservalue(lua, index, 1);
        data = grown;
    }
    if (wanted > blob.size) std::memset(data + blob.size, 0, wanted - blob.size);
    blob.size = wanted;
    return data;
}

/// @return  where `count` bytes from position `at`, 1 and up, are; null when they are not all there.
const uint8_t* find(lua_State* lua, lua_Integer at, lua_Integer count) {
    const Blob& blob = blob_at(lua, 1);
    const auto size = lua_Integer(blob.size);
    if (at < 1 || count < 0 || at > size || count > size - at + 1) return nullptr;
    return blob_data(lua, 1) + at - 1;
}

/// Room for `count` bytes at position `at`, 1 and up; the blob grows as far as needed.
uint8_t* place(lua_State* lua, lua_Integer at, lua_Integer count) {
    const auto size = lua_Integer(blob_at(lua, 1).size);
    luaL_argcheck(lua, at >= 1 && at <= kBytesMax, 2, "position out of bounds");
    uint8_t* data = at - 1 + count > size ? resize(lua, 1, at - 1 + count) : blob_data(lua, 1);
    return data + at - 1;
}

/// bytes(capacity): empty, whatever the capacity.
int make(lua_State* lua) {
    luaL_optinteger(lua, 2, 0);
    push_bytes(lua, {});
    return 1;
}

int size(lua_State* lua) {
    lua_pushinteger(lua, lua_Integer(blob_at(lua, 1).size));
    return 1;
}

int set_size(lua_State* lua) {
    resize(lua, 1, luaL_checkinteger(lua, 2));
    return 0;
}

int get_type(lua_State* lua) {
    lua_pushinteger(lua, blob_at(lua, 1).type);
    return 1;
}

/// Only the types of blobs.
int set_type(lua_State* lua) {
    const lua_Integer type = luaL_checkinteger(lua, 2);
    const bool known = type == lua_Integer(wire::Particle::blob) || (type >= lua_Integer(wire::Particle::java_blob) &&
                                                                     type <= lua_Integer(wire::Particle::erlang_blob));
    if (known) blob_at(lua, 1).type = type;
    return 0;
}

enum class Order { big, little };

template <class T, Order kOrder>
int get_number(lua_State* lua) {
    const uint8_t* at = find(lua, luaL_checkinteger(lua, 2), sizeof(T));
    if (at == nullptr) return 0;
    using Unsigned = std::make_unsigned_t<T>;
    const Unsigned raw = kOrder == Order::big ? load_be<Unsigned>(at) : load_le<Unsigned>(at);
    lua_pushinteger(lua, lua_Integer(T(raw)));
    return 1;
}

template <class T, Order kOrder>
void store(uint8_t* at, lua_Integer value) {
    using Unsigned = std::make_unsigned_t<T>;
    if constexpr (kOrder == Order::big) store_be(at, Unsigned(value));
    else store_le(at, Unsigned(value));
}

template <class T, Order kOrder>
int set_number(lua_State* lua) {
    const lua_Integer value = luaL_checkinteger(lua, 3);
    store<T, kOrder>(place(lua, luaL_checkinteger(lua, 2), sizeof(T)), value);
    lua_pushboolean(lua, 1);
    return 1;
}

template <class T, Order kOrder>
int append_number(lua_State* lua) {
    const lua_Integer value = luaL_checkinteger(lua, 2);
    store<T, kOrder>(place(lua, lua_Integer(blob_at(lua, 1).size) + 1, sizeof(T)), value);
    lua_pushboolean(lua, 1);
    return 1;
}

/// Bytes of a string, or of a blob, at an argument.
Bytes source(lua_State* lua, int index) {
    if (const auto* blob = static_cast<Blob*>(luaL_testudata(lua, index, kBytesType))) {
        return {blob_data(lua, index), blob->size};
    }
    size_t length = 0;
    const char* text = luaL_checklstring(lua, index, &length);
    return {reinterpret_cast<const uint8_t*>(text), length};
}

int put(lua_State* lua, lua_Integer at, int from, int count) {
    const auto length = lua_Integer(source(lua, from).size());
    const lua_Integer taken = std::clamp<lua_Integer>(luaL_optinteger(lua, count, length), 0, length);
    uint8_t* to = place(lua, at, taken);
    if (taken != 0) std::memmove(to, source(lua, from).data(), size_t(taken));  // the source may be the blob itself
    lua_pushboolean(lua, 1);
    return 1;
}

/// set_string(b, at, text), set_bytes(b, at, bytes, [count])
int set_content(lua_State* lua) { return put(lua, luaL_checkinteger(lua, 2), 3, 4); }
int append_content(lua_State* lua) { return put(lua, lua_Integer(blob_at(lua, 1).size) + 1, 2, 3); }

/// (b, at, count): what is there of it.
Bytes range(lua_State* lua) {
    const auto length = lua_Integer(blob_at(lua, 1).size);
    const lua_Integer at = luaL_checkinteger(lua, 2);
    if (at < 1 || at > length) return {};
    const lua_Integer count = std::clamp<lua_Integer>(luaL_checkinteger(lua, 3), 0, length - at + 1);
    return {blob_data(lua, 1) + at - 1, size_t(count)};
}

int get_string(lua_State* lua) {
    const auto text = as_text(range(lua));
    lua_pushlstring(lua, text.data(), text.size());
    return 1;
}

int get_bytes(lua_State* lua) {
    push_bytes(lua, range(lua));
    return 1;
}

/// b[3], and b:size() for any function of the module.
int index(lua_State* lua) {
    if (lua_type(lua, 2) != LUA_TNUMBER) {
        blob_at(lua, 1);
        lua_settop(lua, 2);
        lua_gettable(lua, lua_upvalueindex(1));
        return 1;
    }
    const uint8_t* at = find(lua, luaL_checkinteger(lua, 2), 1);
    if (at == nullptr) return 0;
    lua_pushinteger(lua, *at);
    return 1;
}

int to_text(lua_State* lua) {
    const Blob& blob = blob_at(lua, 1);
    const uint8_t* data = blob_data(lua, 1);
    State::of(lua).spend(double(blob.size));
    luaL_Buffer text;
    luaL_buffinit(lua, &text);
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < blob.size; ++i) {
        if (i != 0) luaL_addchar(&text, ' ');
        luaL_addchar(&text, kDigits[data[i] >> 4]);
        luaL_addchar(&text, kDigits[data[i] & 15]);
    }
    luaL_pushresult(&text);
    return 1;
}

int same(lua_State* lua) {
    const Bytes a = source(lua, 1), b = source(lua, 2);
    lua_pushboolean(lua, std::ranges::equal(a, b));
    return 1;
}

int make_geojson(lua_State* lua) {
    luaL_checkstring(lua, 2);
    lua_settop(lua, 2);
    wrap_geojson(lua);
    return 1;
}

int geojson_text(lua_State* lua) {
    luaL_checkudata(lua, 1, kGeojsonType);
    lua_getiuservalue(lua, 1, 1);
    return 1;
}

void open_geojson(lua_State* lua) {
    luaL_newmetatable(lua, kGeojsonType);
    lua_pushcfunction(lua, geojson_text);
    lua_setfield(lua, -2, "__tostring");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);

    lua_createtable(lua, 0, 0);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, make_geojson);
    lua_setfield(lua, -2, "__call");
    lua_setmetatable(lua, -2);
    lua_setglobal(lua, "geojson");
}

}  // namespace

void open_bytes(lua_State* lua) {
    constexpr auto kBig = Order::big, kLittle = Order::little;
    constexpr luaL_Reg kFunctions[] = {
        {"append_byte", append_number<uint8_t, kBig>},
        {"append_bytes", append_content},
        {"append_int16", append_number<int16_t, kBig>},
        {"append_int16_be", append_number<int16_t, kBig>},
        {"append_int16_le", append_number<int16_t, kLittle>},
        {"append_int32", append_number<int32_t, kBig>},
        {"append_int32_be", append_number<int32_t, kBig>},
        {"append_int32_le", append_number<int32_t, kLittle>},
        {"append_int64", append_number<int64_t, kBig>},
        {"append_int64_be", append_number<int64_t, kBig>},
        {"append_int64_le", append_number<int64_t, kLittle>},
        {"append_string", append_content},
        {"get_byte", get_number<uint8_t, kBig>},
        {"get_bytes", get_bytes},
        {"get_int16", get_number<int16_t, kBig>},
        {"get_int16_be", get_number<int16_t, kBig>},
        {"get_int16_le", get_number<int16_t, kLittle>},
        {"get_int32", get_number<int32_t, kBig>},
        {"get_int32_be", get_number<int32_t, kBig>},
        {"get_int32_le", get_number<int32_t, kLittle>},
        {"get_int64", get_number<int64_t, kBig>},
        {"get_int64_be", get_number<int64_t, kBig>},
        {"get_int64_le", get_number<int64_t, kLittle>},
        {"get_string", get_string},
        {"get_type", get_type},
        {"set_byte", set_number<uint8_t, kBig>},
        {"set_bytes", set_content},
        {"set_int16", set_number<int16_t, kBig>},
        {"set_int16_be", set_number<int16_t, kBig>},
        {"set_int16_le", set_number<int16_t, kLittle>},
        {"set_int32", set_number<int32_t, kBig>},
        {"set_int32_be", set_number<int32_t, kBig>},
        {"set_int32_le", set_number<int32_t, kLittle>},
        {"set_int64", set_number<int64_t, kBig>},
        {"set_int64_be", set_number<int64_t, kBig>},
        {"set_int64_le", set_number<int64_t, kLittle>},
        {"set_len", set_size},
        {"set_size", set_size},
        {"set_string", set_content},
        {"set_type", set_type},
        {"size", size},
        {"tostring", to_text},
        {nullptr, nullptr},
    };
    luaL_newlib(lua, kFunctions);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, make);
    lua_setfield(lua, -2, "__call");
    lua_setmetatable(lua, -2);

    luaL_newmetatable(lua, kBytesType);
    lua_pushvalue(lua, -2);
    lua_pushcclosure(lua, index, 1);
    lua_setfield(lua, -2, "__index");
    constexpr luaL_Reg kMeta[] = {{"__newindex", set_number<uint8_t, kBig>},
                                  {"__len", size},
                                  {"__eq", same},
                                  {"__tostring", to_text},
                                  {nullptr, nullptr}};
    luaL_setfuncs(lua, kMeta, 0);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
    lua_setglobal(lua, "bytes");
    open_geojson(lua);
}

}  // namespace cairn::udf
