#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "common/config/section.h"

namespace cairn::config {
namespace {

/// `a.b` and `c` → `a.b.c`, for paths and for what the user reads.
std::string join(const std::string& prefix, const std::string& key) {
    return prefix.empty() ? key : prefix + "." + key;
}

bool starts_path(const std::string& path, const std::string& prefix) {
    return path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '.';
}

std::string kind(const YAML::Node& node) {
    if (node.IsMap()) return "a map";
    if (node.IsSequence()) return "a list";
    return node.IsNull() ? "empty" : "a single value";
}

/// One walk through the document, guided by the sections. `shown` is the path as the user reads it
/// (`namespaces[0].storage-engine`), `prefix` the path in the section (`storage-engine`).
class Reader {
public:
    explicit Reader(std::string_view file_name) : file_name_(file_name) {}

    Result<void> read_map(const Section& section, const YAML::Node& map, const std::string& prefix,
                          const std::string& shown, Settings& into) {
        if (map.IsNull()) return {};
        if (!map.IsMap()) return wrong(map, shown, "is " + kind(map) + "; expected a map");
        std::set<std::string> seen;
        for (const auto& entry : map) {
            if (!entry.first.IsScalar()) return wrong(entry.first, shown, "has a key that is not a single word");
            const std::string& key = entry.first.Scalar();
            if (!seen.insert(key).second) return wrong(entry.first, join(shown, key), "is given twice; expected once");
            if (auto read = read_entry(section, entry.first, entry.second, prefix, shown, into); !read) return read;
        }
        return {};
    }

private:
    Result<void> read_entry(const Section& section, const YAML::Node& key, const YAML::Node& node,
                            const std::string& prefix, const std::string& shown, Settings& into) {
        const std::string path = join(prefix, key.Scalar());
        const std::string place = join(shown, key.Scalar());
        if (const Parameter* parameter = section.find(path)) return read_value(*parameter, key, node, place, into);
        for (const Section& list : section.lists) {
            if (list.key == path) return read_list(list, node, place, into);
        }
        if (std::ranges::find(section.planned_keys, path) != section.planned_keys.end()) {
            return wrong(key, place, "is not supported yet by this version; expected no such key");
        }
        if (std::ranges::any_of(section.parameters, [&](const Parameter& p) { return starts_path(p.path, path); })) {
            return read_map(section, node, path, place, into);
        }
        return unknown(section, key, prefix, shown);
    }

    Result<void> read_value(const Parameter& parameter, const YAML::Node& key, const YAML::Node& node,
                            const std::string& place, Settings& into) {
        const bool list = parameter.type == Type::list;
        if (!node.IsScalar() && !(list && node.IsSequence())) {
            return wrong(node.IsNull() ? key : node, place,
                         "is " + kind(node) + "; expected " + expectation(parameter));
        }
        std::vector<std::string> texts;
        if (list && node.IsScalar()) texts.push_back(node.Scalar());
        for (const YAML::Node& item : node) {
            if (!item.IsScalar())
                return wrong(item, place, "holds " + kind(item) + "; expected " + expectation(parameter));
            texts.push_back(item.Scalar());
        }
        auto value = list ? accept_list(parameter, texts) : accept_value(parameter, node.Scalar());
        if (!value) return wrong(node, place, value.error().detail);
        into.values[parameter.path] = Setting{std::move(*value), line(node)};
        return {};
    }

    Result<void> read_list(const Section& section, const YAML::Node& list, const std::string& place, Settings& into) {
        if (!list.IsSequence()) {
            return wrong(list, place, "is " + kind(list) + "; expected a list of maps, each with a name");
        }
        std::vector<Settings>& items = into.lists[section.key];
        for (const YAML::Node& node : list) {
            const std::string here = place + "[" + std::to_string(items.size()) + "]";
            if (!node.IsMap()) return wrong(node, here, "is " + kind(node) + "; expected a map with a name");
            Settings item;
            item.source = line(node);
            if (auto read = read_map(section, node, "", here, item); !read) return read;
            if (item.name().empty()) return wrong(node, here, "has no name; expected a name");
            for (size_t index = 0; index < items.size(); ++index) {
                if (items[index].name() != item.name()) continue;
                return wrong(node, here + ".name",
                             "'" + item.name() + "' is already the name of " + place + "[" + std::to_string(index) +
                                 "]; expected another name");
            }
            items.push_back(std::move(item));
        }
        return {};
    }

    std::unexpected<Error> unknown(const Section& section, const YAML::Node& key, const std::string& prefix,
                                   const std::string& shown) {
        std::set<std::string> known;
        const auto add = [&](const std::string& path) {
            if (!prefix.empty() && !starts_path(path, prefix)) return;
            const std::string rest = prefix.empty() ? path : path.substr(prefix.size() + 1);
            known.insert(rest.substr(0, rest.find('.')));
        };
        for (const Parameter& parameter : section.parameters) add(parameter.path);
        for (const Section& list : section.lists) add(list.key);
        const std::string meant = closest(key.Scalar(), {known.begin(), known.end()});
        std::string sentence = "unknown key '" + key.Scalar() + "'";
        if (!meant.empty()) return wrong(key, shown, sentence + "; expected perhaps '" + meant + "'");
        constexpr size_t kNamed = 6;
        std::string all;
        for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
        return wrong(key, shown, sentence + (known.size() > kNamed ? "" : "; expected one of " + all));
    }

    std::string line(const YAML::Node& node) const {
        return std::string(file_name_) + ":" + std::to_string(node.Mark().line + 1);
    }
    std::unexpected<Error> wrong(const YAML::Node& node, const std::string& place, const std::string& problem) const {
        return fail(ResultCode::parameter, line(node) + ": " + (place.empty() ? "" : place + ": ") + problem);
    }

    std::string_view file_name_;
};

/// Takes part in nothing.
class Ignore final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

/// The library's own loop over documents never ends on a text such as ",": each turn finds a document in nothing.
bool holds_one_document(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Ignore ignore;
    return !parser.HandleNextDocument(ignore) || !parser.HandleNextDocument(ignore);
}

}  // namespace

Result<Settings> parse_yaml(const Section& section, std::string_view text, std::string_view file_name) {
    const std::string file(file_name);
    Settings settings;
    settings.source = file;
    try {
        const std::string whole(text);
        if (!holds_one_document(whole)) {
            return fail(ResultCode::parameter,
                        file + ": holds more than one YAML document, or text that is none; expected one");
        }
        const YAML::Node document = YAML::Load(whole);
        if (auto read = Reader(file_name).read_map(section, document, "", "", settings); !read) {
            return std::unexpected(read.error());
        }
    } catch (const YAML::Exception& error) {
        const int line = error.mark.is_null() ? 0 : error.mark.line;
        return fail(ResultCode::parameter, file + ":" + std::to_string(line + 1) + ": is not YAML: " + error.msg);
    }
    return settings;
}

}  // namespace cairn::config
