#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::server {

/// The names of statistics in the order in which tools know them. All are always told, also those of features that do
/// not exist here: dashboards and health rules take a missing key for a failure.
struct StatisticsList {
    struct Entry {
        std::string_view name;
        std::string_view absent;  // the value when nothing is put
    };
    const std::vector<Entry> entries;

    static const StatisticsList& of_node();       // `statistics`
    static const StatisticsList& of_namespace();  // `namespace/<ns>`, without configuration
};

/// Values for the names of a list.
class Statistics {
public:
    explicit Statistics(const StatisticsList& list) : list_(list), values_(list.entries.size()) {}

    /// `name` is in the list.
    void put(std::string_view name, std::string value);
    void put(std::string_view name, std::string_view value) { put(name, std::string(value)); }
    void put(std::string_view name, const char* value) { put(name, std::string(value)); }
    void put(std::string_view name, bool value) { put(name, value ? "true" : "false"); }
    void put(std::string_view name, std::integral auto value) { put(name, std::to_string(value)); }
    /// @return  false when the list has no such name: the value is not told.
    bool offer(std::string_view name, std::string value);

    /// `name=value;name=value`
    std::string text() const;

private:
    const StatisticsList& list_;
    std::vector<std::string> values_;  // by place in the list; empty: nothing put
};

}  // namespace cairn::server
