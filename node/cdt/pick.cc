#include "node/cdt/pick.h"

namespace cairn::cdt {
namespace {

constexpr int64_t kInverted = 0x10000;

struct Arity {
    uint32_t min, max;
};

Arity arity(PickBy by) {
    switch (by) {
        case PickBy::key:
        case PickBy::index:
        case PickBy::value:
        case PickBy::rank:
        case PickBy::all_by_value:
        case PickBy::keys:
        case PickBy::values: return {2, 2};
        case PickBy::key_interval:
        case PickBy::index_range:
        case PickBy::value_interval:
        case PickBy::rank_range: return {2, 3};
        case PickBy::key_relative:
        case PickBy::value_relative: return {3, 4};
    }
    return {0, 0};
}

bool is_want(int64_t number, bool of_map) {
    if (number < 0 || number > int64_t(Want::ordered_map)) return false;
    switch (Want(number)) {
        case Want::key:
        case Want::key_value:
        case Want::unordered_map:
        case Want::ordered_map: return of_map;
        default: return number <= int64_t(Want::exists);
    }
}

}  // namespace

std::optional<PickKind> pick_kind(int64_t number) {
    if (number < 0 || number > int64_t(Code::map_get_by_value_rel_rank_range)) return std::nullopt;
    switch (Code(number)) {
        case Code::list_get_by_index:
        case Code::map_get_by_index: return PickKind{PickBy::index, false};
        case Code::list_get_by_value:
        case Code::map_get_by_value: return PickKind{PickBy::value, false};
        case Code::list_get_by_rank:
        case Code::map_get_by_rank: return PickKind{PickBy::rank, false};
        case Code::list_get_all_by_value:
        case Code::map_get_all_by_value: return PickKind{PickBy::all_by_value, false};
        case Code::list_get_by_value_list:
        case Code::map_get_by_value_list: return PickKind{PickBy::values, false};
        case Code::list_get_by_index_range:
        case Code::map_get_by_index_range: return PickKind{PickBy::index_range, false};
        case Code::list_get_by_value_interval:
        case Code::map_get_by_value_interval: return PickKind{PickBy::value_interval, false};
        case Code::list_get_by_rank_range:
        case Code::map_get_by_rank_range: return PickKind{PickBy::rank_range, false};
        case Code::list_get_by_value_rel_rank_range:
        case Code::map_get_by_value_rel_rank_range: return PickKind{PickBy::value_relative, false};
        case Code::map_get_by_key: return PickKind{PickBy::key, false};
        case Code::map_get_by_key_list: return PickKind{PickBy::keys, false};
        case Code::map_get_by_key_interval: return PickKind{PickBy::key_interval, false};
        case Code::map_get_by_key_rel_index_range: return PickKind{PickBy::key_relative, false};

        case Code::list_remove_by_index:
        case Code::map_remove_by_index: return PickKind{PickBy::index, true};
        case Code::list_remove_by_value:
        case Code::map_remove_by_value: return PickKind{PickBy::value, true};
        case Code::list_remove_by_rank:
        case Code::map_remove_by_rank: return PickKind{PickBy::rank, true};
        case Code::list_remove_all_by_value:
        case Code::map_remove_all_by_value: return PickKind{PickBy::all_by_value, true};
        case Code::list_remove_by_value_list:
        case Code::map_remove_by_value_list: return PickKind{PickBy::values, true};
        case Code::list_remove_by_index_range:
        case Code::map_remove_by_index_range: return PickKind{PickBy::index_range, true};
        case Code::list_remove_by_value_interval:
        case Code::map_remove_by_value_interval: return PickKind{PickBy::value_interval, true};
        case Code::list_remove_by_rank_range:
        case Code::map_remove_by_rank_range: return PickKind{PickBy::rank_range, true};
        case Code::list_remove_by_value_rel_rank_range:
        case Code::map_remove_by_value_rel_rank_range: return PickKind{PickBy::value_relative, true};
        case Code::map_remove_by_key: return PickKind{PickBy::key, true};
        case Code::map_remove_by_key_list: return PickKind{PickBy::keys, true};
        case Code::map_remove_by_key_interval: return PickKind{PickBy::key_interval, true};
        case Code::map_remove_by_key_rel_index_range: return PickKind{PickBy::key_relative, true};
        default: return std::nullopt;
    }
}

ResultCode read_question(const Operation& operation, PickBy by, Question& question) {
    const auto [min, max] = arity(by);
    if (operation.arguments.count() < min || operation.arguments.count() > max) return ResultCode::parameter;
    int64_t type = 0;
    if (!operation.arguments.integer(0, type)) return ResultCode::parameter;
    question.inverted = (type & kInverted) != 0;
    question.single = is_single(by);
    type &= ~kInverted;
    if (!is_want(type, operation.for_map())) return ResultCode::op_not_applicable;
    if (question.inverted && question.single) return ResultCode::op_not_applicable;
    question.want = Want(type);
    return ResultCode::ok;
}

}  // namespace cairn::cdt
