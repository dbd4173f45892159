#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/text.h"

namespace cairn::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Families by name while they are gathered from several namespaces.
class FamilyMap {
public:
    /// The first call for a name gives it its help and type.
    void add(const std::string& name, const std::string& help, Type type, Sample sample) {
        auto& family = families_.try_emplace(name, Family{name, help, type, {}}).first->second;
        family.samples.push_back(std::move(sample));
    }
    std::vector<Family> take() {
        std::vector<Family> taken;
        for (auto& [name, family] : families_) taken.push_back(std::move(family));
        families_.clear();
        return taken;
    }

private:
    std::map<std::string, Family> families_;
};

/// `text` with `-`, `.`, `_` and space as `with`.
inline std::string replace_separators(std::string text, char with) {
    for (char& letter : text) {
        if (letter == '-' || letter == '.' || letter == ' ' || letter == '_') letter = with;
    }
    return text;
}

}  // namespace cairn::metrics
