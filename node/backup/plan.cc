#include "node/backup/plan.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "node/tools/text_parts.h"

namespace cairn::backup {
namespace {

constexpr uint8_t kGreaterOrEqual = 4, kLess = 5, kAnd = 16, kLastUpdate = 66;  // operations of expressions
constexpr uint8_t kArrayOf1 = 0x91, kArrayOf3 = 0x93, kUnsigned64 = 0xCF;       // MessagePack

void append_byte(Buffer& out, uint8_t byte) { *out.append(1) = byte; }

/// [comparison, [last update], nanoseconds]
void append_comparison(Buffer& out, uint8_t comparison, uint64_t ms) {
    for (const uint8_t byte : {kArrayOf3, comparison, kArrayOf1, kLastUpdate, kUnsigned64}) append_byte(out, byte);
    store_be(out.append(8), ms * 1'000'000);
}

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ",") + name;
    return all;
}

bool parse_number(std::string_view text, uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string BackupPlan::text() const {
    return "namespace=" + ns + ";sets=" + joined(sets) + ";bins=" + joined(bins) +
           ";partitions=" + to_text(partitions) + ";after=" + std::to_string(modified_after_ms) +
           ";before=" + std::to_string(modified_before_ms) + ";no-bins=" + std::to_string(no_bins) +
           ";no-records=" + std::to_string(no_records) + ";no-indexes=" + std::to_string(no_indexes) +
           ";no-modules=" + std::to_string(no_modules);
}

Result<Partitions> parse_partitions(std::string_view text) {
    Partitions partitions;
    for (const auto range : ctl::split(text, ',')) {
        const size_t dash = range.find('-');
        uint32_t first = 0;
        uint32_t count = 1;
        if (!parse_number(range.substr(0, dash), first) ||
            (dash != range.npos && !parse_number(range.substr(dash + 1), count)) || count == 0 ||
            first >= kPartitionCount || count > kPartitionCount - first)
            return fail("partitions are FIRST or FIRST-COUNT within 0 to 4095, got '" + std::string(range) + "'");
        for (uint32_t id = first; id < first + count; ++id) partitions.set(id);
    }
    if (partitions.none()) return fail("no partition is named");
    return partitions;
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

Buffer time_filter(const BackupPlan& plan) {
    Buffer out;
    const bool after = plan.modified_after_ms != 0;
    const bool before = plan.modified_before_ms != 0;
    if (after && before) {
        append_byte(out, kArrayOf3);
        append_byte(out, kAnd);
    }
    if (after) append_comparison(out, kGreaterOrEqual, plan.modified_after_ms);
    if (before) append_comparison(out, kLess, plan.modified_before_ms);
    return out;
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
