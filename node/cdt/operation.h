#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/msgpack.h"

namespace cairn::cdt {

/// Operation codes, by number in docs/protocol.md, "Operations in lists and maps".
enum class Code : uint8_t {
    list_set_type = 0,
    list_append = 1,
    list_append_items = 2,
    list_insert = 3,
    list_insert_items = 4,
    list_pop = 5,
    list_pop_range = 6,
    list_remove = 7,
    list_remove_range = 8,
    list_set = 9,
    list_trim = 10,
    list_clear = 11,
    list_increment = 12,
    list_sort = 13,
    list_size = 16,
    list_get = 17,
    list_get_range = 18,
    list_get_by_index = 19,
    list_get_by_value = 20,
    list_get_by_rank = 21,
    list_get_all_by_value = 22,
    list_get_by_value_list = 23,
    list_get_by_index_range = 24,
    list_get_by_value_interval = 25,
    list_get_by_rank_range = 26,
    list_get_by_value_rel_rank_range = 27,
    list_remove_by_index = 32,
    list_remove_by_value = 33,
    list_remove_by_rank = 34,
    list_remove_all_by_value = 35,
    list_remove_by_value_list = 36,
    list_remove_by_index_range = 37,
    list_remove_by_value_interval = 38,
    list_remove_by_rank_range = 39,
    list_remove_by_value_rel_rank_range = 40,

    map_set_type = 64,
    map_add = 65,
    map_add_items = 66,
    map_put = 67,
    map_put_items = 68,
    map_replace = 69,
    map_replace_items = 70,
    map_increment = 73,
    map_decrement = 74,
    map_clear = 75,
    map_remove_by_key = 76,
    map_remove_by_index = 77,
    map_remove_by_value = 78,
    map_remove_by_rank = 79,
    map_remove_by_key_list = 81,
    map_remove_all_by_value = 82,
    map_remove_by_value_list = 83,
    map_remove_by_key_interval = 84,
    map_remove_by_index_range = 85,
    map_remove_by_value_interval = 86,
    map_remove_by_rank_range = 87,
    map_remove_by_key_rel_index_range = 88,
    map_remove_by_value_rel_rank_range = 89,
    map_size = 96,
    map_get_by_key = 97,
    map_get_by_index = 98,
    map_get_by_value = 99,
    map_get_by_rank = 100,
    map_get_all_by_value = 102,
    map_get_by_key_interval = 103,
    map_get_by_index_range = 104,
    map_get_by_value_interval = 105,
    map_get_by_rank_range = 106,
    map_get_by_key_list = 107,
    map_get_by_value_list = 108,
    map_get_by_key_rel_index_range = 109,
    map_get_by_value_rel_rank_range = 110,
};

/// From here on codes are for maps.
constexpr int64_t kMapCodes = 64;
constexpr int64_t kSelectCode = 254;
constexpr int64_t kContextCode = 255;
/// More than any operation takes.
constexpr size_t kArgumentsMax = 4;

/// The arguments after an operation's code.
class Arguments {
public:
    /// Reads `count` values; those beyond kArgumentsMax are passed over.
    /// @return  false when they are cut short.
    bool parse(record::msgpack::Reader& reader, Bytes all, uint32_t count);

    uint32_t count() const { return count_; }
    bool has(size_t index) const { return index < count_; }
    /// The encoded value.
    Bytes operator[](size_t index) const { return values_[index]; }
    /// @return  false when it is no integer.
    bool integer(size_t index, int64_t& value) const;
    /// The same; `value` stays when the argument is absent.
    bool optional_integer(size_t index, int64_t& value) const { return !has(index) || integer(index, value); }
    bool optional_integer(size_t index, std::optional<int64_t>& value) const;

private:
    std::array<Bytes, kArgumentsMax> values_;
    uint32_t count_ = 0;
};

/// What one step of a context names.
enum class StepBase : uint8_t { index = 0, rank = 1, key = 2, value = 3 };

/// One step from a collection to one of its values.
struct Step {
    StepBase base;
    bool list_only, map_only;  // neither: the data decides
    uint8_t create;  // 0: no; 1 unordered, 2 unordered with padding or by key, 3 ordered or by key and value
    bool persist;
    Bytes argument;

    int64_t index() const;  // of an index or rank step; checked by Context::next()
};

/// The steps from a bin to the collection an operation is for; empty: the bin itself.
class Context {
public:
    /// @param steps  an encoded list of type and value in turn.
    /// @error parameter  no list, or no pairs.
    ResultCode parse(Bytes steps);
    bool empty() const { return left_ == 0; }
    /// Whether a wildcard or infinity is among the values.
    bool has_comparisons() const;
    /// Takes the next step off.
    /// @error parameter          its type is no integer.
    /// @error op_not_applicable  no such type of step, or an index that is none.
    ResultCode next(Step& step);

private:
    Bytes bytes_;
    uint32_t left_ = 0;  // steps
};

/// What a CDT operation carries, parsed as far as it is the same for all of them.
struct Operation {
    int64_t code;
    Context context;
    Arguments arguments;

    bool for_map() const { return code >= kMapCodes || code < 0; }

    /// @error parameter  malformed.
    ResultCode parse(Bytes payload);
};

}  // namespace cairn::cdt
