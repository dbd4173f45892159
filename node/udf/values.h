#pragma once
#include <lua.hpp>
#include <optional>

#include "common/base/buffer.h"
#include "common/base/bytes.h"
#include "node/record/memory.h"
#include "node/record/msgpack.h"
#include "node/record/particle_value.h"

/// Values on their way between the server and Lua. Numbers, strings and booleans are Lua's own; lists, maps, blobs and
/// GeoJSON are userdata with modules of their own. Functions that push may raise Lua errors.
namespace cairn::udf {

/// Lists and maps: the flags of their metadata; what they hold is in their user value, a table.
struct Collection {
    uint8_t flags = 0;
    lua_Integer size = 0;
};
/// Blobs: the bytes are in the user value, a block of at least that size.
struct Blob {
    size_t size = 0;
    lua_Integer type = 0;  // wire::Particle
};

constexpr const char* kListType = "List";
constexpr const char* kMapType = "Map";
constexpr const char* kBytesType = "Bytes";
constexpr const char* kGeojsonType = "GeoJSON";

/// Pushes a new one; its user value, pushed and popped, is empty.
Collection& push_list(lua_State* lua, int capacity = 0);
Collection& push_map(lua_State* lua, int capacity = 0);
Blob& push_bytes(lua_State* lua, Bytes bytes);
/// @param text  a string on the top of the stack, which is replaced.
void wrap_geojson(lua_State* lua);

/// The bytes of the Blob at `index`, which is absolute; valid as long as it is on the stack and does not grow.
uint8_t* blob_data(lua_State* lua, int index);

/// Lists and maps hold nil as this, for tables cannot.
void push_held(lua_State* lua, int index);
/// Replaces a held nil at the top.
void release_held(lua_State* lua);
/// Keys of maps: blobs are told apart by what they hold.
void push_key(lua_State* lua, int index);
void release_key(lua_State* lua);

/// Pushes a bin's value; nil when it is absent or of a type that Lua does not know.
void push_particle(lua_State* lua, const record::ParticleValue& value);
/// Pushes one msgpack value.
/// @return  false, with nothing pushed, when it is cut short or none.
bool push_packed(lua_State* lua, record::msgpack::Reader& reader);

/// The value at `index` in wire form.
/// @return  nothing when it is none of the server's types, or nested too deeply.
std::optional<record::ParticleValue> to_particle(lua_State* lua, int index, record::Memory& memory);

/// Registers the modules list, map, bytes and geojson.
void open_lists(lua_State* lua);
void open_maps(lua_State* lua);
void open_bytes(lua_State* lua);

}  // namespace cairn::udf
