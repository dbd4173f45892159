#include "node/udf/values.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "node/record/bins.h"

namespace cairn::udf {
namespace {

namespace msgpack = record::msgpack;
using record::ParticleValue;
using wire::Particle;

/// What no string of a script is likely to begin with: a blob as the key of a map.
constexpr std::string_view kBlobKey(
    "\x1B"
    "blob\0",
    6);

Collection& push_collection(lua_State* lua, const char* type, int array, int hash) {
    auto* collection = new (lua_newuserdatauv(lua, sizeof(Collection), 1)) Collection;
    lua_createtable(lua, array, hash);
    lua_setiuservalue(lua, -2, 1);
    luaL_setmetatable(lua, type);
    return *collection;
}

Bytes string_at(lua_State* lua, int index) {
    size_t size = 0;
    const char* text = lua_tolstring(lua, index, &size);
    return as_bytes(std::string_view(text, size));
}

/// Room in a table that is told in advance, but not more than a message could really fill.
int capacity(uint32_t count) { return int(std::min<uint32_t>(count, 1024)); }

bool push_packed_list(lua_State* lua, msgpack::Reader& reader, uint32_t count) {
    Collection& list = push_list(lua, capacity(count));
    lua_getiuservalue(lua, -1, 1);
    for (uint32_t i = 0; i < count; ++i) {
        msgpack::Reader ahead = reader;
        msgpack::Element element;
        if (i == 0 && ahead.next(element) && element.metadata()) {
            list.flags = element.ext_type & msgpack::flag::ordered;
            reader = ahead;
            continue;
        }
        if (!push_packed(lua, reader)) return lua_pop(lua, 2), false;
        push_held(lua, -1);
        lua_rawseti(lua, -3, ++list.size);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return true;
}

bool push_packed_map(lua_State* lua, msgpack::Reader& reader, uint32_t count) {
    Collection& map = push_map(lua, capacity(count));
    lua_getiuservalue(lua, -1, 1);
    for (uint32_t i = 0; i < count; ++i) {
        msgpack::Reader ahead = reader;
        msgpack::Element element;
        if (i == 0 && ahead.next(element) && element.metadata() && ahead.skip()) {
            map.flags = element.ext_type & (msgpack::flag::ordered | msgpack::flag::value_ordered);
            reader = ahead;
            continue;
        }
        if (!push_packed(lua, reader)) return lua_pop(lua, 2), false;
        if (!push_packed(lua, reader)) return lua_pop(lua, 3), false;
        if (!lua_isnil(lua, -2)) {
            push_key(lua, -2);
            push_held(lua, -2);
            lua_rawset(lua, -5);
            ++map.size;
        }
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
    return true;
}

class Packer {
public:
    explicit Packer(lua_State* lua) : lua_(lua) {}

    /// Appends the value at the top.
    bool pack(Buffer& out, uint32_t depth) {
        if (depth > msgpack::kDepthMax) return false;
        luaL_checkstack(lua_, 8, "value nested too deeply");
        switch (lua_type(lua_, -1)) {
            case LUA_TLIGHTUSERDATA:
            case LUA_TNIL: msgpack::write_nil(out); return true;
            case LUA_TBOOLEAN: msgpack::write_bool(out, lua_toboolean(lua_, -1) != 0); return true;
            case LUA_TNUMBER:
                if (lua_isinteger(lua_, -1)) msgpack::write_int(out, lua_tointeger(lua_, -1));
                else msgpack::write_double(out, lua_tonumber(lua_, -1));
                return true;
            case LUA_TSTRING: msgpack::write_string(out, as_text(string_at(lua_, -1))); return true;
            default: return pack_userdata(out, depth);
        }
    }

private:
    bool pack_userdata(Buffer& out, uint32_t depth) {
        if (const auto* list = static_cast<Collection*>(luaL_testudata(lua_, -1, kListType))) {
            return pack_list(*list, out, depth);
        }
        if (const auto* map = static_cast<Collection*>(luaL_testudata(lua_, -1, kMapType))) {
            return pack_map(*map, out, depth);
        }
        if (const auto* blob = static_cast<Blob*>(luaL_testudata(lua_, -1, kBytesType))) {
            write_prefixed(out, msgpack::kBlobPrefix, {blob_data(lua_, lua_gettop(lua_)), blob->size});
            return true;
        }
        if (luaL_testudata(lua_, -1, kGeojsonType) == nullptr) return false;
        lua_getiuservalue(lua_, -1, 1);
        write_prefixed(out, msgpack::kGeojsonPrefix, string_at(lua_, -1));
        lua_pop(lua_, 1);
        return true;
    }

    static void write_prefixed(Buffer& out, uint8_t prefix, Bytes bytes) {
        std::vector<uint8_t> content(1, prefix);
        content.insert(content.end(), bytes.begin(), bytes.end());
        msgpack::write_raw(out, content);
    }

    /// Appends pieces of `packed`, each from one start to the next, in the protocol's order.
    static void append_sorted(Buffer& out, Bytes packed, const std::vector<size_t>& starts) {
        std::vector<Bytes> pieces;
        pieces.reserve(starts.size());
        for (size_t i = 0; i < starts.size(); ++i) {
            const size_t end = i + 1 < starts.size() ? starts[i + 1] : packed.size();
            pieces.push_back(packed.subspan(starts[i], end - starts[i]));
        }
        std::ranges::sort(pieces, [](Bytes a, Bytes b) { return msgpack::compare(a, b) < 0; });
        for (const Bytes piece : pieces) out.append(piece);
    }

    bool pack_list(const Collection& list, Buffer& out, uint32_t depth) {
        const bool ordered = list.flags != 0;
        msgpack::write_list_header(out, uint32_t(list.size + ordered));
        if (ordered) msgpack::write_metadata(out, list.flags);
        Buffer elements;
        std::vector<size_t> starts;
        lua_getiuservalue(lua_, -1, 1);
        for (lua_Integer i = 1; i <= list.size; ++i) {
            lua_rawgeti(lua_, -1, i);
            starts.push_back(elements.size());
            const bool packed = pack(ordered ? elements : out, depth + 1);
            lua_pop(lua_, 1);
            if (!packed) return lua_pop(lua_, 1), false;
        }
        lua_pop(lua_, 1);
        if (ordered) append_sorted(out, elements.bytes(), starts);
        return true;
    }

    bool pack_map(const Collection& map, Buffer& out, uint32_t depth) {
        const bool ordered = map.flags != 0;
        Buffer pairs;
        std::vector<size_t> starts;
        lua_getiuservalue(lua_, -1, 1);
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            starts.push_back(pairs.size());
            lua_pushvalue(lua_, -2);
            release_key(lua_);
            bool packed = pack(pairs, depth + 1);
            lua_pop(lua_, 1);
            packed = packed && pack(pairs, depth + 1);
            lua_pop(lua_, 1);
            if (!packed) return lua_pop(lua_, 2), false;
        }
        lua_pop(lua_, 1);
        msgpack::write_map_header(out, uint32_t(starts.size() + ordered));
        if (ordered) {
            msgpack::write_metadata(out, map.flags);
            msgpack::write_nil(out);
        }
        append_sorted(out, pairs.bytes(), starts);
        return true;
    }

    lua_State* lua_;
};

ParticleValue big_endian(Particle type, uint64_t value, record::Memory& memory) {
    uint8_t* at = memory.allocate(8);
    store_be(at, value);
    return {type, {at, 8}};
}

ParticleValue geojson_particle(lua_State* lua, int index, record::Memory& memory) {
    lua_getiuservalue(lua, index, 1);
    const Bytes text = string_at(lua, -1);
    uint8_t* at = memory.allocate(3 + text.size());
    std::memset(at, 0, 3);
    std::memcpy(at + 3, text.data(), text.size());
    lua_pop(lua, 1);
    return {Particle::geojson, {at, 3 + text.size()}};
}

}  // namespace

Collection& push_list(lua_State* lua, int capacity) { return push_collection(lua, kListType, capacity, 0); }
Collection& push_map(lua_State* lua, int capacity) { return push_collection(lua, kMapType, 0, capacity); }

Blob& push_bytes(lua_State* lua, Bytes bytes) {
    auto* blob = new (lua_newuserdatauv(lua, sizeof(Blob), 1)) Blob;
    void* block = lua_newuserdatauv(lua, bytes.size(), 0);
    if (!bytes.empty()) std::memcpy(block, bytes.data(), bytes.size());
    lua_setiuservalue(lua, -2, 1);
    blob->size = bytes.size();
    blob->type = lua_Integer(Particle::blob);
    luaL_setmetatable(lua, kBytesType);
    return *blob;
}

void wrap_geojson(lua_State* lua) {
    lua_newuserdatauv(lua, 0, 1);
    lua_insert(lua, -2);
    lua_setiuservalue(lua, -2, 1);
    luaL_setmetatable(lua, kGeojsonType);
}

uint8_t* blob_data(lua_State* lua, int index) {
    lua_getiuservalue(lua, index, 1);
    auto* data = static_cast<uint8_t*>(lua_touserdata(lua, -1));
    lua_pop(lua, 1);
    return data;
}

void push_held(lua_State* lua, int index) {
    if (lua_isnil(lua, index)) lua_pushlightuserdata(lua, nullptr);
    else lua_pushvalue(lua, index);
}

void release_held(lua_State* lua) {
    if (lua_type(lua, -1) != LUA_TLIGHTUSERDATA) return;
    lua_pop(lua, 1);
    lua_pushnil(lua);
}

void push_key(lua_State* lua, int index) {
    index = lua_absindex(lua, index);
    const auto* blob = static_cast<Blob*>(luaL_testudata(lua, index, kBytesType));
    if (blob == nullptr) {
        lua_pushvalue(lua, index);
        return;
    }
    lua_pushlstring(lua, kBlobKey.data(), kBlobKey.size());
    lua_pushlstring(lua, reinterpret_cast<const char*>(blob_data(lua, index)), blob->size);
    lua_concat(lua, 2);
}

void release_key(lua_State* lua) {
    if (lua_type(lua, -1) != LUA_TSTRING) return;
    const Bytes key = string_at(lua, -1);
    if (!as_text(key).starts_with(kBlobKey)) return;
    push_bytes(lua, key.subspan(kBlobKey.size()));
    lua_remove(lua, -2);
}

void push_particle(lua_State* lua, const ParticleValue& value) {
    const auto text = as_text(value.bytes);
    switch (value.type) {
        case Particle::integer: lua_pushinteger(lua, record::load_integer(value.bytes)); return;
        case Particle::floating:
            lua_pushnumber(lua, std::bit_cast<double>(load_be<uint64_t>(value.bytes.data())));
            return;
        case Particle::boolean: lua_pushboolean(lua, value.bytes[0]); return;
        case Particle::string: lua_pushlstring(lua, text.data(), text.size()); return;
        case Particle::list:
        case Particle::map: {
            msgpack::Reader reader(value.bytes);
            if (!push_packed(lua, reader)) lua_pushnil(lua);
            return;
        }
        case Particle::geojson: {
            const size_t begin = 3 + 8 * size_t{load_be<uint16_t>(value.bytes.data() + 1)};
            lua_pushlstring(lua, text.data() + begin, text.size() - begin);
            wrap_geojson(lua);
            return;
        }
        case Particle::null: lua_pushnil(lua); return;
        default: push_bytes(lua, value.bytes).type = lua_Integer(value.type); return;
    }
}

bool push_packed(lua_State* lua, msgpack::Reader& reader) {
    luaL_checkstack(lua, 8, "value nested too deeply");
    msgpack::Element element;
    if (!reader.next(element)) return false;
    const auto content = [&] { return element.content.subspan(std::min<size_t>(1, element.content.size())); };
    switch (element.type) {
        case msgpack::Type::false_value: lua_pushboolean(lua, 0); return true;
        case msgpack::Type::true_value: lua_pushboolean(lua, 1); return true;
        case msgpack::Type::integer: lua_pushinteger(lua, element.integer); return true;
        case msgpack::Type::floating: lua_pushnumber(lua, element.floating); return true;
        case msgpack::Type::string:
        case msgpack::Type::geojson: {
            const auto text = as_text(content());
            lua_pushlstring(lua, text.data(), text.size());
            if (element.type == msgpack::Type::geojson) wrap_geojson(lua);
            return true;
        }
        case msgpack::Type::bytes: push_bytes(lua, content()); return true;
        case msgpack::Type::list: return push_packed_list(lua, reader, element.count);
        case msgpack::Type::map: return push_packed_map(lua, reader, element.count);
        default: lua_pushnil(lua); return true;
    }
}

std::optional<ParticleValue> to_particle(lua_State* lua, int index, record::Memory& memory) {
    index = lua_absindex(lua, index);
    switch (lua_type(lua, index)) {
        case LUA_TNIL: return ParticleValue{};
        case LUA_TBOOLEAN: {
            const auto byte = uint8_t(lua_toboolean(lua, index));
            return ParticleValue{Particle::boolean, memory.keep(Bytes(&byte, 1))};
        }
        case LUA_TNUMBER:
            if (lua_isinteger(lua, index))
                return big_endian(Particle::integer, uint64_t(lua_tointeger(lua, index)), memory);
            return big_endian(Particle::floating, std::bit_cast<uint64_t>(lua_tonumber(lua, index)), memory);
        case LUA_TSTRING: return ParticleValue{Particle::string, memory.keep(string_at(lua, index))};
        case LUA_TUSERDATA: break;
        default: return std::nullopt;
    }
    if (const auto* blob = static_cast<Blob*>(luaL_testudata(lua, index, kBytesType))) {
        return ParticleValue{Particle(blob->type), memory.keep({blob_data(lua, index), blob->size})};
    }
    if (luaL_testudata(lua, index, kGeojsonType) != nullptr) return geojson_particle(lua, index, memory);
    const bool list = luaL_testudata(lua, index, kListType) != nullptr;
    if (!list && luaL_testudata(lua, index, kMapType) == nullptr) return std::nullopt;
    Buffer packed;
    lua_pushvalue(lua, index);
    const bool done = Packer(lua).pack(packed, 0);
    lua_pop(lua, 1);
    if (!done) return std::nullopt;
    return ParticleValue{list ? Particle::list : Particle::map, memory.keep(packed.bytes())};
}

}  // namespace cairn::udf
