#include "bench/load/plan.h"

#include <algorithm>
#include <cstring>

#include "common/client/request.h"

namespace cairn::bench {
namespace {

/// Stands for a digest while a frame is written; found again in the frame afterwards.
Digest placeholder() {
    Digest digest;
    for (size_t i = 0; i < Digest::kSize; ++i) digest.bytes[i] = uint8_t(0xE1 + 7 * i);
    return digest;
}

Frame to_frame(const Buffer& out) {
    Frame frame;
    frame.bytes.assign(out.data(), out.data() + out.size());
    const auto mark = placeholder();
    auto from = frame.bytes.begin();
    while ((from = std::search(from, frame.bytes.end(), mark.bytes.begin(), mark.bytes.end())) != frame.bytes.end()) {
        frame.digest_at.push_back(uint32_t(from - frame.bytes.begin()));
        from += Digest::kSize;
    }
    return frame;
}

client::Value value_of(BinType type, uint32_t size, Dice& dice) {
    if (type == BinType::integer) return client::Value::integer(int64_t(dice.next()));
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = char('a' + dice.below(26));
    return type == BinType::text ? client::Value::text(bytes) : client::Value::blob(bytes);
}

}  // namespace

Plan::Plan(const Options& options) : options_(options), order_(options.keys, options.random_seed) {
    const client::Target target{options.ns, options.set, placeholder()};
    Buffer out;
    if (options.no_bins) {
        client::append_exists(out, target);
    } else {
        client::append_get(out, target);
    }
    read_ = to_frame(out);

    out.clear();
    const std::vector<Digest> rows(options.batch, placeholder());
    client::append_batch_get(out, options.ns, options.set, rows, {}, options.no_bins);
    batch_ = to_frame(out);

    const uint32_t steps = std::min(options.size_max - options.size_min, 63u);
    for (uint32_t i = 0; i <= steps; ++i) {
        const uint64_t span = options.size_max - options.size_min;
        writes_.push_back(write_frame(options.size_min + uint32_t(steps == 0 ? 0 : span * i / steps)));
    }
}

Frame Plan::write_frame(uint32_t size) const {
    Dice dice(options_.random_seed + size);
    std::vector<client::Bin> bins;
    for (uint32_t i = 1; i <= options_.bins; ++i) {
        bins.push_back({options_.bins == 1 ? "b" : "b" + std::to_string(i), value_of(options_.type, size, dice)});
    }
    Buffer out;
    client::append_put(
        out, {options_.ns, options_.set, placeholder()}, bins,
        {.exists = options_.replace ? client::Exists::replace : client::Exists::any, .ttl = options_.ttl});
    return to_frame(out);
}

Result<std::unique_ptr<Plan>> Plan::create(const Options& options) {
    std::unique_ptr<Plan> plan(new Plan(options));
    if (options.mode == Mode::scan) return plan;
    auto digests = make_digests(options.set, options.first_key, options.keys);
    if (!digests) return std::unexpected(digests.error());
    plan->digests_ = std::move(*digests);
    return plan;
}

Buffer Plan::scan(const std::vector<PartitionId>& partitions) const {
    Buffer out;
    client::append_scan(
        out, {.ns = options_.ns, .set = options_.set, .partitions = partitions, .no_bins = options_.no_bins});
    return out;
}

void Plan::set_nodes(std::vector<runtime::Endpoint> nodes, const std::array<uint16_t, kPartitionCount>& owners) {
    nodes_ = std::move(nodes);
    owners_ = owners;
    inserted_ = std::make_unique<std::atomic<uint64_t>[]>(nodes_.size());
}

std::vector<PartitionId> Plan::partitions_of(size_t node) const {
    std::vector<PartitionId> partitions;
    for (uint32_t id = 0; id < kPartitionCount; ++id) {
        if (owners_[id] == node) partitions.push_back(PartitionId(id));
    }
    return partitions;
}

std::optional<uint64_t> Plan::next_insert(size_t node) {
    for (;;) {
        uint64_t index = inserted_[node].fetch_add(1, std::memory_order_relaxed);
        if (index >= options_.keys) return std::nullopt;
        if (options_.random_order) index = order_(index);
        if (owns(node, digests_[index])) return index;
    }
}

bool Plan::take() { return options_.count == 0 || taken_.fetch_add(1, std::memory_order_relaxed) < options_.count; }

}  // namespace cairn::bench
