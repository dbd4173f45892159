// What expressions know of the record: metadata, key, bins.
#include <algorithm>

#include "node/expr/evaluation.h"

namespace cairn::expr {
namespace {

using wire::Particle;

constexpr int64_t kEpochSeconds = 1'262'304'000;  // 2010 in seconds since 1970
constexpr int64_t kNanosOfSecond = 1'000'000'000;
constexpr int64_t kNanosOfMilli = 1'000'000;

Particle particle_of(Type type) {
    switch (type) {
        case Type::boolean: return Particle::boolean;
        case Type::integer: return Particle::integer;
        case Type::string: return Particle::string;
        case Type::list: return Particle::list;
        case Type::map: return Particle::map;
        case Type::blob: return Particle::blob;
        case Type::floating: return Particle::floating;
        case Type::geojson: return Particle::geojson;
        case Type::hll: return Particle::hll;
        default: return Particle::null;
    }
}

/// u32 of the digest's last four bytes: spreads records evenly over what partitions do not.
int64_t digest_remainder(const Digest& digest, int64_t divisor) {
    return int64_t(load_le<uint32_t>(digest.bytes.data() + Digest::kSize - 4)) % divisor;
}

}  // namespace

Value Evaluation::metadata(const Node& node) const {
    const record::Head* head = subject_.head;
    const int64_t void_time = head == nullptr ? 0 : int64_t(head->void_time);
    const int64_t updated_ms = head == nullptr ? int64_t(subject_.now_ms) : int64_t(head->last_update_ms());
    switch (node.code) {
        case Code::digest_modulo: return Value::of(digest_remainder(subject_.digest, node.integer));
        case Code::last_update: return Value::of(updated_ms * kNanosOfMilli + kEpochSeconds * kNanosOfSecond);
        case Code::since_update: return Value::of(std::max(int64_t(subject_.now_ms) - updated_ms, int64_t{0}));
        case Code::void_time:
            return Value::of(void_time == 0 ? int64_t{-1} : (void_time + kEpochSeconds) * kNanosOfSecond);
        case Code::ttl: {
            const auto now = int64_t(subject_.now_ms / 1000);
            return Value::of(void_time == 0 ? int64_t{-1} : std::max(void_time - now, int64_t{1}));
        }
        case Code::set_name: return Value::of(Type::string, as_bytes(subject_.set));
        case Code::key_exists: return Value::of(head != nullptr && head->has_key);
        case Code::is_tombstone:
            return Value::of(head != nullptr && record::Kind(head->kind) == record::Kind::tombstone);
        case Code::device_size: return Value::of(int64_t{0});  // deprecated; nothing of a record is only on a device
        case Code::memory_size:
        case Code::record_size: return Value::of(head == nullptr ? int64_t{0} : int64_t{head->units} * record::kUnit);
        default: return {};
    }
}

Value Evaluation::key(Type type) const {
    if (metadata_only_ || subject_.head == nullptr) return {};
    const Bytes key = record::stored_key(*subject_.head);
    if (key.empty() || Particle(key[0]) != particle_of(type)) return {};
    const Bytes content = key.subspan(1);
    if (type != Type::integer) return Value::of(type, content);
    return content.size() == 8 ? Value::of(int64_t(load_be<uint64_t>(content.data()))) : Value{};
}

bool Evaluation::find(std::string_view name, record::Bin& bin) {
    if (metadata_only_) return false;
    if (subject_.draft != nullptr) {
        const record::Bin* found = subject_.draft->find(name);
        if (found != nullptr) bin = *found;
        return found != nullptr;
    }
    if (subject_.head == nullptr) return false;
    if (!search_) search_.emplace(*subject_.head, program_.bin_lookups);
    return search_->find(name, bin);
}

Value Evaluation::bin(const Node& node) {
    record::Bin bin;
    if (!find(as_text(node.bytes), bin) || bin.type != particle_of(node.type)) return {};
    return from_particle({bin.type, bin.value});
}

Value Evaluation::bin_type(const Node& node) {
    record::Bin bin;
    if (metadata_only_) return {};
    return Value::of(find(as_text(node.bytes), bin) ? int64_t(bin.type) : int64_t{0});
}

}  // namespace cairn::expr
