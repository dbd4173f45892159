#include "node/udf/record_call.h"

#include <vector>

#include "node/record/value.h"
#include "node/udf/values.h"

namespace cairn::udf {
namespace {

constexpr const char* kRecordType = "Record";
constexpr size_t kBinNameMax = wire::kBinNameMax;

/// What aerospike:create and others answer.
constexpr lua_Integer kDone = 0, kRefused = 1, kNotFound = -2, kInvalid = -1;

/// Names that scripts have given bins since the last create or update are in the user value, a table.
struct Handle {
    RecordCall* call = nullptr;
};

RecordCall& record_at(lua_State* lua, int index) {
    auto* handle = static_cast<Handle*>(luaL_checkudata(lua, index, kRecordType));
    if (handle->call == nullptr) luaL_argerror(lua, index, "the call that this record belongs to has ended");
    return *handle->call;
}

std::string_view name_at(lua_State* lua, int index) {
    size_t size = 0;
    const char* name = luaL_checklstring(lua, index, &size);
    return {name, size};
}

int get_bin(lua_State* lua) {
    RecordCall& call = record_at(lua, 1);
    const std::string_view name = name_at(lua, 2);
    lua_getiuservalue(lua, 1, 1);
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, -2) != LUA_TNIL) {
        release_held(lua);
        return 1;
    }
    const record::Bin* bin = call.draft().find(name);
    if (bin == nullptr) lua_pushnil(lua);
    else push_particle(lua, {bin->type, bin->value});
    return 1;
}

int set_bin(lua_State* lua) {
    record_at(lua, 1);
    name_at(lua, 2);
    lua_getiuservalue(lua, 1, 1);
    lua_pushvalue(lua, 2);
    push_held(lua, 3);
    lua_rawset(lua, -3);
    return 0;
}

/// Brings what was set into the draft, all or nothing of the values.
bool apply(lua_State* lua, RecordCall& call) {
    struct Setting {
        std::string_view name;
        record::ParticleValue value;
    };
    std::vector<Setting> settings;
    lua_getiuservalue(lua, 2, 1);
    lua_pushnil(lua);
    while (lua_next(lua, -2) != 0) {
        release_held(lua);
        const auto value = to_particle(lua, -1, call.draft().memory());
        if (!value) return false;
        const std::string_view name = name_at(lua, -2);
        // Too long a name is passed over without a word, as the reference does.
        if (!name.empty() && name.size() <= kBinNameMax && name.find('\0') == std::string_view::npos) {
            settings.push_back({as_text(call.draft().memory().keep(as_bytes(name))), *value});
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    for (const Setting& setting : settings) {
        if (!call.set(setting.name, setting.value)) return false;
    }
    lua_newtable(lua);
    lua_setiuservalue(lua, 2, 1);
    return true;
}

int write(lua_State* lua, RecordCall& call) {
    if (!apply(lua, call)) {
        lua_pushinteger(lua, kInvalid);
        return 1;
    }
    call.written();
    lua_pushinteger(lua, kDone);
    return 1;
}

// Functions of `aerospike` are called with a colon: the record is the second argument.

int create(lua_State* lua) {
    RecordCall& call = record_at(lua, 2);
    if (!call.exists()) return write(lua, call);
    lua_pushinteger(lua, kRefused);
    return 1;
}

int update(lua_State* lua) {
    RecordCall& call = record_at(lua, 2);
    if (call.exists()) return write(lua, call);
    lua_pushinteger(lua, kNotFound);
    return 1;
}

int remove(lua_State* lua) {
    RecordCall& call = record_at(lua, 2);
    lua_pushinteger(lua, call.exists() ? kDone : kRefused);
    if (call.exists()) call.remove();
    lua_newtable(lua);
    lua_setiuservalue(lua, 2, 1);
    return 1;
}

int exists(lua_State* lua) {
    lua_pushboolean(lua, record_at(lua, 2).exists());
    return 1;
}

int log_nothing(lua_State*) { return 0; }

template <class F>
int answer_integer(lua_State* lua, F fact) {
    lua_pushinteger(lua, lua_Integer(fact(record_at(lua, 1))));
    return 1;
}

int generation(lua_State* lua) {
    return answer_integer(lua, [](RecordCall& call) { return call.facts().generation; });
}
int ttl(lua_State* lua) {
    return answer_integer(lua, [](RecordCall& call) { return call.facts().ttl_s; });
}
int last_update_time(lua_State* lua) {
    return answer_integer(lua, [](RecordCall& call) { return call.facts().last_update_ms; });
}
int size(lua_State* lua) {
    return answer_integer(lua, [](RecordCall& call) { return call.facts().size; });
}
int bin_count(lua_State* lua) {
    return answer_integer(lua, [](RecordCall& call) { return call.draft().bin_count(); });
}

int set_name(lua_State* lua) {
    const RecordFacts& facts = record_at(lua, 1).facts();
    if (!facts.exists || facts.set.empty()) lua_pushnil(lua);
    else lua_pushlstring(lua, facts.set.data(), facts.set.size());
    return 1;
}

int key(lua_State* lua) {
    push_particle(lua, record_at(lua, 1).facts().key);
    return 1;
}

int digest(lua_State* lua) {
    push_bytes(lua, record_at(lua, 1).facts().digest);
    return 1;
}

int bin_names(lua_State* lua) {
    RecordCall& call = record_at(lua, 1);
    if (!call.exists()) return luaL_error(lua, "can't get bin names");
    lua_createtable(lua, int(call.draft().bin_count()), 0);
    lua_Integer count = 0;
    call.draft().for_each([&](const record::Bin& bin) {
        lua_pushlstring(lua, bin.name.data(), bin.name.size());
        lua_rawseti(lua, -2, ++count);
    });
    return 1;
}

int set_ttl(lua_State* lua) {
    RecordCall& call = record_at(lua, 1);
    call.set_ttl(uint32_t(luaL_checkinteger(lua, 2)));
    return 0;
}

int drop_key(lua_State* lua) {
    record_at(lua, 1).drop_key();
    return 0;
}

}  // namespace

bool RecordCall::set(std::string_view name, const record::ParticleValue& value) {
    if (value.absent()) {
        draft_.remove(name);
        return true;
    }
    Bytes stored;
    if (record::to_stored(value.type, value.bytes, draft_, scratch_, stored) != ResultCode::ok) return false;
    draft_.set(name, value.type, stored);
    return true;
}

void RecordCall::written() {
    facts_.exists = true;
    change_.written = true;
    change_.removed = false;
}

void RecordCall::remove() {
    draft_.clear();
    facts_.exists = false;
    change_.written = false;
    change_.removed = true;
}

void push_record(lua_State* lua, RecordCall& call) {
    auto* handle = new (lua_newuserdatauv(lua, sizeof(Handle), 1)) Handle;
    handle->call = &call;
    lua_newtable(lua);
    lua_setiuservalue(lua, -2, 1);
    luaL_setmetatable(lua, kRecordType);
}

void release_record(lua_State* lua, int index) {
    static_cast<Handle*>(luaL_checkudata(lua, index, kRecordType))->call = nullptr;
}

void open_records(lua_State* lua) {
    luaL_newmetatable(lua, kRecordType);
    constexpr luaL_Reg kMeta[] = {{"__index", get_bin}, {"__newindex", set_bin}, {nullptr, nullptr}};
    luaL_setfuncs(lua, kMeta, 0);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);

    constexpr luaL_Reg kRecord[] = {{"bin_names", bin_names},
                                    {"device_size", size},
                                    {"digest", digest},
                                    {"drop_key", drop_key},
                                    {"gen", generation},
                                    {"key", key},
                                    {"last_update_time", last_update_time},
                                    {"memory_size", size},
                                    {"numbins", bin_count},
                                    {"set_ttl", set_ttl},
                                    {"setname", set_name},
                                    {"size", size},
                                    {"ttl", ttl},
                                    {nullptr, nullptr}};
    luaL_newlib(lua, kRecord);
    lua_setglobal(lua, "record");

    constexpr luaL_Reg kAerospike[] = {{"create", create}, {"exists", exists}, {"log", log_nothing},
                                       {"remove", remove}, {"update", update}, {nullptr, nullptr}};
    luaL_newlib(lua, kAerospike);
    lua_setglobal(lua, "aerospike");
    for (const char* name : {"trace", "debug", "info", "warn"}) {
        lua_pushcfunction(lua, log_nothing);
        lua_setglobal(lua, name);
    }
}

}  // namespace cairn::udf
