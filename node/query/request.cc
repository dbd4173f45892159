#include "node/query/request.h"

#include <bitset>

#include "node/partition/sets.h"

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

bool parse_starts(const wire::Fields& fields, std::vector<Start>& starts) {
    std::bitset<kPartitionCount> seen;
    const auto add = [&](uint32_t pid, std::optional<Digest> after) {
        if (pid >= kPartitionCount || seen[pid]) return false;
        seen[pid] = true;
        starts.push_back({static_cast<PartitionId>(pid), after});
        return true;
    };
    const Bytes pids = fields[FieldType::pid_array];
    const Bytes digests = fields[FieldType::digest_array];
    if (fields.has(FieldType::pid_array) && (pids.empty() || pids.size() % 2 != 0)) return false;
    if (fields.has(FieldType::digest_array) && (digests.empty() || digests.size() % Digest::kSize != 0)) return false;
    if (pids.size() / 2 > kPartitionCount || digests.size() / Digest::kSize > kPartitionCount) return false;
    for (size_t i = 0; i < pids.size(); i += 2) {
        if (!add(load_le<uint16_t>(pids.data() + i), std::nullopt)) return false;  // little-endian, unlike the rest
    }
    for (size_t i = 0; i < digests.size(); i += Digest::kSize) {
        const Digest digest = Digest::from(digests.data() + i);
        if (!add(digest.partition(), digest)) return false;
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
    request.no_bins = (message.header.info1 & wire::info1::no_bins) != 0;
    if (fields[FieldType::set].size() > partition::kSetNameMax) return bad;
    if (!parse_starts(fields, request.starts)) return bad;
    if (!number(fields, FieldType::query_id, request.id)) return bad;
    if (!number(fields, FieldType::max_records, request.records_max)) return bad;
    if (!number(fields, FieldType::records_per_second, request.records_per_second)) return bad;
    if (!number(fields, FieldType::socket_timeout, request.socket_timeout_ms)) return bad;
    if (request.is_short && request.records_per_second != 0) return bad;
    return request;
}

}  // namespace cairn::query
