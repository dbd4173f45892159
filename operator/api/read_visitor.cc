#include "operator/api/read_visitor.h"

#include <regex>
#include <set>

namespace cairn::api {
namespace {

constexpr size_t kMistakesMax = 16;
// std::regex goes one frame deeper for each character.
constexpr size_t kMatchedMax = 2048;

}  // namespace

void Mistakes::add(const std::string& path, std::string_view sentence) {
    if (all_.size() < kMistakesMax) all_.push_back(path + ": " + std::string(sentence));
}

void check_number(int64_t value, const std::string& path, const About& about, Mistakes& mistakes) {
    if (value >= about.min.value_or(INT64_MIN) && value <= about.max.value_or(INT64_MAX)) return;
    const std::string got = ", got " + std::to_string(value);
    if (!about.max || *about.max == INT32_MAX) {
        mistakes.add(path, "must be at least " + std::to_string(about.min.value_or(INT64_MIN)) + got);
        return;
    }
    mistakes.add(
        path, "must be " + std::to_string(about.min.value_or(INT64_MIN)) + " to " + std::to_string(*about.max) + got);
}

void check_text(const std::string& value, const std::string& path, const About& about, Mistakes& mistakes) {
    if (value.size() < about.length_min) {
        mistakes.add(path, "must have at least " + std::to_string(about.length_min) + " characters");
    } else if (value.size() > (about.length_max == 0 ? kMatchedMax : about.length_max) && !about.pattern.empty()) {
        mistakes.add(path, "must have at most " + std::to_string(about.length_max) + " characters");
    } else if (about.length_max != 0 && value.size() > about.length_max) {
        mistakes.add(path, "must have at most " + std::to_string(about.length_max) + " characters");
    } else if (!about.pattern.empty()) {
        const std::regex pattern(about.pattern.begin(), about.pattern.end());
        if (!std::regex_search(value, pattern)) {
            mistakes.add(path, "must match " + std::string(about.pattern) + ", got '" + value + "'");
        }
    }
}

void ReadVisitor::refuse_twins(const Json& list, std::string_view key, const std::string& path) {
    std::set<std::string> seen;
    for (const Json& element : list) {
        const auto found = element.is_object() ? element.find(key) : element.end();
        if (found == element.end() || !found->is_string()) continue;
        if (!seen.insert(found->get<std::string>()).second) {
            mistakes_.add(path, "has two entries of the " + std::string(key) + " '" + found->get<std::string>() + "'");
        }
    }
}

}  // namespace cairn::api
