#pragma once
#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/config/section.h"

namespace cairn::config {

/// The parameters of a struct and where in it each lives. Defaults are what a default-made struct holds, so they are
/// said once, beside the member.
template <class Owner>
class Table {
public:
    struct Row {
        Parameter parameter;
        std::function<Value(const Owner&)> get;          // null: a planned parameter without a member
        std::function<void(Owner&, const Value&)> set;
    };
    struct List {
        Section section;
        std::function<std::vector<Settings>(const Owner&)> get;
        std::function<void(Owner&, const std::vector<Settings>&)> set;
    };

    /// A parameter kept in `member`: bool, an integer wide enough for its range, string, vector<string>, or an enum
    /// whose values count through the parameter's choices.
    template <class Member>
    Table& add(Parameter parameter, Member Owner::* member) {
        const auto choices = parameter.choices;
        return add(
            std::move(parameter), [=](const Owner& owner) { return to_value(owner.*member, choices); },
            [=](Owner& owner, const Value& value) { from_value(value, choices, owner.*member); });
    }

    Table& add(Parameter parameter, std::function<Value(const Owner&)> get,
               std::function<void(Owner&, const Value&)> set) {
        parameter.default_value = get(Owner{});
        rows_.push_back({std::move(parameter), std::move(get), std::move(set)});
        return *this;
    }

    /// A parameter of a feature that does not exist yet.
    Table& plan(Parameter parameter, Value default_value) {
        parameter.planned = true;
        if (parameter.description.empty()) parameter.description = "Of a feature to come.";
        parameter.default_value = std::move(default_value);
        rows_.push_back({std::move(parameter), nullptr, nullptr});
        return *this;
    }

    /// A whole map or list of a feature that does not exist yet.
    Table& plan_key(std::string path) {
        planned_keys_.push_back(std::move(path));
        return *this;
    }

    /// A map: the parameters of a struct inside this one.
    template <class Inner>
    Table& nest(const std::string& key, Inner Owner::* member, const Table<Inner>& inner) {
        for (const auto& row : inner.rows()) {
            Row outer{row.parameter, nullptr, nullptr};
            outer.parameter.path = key + "." + row.parameter.path;
            outer.parameter.info_name = key + (row.parameter.info_name.empty() ? "" : "." + row.parameter.info_name);
            if (row.get) {
                outer.get = [member, get = row.get](const Owner& owner) { return get(owner.*member); };
                outer.set = [member, set = row.set](Owner& owner, const Value& v) { set(owner.*member, v); };
            }
            rows_.push_back(std::move(outer));
        }
        for (const std::string& path : inner.planned_keys()) planned_keys_.push_back(key + "." + path);
        return *this;
    }

    /// A list of named maps.
    template <class Item>
    Table& list(std::string key, std::string description, std::vector<Item> Owner::* member, const Table<Item>& items) {
        List made;
        made.section = items.section();
        made.section.key = std::move(key);
        made.section.description = std::move(description);
        made.get = [=](const Owner& owner) {
            std::vector<Settings> all;
            for (const Item& item : owner.*member) all.push_back(items.settings(item));
            return all;
        };
        made.set = [=](Owner& owner, const std::vector<Settings>& all) {
            (owner.*member).clear();
            for (const Settings& item : all) (owner.*member).push_back(items.make(item));
        };
        lists_.push_back(std::move(made));
        return *this;
    }

    Section section() const {
        Section made;
        for (const Row& row : rows_) made.parameters.push_back(row.parameter);
        for (const List& list : lists_) made.lists.push_back(list.section);
        made.planned_keys = planned_keys_;
        return made;
    }

    Settings settings(const Owner& owner) const {
        Settings all;
        for (const Row& row : rows_) {
            if (row.get) all.values[row.parameter.path] = Setting{row.get(owner), ""};
        }
        for (const List& list : lists_) all.lists[list.section.key] = list.get(owner);
        return all;
    }

    /// The settings' values where given, else the defaults.
    Owner make(const Settings& settings) const {
        Owner owner{};
        for (const auto& [path, setting] : settings.values) set(owner, path, setting.value);
        for (const List& list : lists_) {
            const auto given = settings.lists.find(list.section.key);
            if (given != settings.lists.end()) list.set(owner, given->second);
        }
        return owner;
    }

    void set(Owner& owner, std::string_view path, const Value& value) const {
        for (const Row& row : rows_) {
            if (row.parameter.path == path && row.set) row.set(owner, value);
        }
    }

    const std::vector<Row>& rows() const { return rows_; }
    const std::vector<std::string>& planned_keys() const { return planned_keys_; }

private:
    template <class Member>
    static Value to_value(const Member& member, const std::vector<std::string>& choices) {
        if constexpr (std::is_enum_v<Member>) {
            return choices[size_t(member)];
        } else if constexpr (std::integral<Member> && !std::same_as<Member, bool>) {
            return int64_t(member);
        } else {
            return member;
        }
    }

    template <class Member>
    static void from_value(const Value& value, const std::vector<std::string>& choices, Member& member) {
        if constexpr (std::is_enum_v<Member>) {
            size_t index = 0;
            while (index < choices.size() && choices[index] != std::get<std::string>(value)) ++index;
            CAIRN_CHECK(index < choices.size());
            member = Member(index);
        } else if constexpr (std::integral<Member> && !std::same_as<Member, bool>) {
            const int64_t number = std::get<int64_t>(value);
            CAIRN_CHECK(std::in_range<Member>(number));
            member = Member(number);
        } else {
            member = std::get<Member>(value);
        }
    }

    std::vector<Row> rows_;
    std::vector<List> lists_;
    std::vector<std::string> planned_keys_;
};

}  // namespace cairn::config
