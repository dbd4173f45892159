#pragma once
#include <map>
#include <string>

#include "operator/api/fields.h"
#include "operator/api/quantity.h"

namespace cairn::api {

/// What is wrong with a document: a sentence each, which begins with the field ("spec.size: must be ..."). At most 16.
class Mistakes {
public:
    void add(const std::string& path, std::string_view sentence);
    const std::vector<std::string>& all() const { return all_; }

private:
    std::vector<std::string> all_;
};

void check_number(int64_t value, const std::string& path, const About& about, Mistakes& mistakes);
void check_text(const std::string& value, const std::string& path, const About& about, Mistakes& mistakes);

/// Fills a declared struct from JSON. What is absent or null keeps its default; members that are not declared are
/// ignored, since a later version may have them. @see fields.h
class ReadVisitor {
public:
    /// @param path  of `object`, for mistakes; "" at the root. @param object, mistakes  outlive this.
    ReadVisitor(const Json& object, std::string path, Mistakes& mistakes)
        : object_(object), path_(std::move(path)), mistakes_(mistakes) {}

    template <class T>
    void operator()(std::string_view name, T& member, const About& about = {}) {
        const std::string path = path_.empty() ? std::string(name) : path_ + "." + std::string(name);
        const auto found = object_.find(name);
        if (found == object_.end() || found->is_null()) {
            if (about.required) mistakes_.add(path, "is required");
            return;
        }
        read(*found, member, path, about);
    }
    void rule(const Rule&) {}

private:
    bool expect(bool fits, const std::string& path, const char* what) {
        if (!fits) mistakes_.add(path, std::string("must be ") + what);
        return fits;
    }

    void read(const Json& json, bool& value, const std::string& path, const About&) {
        if (expect(json.is_boolean(), path, "true or false")) value = json.get<bool>();
    }
    void read(const Json& json, int32_t& value, const std::string& path, const About& about) {
        int64_t wide = 0;
        About narrow = about;
        narrow.min = std::max<int64_t>(about.min.value_or(INT32_MIN), INT32_MIN);
        narrow.max = std::min<int64_t>(about.max.value_or(INT32_MAX), INT32_MAX);
        const size_t before = mistakes_.all().size();
        read(json, wide, path, narrow);
        if (mistakes_.all().size() == before) value = int32_t(wide);
    }
    void read(const Json& json, int64_t& value, const std::string& path, const About& about) {
        const bool fits = json.is_number_integer() && (!json.is_number_unsigned() || json.get<uint64_t>() <= INT64_MAX);
        if (!expect(fits, path, "a whole number")) return;
        value = json.get<int64_t>();
        check_number(value, path, about, mistakes_);
    }
    void read(const Json& json, std::string& value, const std::string& path, const About& about) {
        if (!expect(json.is_string(), path, "a text")) return;
        value = json.get<std::string>();
        check_text(value, path, about, mistakes_);
    }
    void read(const Json& json, Quantity& value, const std::string& path, const About&) {
        if (!expect(json.is_string(), path, "a quantity in quotes, such as \"10Gi\"")) return;
        value.text = json.get<std::string>();
        if (const auto whole = whole_value(value.text); !whole) mistakes_.add(path, whole.error().detail);
    }
    void read(const Json& json, Period& value, const std::string& path, const About&) {
        if (!expect(json.is_string(), path, "a duration such as 15m")) return;
        value.text = json.get<std::string>();
        if (const auto period = period_value(value.text); !period) mistakes_.add(path, period.error().detail);
    }
    void read(const Json& json, CountOrPercent& value, const std::string& path, const About&) {
        if (!number_or_text(json, path)) return;
        value.is_number = json.is_number();
        value.text = value.is_number ? json.dump() : json.get<std::string>();
        if (const auto count = count_of(value.text, 100); !count) mistakes_.add(path, count.error().detail);
    }
    void read(const Json& json, Amount& value, const std::string& path, const About&) {
        if (!number_or_text(json, path)) return;
        value.text = json.is_number() ? json.dump() : json.get<std::string>();
        if (const auto milli = milli_value(value.text); !milli) mistakes_.add(path, milli.error().detail);
    }
    bool number_or_text(const Json& json, const std::string& path) {
        return expect(json.is_number_integer() || json.is_string(), path, "a number or a text");
    }
    void read(const Json& json, Json& value, const std::string& path, const About&) {
        if (expect(json.is_object(), path, "a map")) value = json;
    }
    template <Named E>
    void read(const Json& json, E& value, const std::string& path, const About&) {
        std::string choices;
        for (size_t at = 0; at < std::size(Names<E>::kAll); at++) {
            if (json.is_string() && json.get_ref<const std::string&>() == Names<E>::kAll[at]) {
                value = E(at);
                return;
            }
            choices += (at == 0 ? "" : ", ") + std::string(Names<E>::kAll[at]);
        }
        mistakes_.add(path, "must be one of " + choices);
    }
    template <class T>
    void read(const Json& json, std::optional<T>& value, const std::string& path, const About& about) {
        const size_t before = mistakes_.all().size();
        read(json, value.emplace(), path, about);
        if (mistakes_.all().size() != before) value.reset();
    }
    template <class V>
    void read(const Json& json, std::map<std::string, V>& value, const std::string& path, const About& about) {
        if (!expect(json.is_object(), path, "a map") || !few(json, path, about)) return;
        value.clear();
        for (const auto& [key, element] : json.items()) {
            read(element, value[key], path + "[" + key + "]", {.length_max = about.length_max});
        }
    }
    template <class T>
    void read(const Json& json, std::vector<T>& value, const std::string& path, const About& about) {
        if (!expect(json.is_array(), path, "a list") || !few(json, path, about)) return;
        value.clear();
        value.reserve(json.size());
        for (const Json& element : json) {
            const std::string at = path + "[" + std::to_string(value.size()) + "]";
            read(element, value.emplace_back(), at, about.items != nullptr ? *about.items : About{});
        }
        if (!about.key.empty()) refuse_twins(json, about.key, path);
    }
    template <class T>
    void read(const Json& json, T& value, const std::string& path, const About&) {
        if (!expect(json.is_object(), path, "a map")) return;
        ReadVisitor inner(json, path, mistakes_);
        fields(inner, value);
    }

    bool few(const Json& json, const std::string& path, const About& about) {
        if (json.size() < about.items_min || json.size() > about.items_max) {
            mistakes_.add(path, "must have " + std::to_string(about.items_min) + " to " +
                                    std::to_string(about.items_max) + " entries, has " + std::to_string(json.size()));
            return false;
        }
        return true;
    }
    void refuse_twins(const Json& list, std::string_view key, const std::string& path);

    const Json& object_;
    const std::string path_;
    Mistakes& mistakes_;
};

}  // namespace cairn::api
