#include "node/query/request.h"

#include <bitset>

#include "node/partition/sets.h"
#include "node/txn/checks.h"
#include "node/txn/value_operations.h"

namespace cairn::query {
namespace {

using wire::FieldType;

/// A number field; absent leaves `value` alone. @return  false when its size is wrong.
template <class T>
bool number(const wire::Fields& fields, FieldType type, T& value) {
    if (!fields.has(type)) return true;
    if (fields[type].size() != sizeof(T)) return false;
    value = load_be<T>(fields[type].data());
    return true;
}

/// Names of the bins asked for by operations.
ResultCode parse_projection(const wire::Ops& ops, Request& request) {
    request.selects_bins = ops.count() != 0;
    for (const wire::Op op : ops) {
        if (!txn::valid_bin_name(op.name) || txn::is_modify(op.code)) return ResultCode::parameter;
        const bool computes = op.code == wire::OpCode::exp_read || txn::reads_value(op.code);
        if (op.code != wire::OpCode::read && !computes) return ResultCode::parameter;
        request.computes |= computes;
        request.bins.push_back(op.name);
    }
    request.ops = ops;
    return ResultCode::ok;
}

/// The same from old clients: u8 count, then names each with a u8 size.
bool parse_bin_list(Bytes list, Request& request) {
    if (list.empty()) return false;
    size_t count = list[0];
    list = list.subspan(1);
    for (; count != 0; --count) {
        if (list.empty() || list.size() - 1 < list[0]) return false;
        const std::string_view name = as_text(list.subspan(1, list[0]));
        if (!txn::valid_bin_name(name)) return false;
        request.bins.push_back(name);
        list = list.subspan(1 + name.size());
    }
    request.selects_bins = !request.bins.empty();
    return list.empty();
}

bool parse_starts(const wire::Fields& fields, std::vector<Start>& starts) {
    std::bitset<kPartitionCount> seen;
    const auto add = [&](uint32_t pid, std::optional<Digest> after, int64_t value = 0) {
        if (pid >= kPartitionCount || seen[pid]) return false;
        seen[pid] = true;
        starts.push_back({static_cast<PartitionId>(pid), after, value});
        return true;
    };
    const Bytes pids = fields[FieldType::pid_array];
    const Bytes digests = fields[FieldType::digest_array];
    if (fields.has(FieldType::pid_array) && (pids.empty() || pids.size() % 2 != 0)) return false;
    if (fields.has(FieldType::digest_array) && (digests.empty() || digests.size() % Digest::kSize != 0)) return false;
    // A value for each digest; queries without an index have none.
    const bool by_index = fields.has(FieldType::index_range);
    const Bytes values = fields[FieldType::bval_array];
    if (by_index && values.size() != digests.size() / Digest::kSize * sizeof(int64_t)) return false;
    if (pids.size() / 2 > kPartitionCount || digests.size() / Digest::kSize > kPartitionCount) return false;
    starts.reserve(pids.size() / 2 + digests.size() / Digest::kSize);
    for (size_t i = 0; i < pids.size(); i += 2) {
        if (!add(load_le<uint16_t>(pids.data() + i), std::nullopt)) return false;  // little-endian, unlike the rest
    }
    for (size_t i = 0; i < digests.size(); i += Digest::kSize) {
        const Digest digest = Digest::from(digests.data() + i);
        const size_t value_at = i / Digest::kSize * sizeof(int64_t);
        if (!add(digest.partition(), digest, by_index ? load_le<int64_t>(values.data() + value_at) : 0)) return false;
    }
    return true;
}

}  // namespace

std::expected<Request, ResultCode> parse_request(const wire::Message& message) {
    const auto bad = std::unexpected(ResultCode::parameter);
    const auto& fields = message.fields;
    if ((message.header.info3 & wire::info3::partition_done) == 0 ||
        !(fields.has(FieldType::pid_array) || fields.has(FieldType::digest_array))) {
        return std::unexpected(ResultCode::unsupported_feature);
    }
    Request request;
    request.is_short = (message.header.info1 & wire::info1::short_query) != 0;
    if (request.is_short) request.timeout_ms = message.header.timeout_ms;
    request.no_bins = (message.header.info1 & wire::info1::no_bins) != 0;
    if (fields[FieldType::set].size() > partition::kSetNameMax) return bad;
    if (!parse_starts(fields, request.starts)) return bad;
    if (fields[FieldType::query_id].size() == 8) request.id = load_be<uint64_t>(fields[FieldType::query_id].data());
    if (!number(fields, FieldType::max_records, request.records_max)) return bad;
    if (!number(fields, FieldType::records_per_second, request.records_per_second)) return bad;
    if (!number(fields, FieldType::socket_timeout, request.socket_timeout_ms)) return bad;
    if (request.is_short && request.records_per_second != 0) return bad;
    if (fields.has(FieldType::query_binlist)) {
        if (message.ops.count() != 0 || !parse_bin_list(fields[FieldType::query_binlist], request)) return bad;
    } else if (const ResultCode code = parse_projection(message.ops, request); code != ResultCode::ok) {
        return std::unexpected(code);
    }
    if (fields.has(FieldType::filter)) {
        request.filter = std::make_unique<expr::Program>();
        const ResultCode code = expr::compile_filter(fields[FieldType::filter], *request.filter);
        if (code != ResultCode::ok) return std::unexpected(code);
    }
    return request;
}

}  // namespace cairn::query
