#include "node/backup/plan.h"

#include <nlohmann/json.hpp>

#include "common/base/number.h"
#include "common/base64/base64.h"
#include "node/tools/text_parts.h"

namespace cairn::backup {
namespace {

// Operations of expressions.
constexpr uint8_t kEqual = 1, kGreaterOrEqual = 4, kLess = 5, kAnd = 16, kLastUpdate = 66, kTtl = 69;
// MessagePack.
constexpr uint8_t kArrayOf1 = 0x91, kArrayOf3 = 0x93, kUnsigned64 = 0xCF, kMinusOne = 0xFF;

void append_byte(Buffer& out, uint8_t byte) { *out.append(1) = byte; }

/// [comparison, [last update], nanoseconds]
void append_comparison(Buffer& out, uint8_t comparison, uint64_t ms) {
    for (const uint8_t byte : {kArrayOf3, comparison, kArrayOf1, kLastUpdate, kUnsigned64}) append_byte(out, byte);
    store_be(out.append(8), ms * 1'000'000);
}

/// 20 bytes in base64.
std::optional<Digest> parse_digest(std::string_view text) {
    if (text.size() != base64_size(Digest::kSize)) return std::nullopt;
    const auto bytes = decode_base64(text);
    if (!bytes || bytes->size() != Digest::kSize) return std::nullopt;
    return Digest::from(as_bytes(*bytes).data());
}

std::string text_of(const std::vector<Digest>& digests) {
    Buffer text;
    for (const auto& digest : digests) append_base64(text, as_text(digest.bytes));
    return std::string(as_text(text.bytes()));
}

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ",") + name;
    return all;
}

}  // namespace

std::string BackupPlan::text() const {
    Buffer packed;
    append_base64(packed, filter);
    return "namespace=" + ns + ";sets=" + joined(sets) + ";bins=" + joined(bins) +
           ";partitions=" + to_text(part.partitions) + ";digests=" + text_of(part.after) +
           ";filter=" + std::string(as_text(packed.bytes())) + ";no-ttl-only=" + std::to_string(no_ttl_only) +
           ";after=" + std::to_string(modified_after_ms) + ";before=" + std::to_string(modified_before_ms) +
           ";no-bins=" + std::to_string(no_bins) + ";no-records=" + std::to_string(no_records) +
           ";no-indexes=" + std::to_string(no_indexes) + ";no-modules=" + std::to_string(no_modules);
}

Result<Part> parse_partitions(std::string_view text) {
    Part part{.partitions = {}};
    for (const auto range : ctl::split(text, ',')) {
        if (const auto digest = parse_digest(range)) {
            if (part.partitions[digest->partition()])
                return fail("partition " + std::to_string(digest->partition()) + " is named twice");
            part.partitions.set(digest->partition());
            part.after.push_back(*digest);
            continue;
        }
        const size_t dash = range.find('-');
        uint32_t first = 0;
        uint32_t count = 1;
        if (!parse_number(range.substr(0, dash), first) ||
            (dash != range.npos && !parse_number(range.substr(dash + 1), count)) || count == 0 ||
            first >= kPartitionCount || count > kPartitionCount - first)
            return fail("partitions are FIRST or FIRST-COUNT within 0 to 4095, or a digest in base64, got '" +
                        std::string(range) + "'");
        for (uint32_t id = first; id < first + count; ++id) part.partitions.set(id);
    }
    if (part.partitions.none()) return fail("no partition is named");
    return part;
}

Result<Part> parse_after_digest(std::string_view text) {
    const auto digest = parse_digest(text);
    if (!digest) return fail("a digest is 20 bytes in base64, got '" + std::string(text) + "'");
    Part part{.partitions = {}, .after = {*digest}};
    for (uint32_t id = digest->partition(); id < kPartitionCount; ++id) part.partitions.set(id);
    return part;
}

std::string to_text(const Partitions& partitions) {
    std::string text;
    for (size_t id = 0; id < kPartitionCount; id += 4) {
        const int digit = partitions[id] << 3 | partitions[id + 1] << 2 | partitions[id + 2] << 1 | partitions[id + 3];
        text += "0123456789abcdef"[digit];
    }
    return text;
}

Result<Partitions> partitions_from(std::string_view text) {
    Partitions partitions;
    if (text.size() != kPartitionCount / 4) return fail("a set of partitions has 1024 digits");
    for (size_t id = 0; id < kPartitionCount; ++id) {
        const size_t digit = std::string_view("0123456789abcdef").find(text[id / 4]);
        if (digit == std::string_view::npos) return fail("a set of partitions is hexadecimal");
        partitions[id] = (digit >> (3 - id % 4) & 1) != 0;
    }
    return partitions;
}

Buffer scan_filter(const BackupPlan& plan) {
    Buffer conditions;
    unsigned count = 0;
    if (plan.modified_after_ms != 0) {
        append_comparison(conditions, kGreaterOrEqual, plan.modified_after_ms);
        ++count;
    }
    if (plan.modified_before_ms != 0) {
        append_comparison(conditions, kLess, plan.modified_before_ms);
        ++count;
    }
    if (plan.no_ttl_only) {
        for (const uint8_t byte : {kArrayOf3, kEqual, kArrayOf1, kTtl, kMinusOne}) append_byte(conditions, byte);
        ++count;
    }
    if (!plan.filter.empty()) {
        conditions.append(as_bytes(plan.filter));
        ++count;
    }
    if (count < 2) return conditions;
    Buffer all;
    append_byte(all, static_cast<uint8_t>(kArrayOf1 + count));
    append_byte(all, kAnd);
    all.append(conditions.bytes());
    return all;
}

std::string BackupState::json() const {
    nlohmann::json files_json = nlohmann::json::array();
    for (const auto& file : files) files_json.push_back({{"name", file.name}, {"bytes", file.bytes}});
    const nlohmann::json all = {{"format", 1},
                                {"plan", plan},
                                {"done", to_text(done)},
                                {"definitions", definitions_done},
                                {"files", files_json}};
    return all.dump(1) + "\n";
}

Result<BackupState> BackupState::parse(const std::string& json) {
    const auto damaged = [] { return fail("the state of the backup is damaged: begin it anew (--remove-files)"); };
    const auto all = nlohmann::json::parse(json, nullptr, false);
    if (!all.is_object() || all.value("format", 0) != 1) return damaged();
    try {
        BackupState state;
        state.plan = all.at("plan");
        auto done = partitions_from(all.at("done").get<std::string>());
        if (!done) return damaged();
        state.done = *done;
        state.definitions_done = all.at("definitions");
        for (const auto& file : all.at("files"))
            state.files.push_back({file.at("name").get<std::string>(), file.at("bytes").get<uint64_t>()});
        return state;
    } catch (const nlohmann::json::exception&) {
        return damaged();
    }
}

}  // namespace cairn::backup
