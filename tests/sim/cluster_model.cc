#include "tests/sim/cluster_model.h"

#include <charconv>

namespace cairn::sim {

std::optional<std::string> OwnRecord::check(std::optional<int64_t> value, bool lossy) const {
    if (value && (*value < 1 || *value > asked() || removes_[static_cast<size_t>(*value) - 1])) {
        return "read " + std::to_string(*value) + ", which nobody wrote";
    }
    if (lossy) return std::nullopt;
    if (value && *value < acknowledged_) {
        return "read " + std::to_string(*value) + " behind its acknowledged " + std::to_string(acknowledged_);
    }
    if (value || acknowledged_ == 0) return std::nullopt;
    for (int64_t number = acknowledged_; number <= asked(); ++number) {
        if (removes_[static_cast<size_t>(number) - 1]) return std::nullopt;
    }
    return "read nothing behind its acknowledged " + std::to_string(acknowledged_);
}

std::optional<std::string> SharedCounter::check(int64_t value, bool lossy) const {
    if ((lossy || value >= acknowledged_) && value <= acknowledged_ + in_doubt_) return std::nullopt;
    return "read " + std::to_string(value) + ", acknowledged are " + std::to_string(acknowledged_) + ", in doubt " +
           std::to_string(in_doubt_);
}

std::string SharedSet::make_word(size_t user) {
    states_.push_back(State::made);
    return std::to_string(user) + "." + std::to_string(states_.size() - 1) + ";";
}

void SharedSet::acknowledged(const std::string& word) {
    *find(word) = State::acknowledged;
    order_.push_back(number_in(word).value());
}

std::optional<size_t> SharedSet::number_in(std::string_view word) {
    size_t number = 0;
    const char* const begin = word.data() + word.find('.') + 1;
    const auto [end, wrong] = std::from_chars(begin, word.data() + word.size(), number);
    if (wrong != std::errc() || end + 1 != word.data() + word.size()) return std::nullopt;
    return number;
}

std::optional<std::string> SharedSet::check(std::string_view text, size_t at_least, bool lossy) const {
    std::vector<bool> found(states_.size());
    while (!text.empty()) {
        const size_t end = text.find(';') + 1;
        if (end == 0) return "read a piece of a word: '" + std::string(text) + "'";
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(end);
        const auto number = number_in(word);
        if (!number || *number >= states_.size()) return "read '" + std::string(word) + "', which nobody wrote";
        if (states_[*number] == State::refused) return "read '" + std::string(word) + "', which was refused";
        if (found[*number]) return "read '" + std::string(word) + "' twice";
        found[*number] = true;
    }
    for (size_t i = 0; i < at_least && !lossy; ++i) {
        if (!found[order_[i]]) return "did not find word " + std::to_string(order_[i]) + ", which was acknowledged";
    }
    return std::nullopt;
}

}  // namespace cairn::sim
