#pragma once
#include <cstdint>
#include <lua.hpp>
#include <optional>
#include <string_view>

#include "common/base/buffer.h"
#include "node/record/draft.h"
#include "node/record/particle_value.h"

namespace cairn::udf {

/// What a function may ask of its record besides the bins.
struct RecordFacts {
    bool exists = false;
    std::string_view set;
    uint32_t generation = 0;
    uint32_t ttl_s = 0;  // left to live; 0: for ever
    uint64_t last_update_ms = 0;
    size_t size = 0;  // bytes
    Bytes digest;
    record::ParticleValue key;  // absent: none is stored
};

/// What a function has done to its record. The bins are in the draft.
struct RecordChange {
    bool written = false;
    bool removed = false;            // and not written again
    std::optional<uint32_t> ttl_s;   // as a client's write would say it
    bool drops_key = false;
};

/// One record while a function runs on it: bins are read from the draft, and what the function sets goes there when it
/// says aerospike:create or aerospike:update.
class RecordCall {
public:
    /// @param draft    the record's bins, or none; outlives this, like all that `facts` views.
    /// @param scratch  work space.
    RecordCall(const RecordFacts& facts, record::Draft& draft, Buffer& scratch)
        : facts_(facts), draft_(draft), scratch_(scratch) {}

    const RecordFacts& facts() const { return facts_; }
    bool exists() const { return facts_.exists; }
    record::Draft& draft() { return draft_; }
    const RecordChange& change() const { return change_; }

    /// Sets or, with an absent value, removes a bin.
    /// @return  false when the record cannot hold that value.
    bool set(std::string_view name, const record::ParticleValue& value);
    void written();
    void remove();
    void set_ttl(uint32_t ttl_s) { change_.ttl_s = ttl_s; }
    void drop_key() { change_.drops_key = true; }

private:
    RecordFacts facts_;
    record::Draft& draft_;
    Buffer& scratch_;
    RecordChange change_;
};

/// Pushes the record as scripts see it. It knows `call` until release_record().
void push_record(lua_State* lua, RecordCall& call);
/// The record at `index` is of no use from now on, wherever the script has put it.
void release_record(lua_State* lua, int index);

/// Registers the modules record and aerospike.
void open_records(lua_State* lua);

}  // namespace cairn::udf
