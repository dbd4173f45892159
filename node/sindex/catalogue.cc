#include "node/sindex/catalogue.h"

#include <algorithm>
#include <sstream>

#include "common/base64/base64.h"

namespace cairn::sindex {
namespace {

constexpr std::string_view kNone = "-";
constexpr std::string_view kFormat = "cairn-indexes-1";

std::string word(std::string_view bytes) { return bytes.empty() ? std::string(kNone) : encode_base64(bytes); }

/// The parameters that one line stands for, and what they are views into.
struct Line {
    std::string type, index_type, name, set, bin, context, expression;

    /// @return  false when a word is no base64.
    bool decode() {
        for (std::string* text : {&name, &set, &bin}) {
            auto bytes = *text == kNone ? std::string() : decode_base64(*text);
            if (!bytes) return false;
            *text = std::move(*bytes);
        }
        return true;
    }
    Parameters parameters() const {
        Parameters parameters{.ns = "-", .name = name, .index_type = index_type};
        if (!set.empty()) parameters.set = set;
        if (index_type == name_of(IndexType::set)) return parameters;
        parameters.type = type;
        if (!bin.empty()) parameters.bin = bin;
        if (context != kNone) parameters.context = context;
        if (expression != kNone) parameters.expression = expression;
        return parameters;
    }
};

}  // namespace

Result<Catalogue::Added> Catalogue::add(Definition definition) {
    if (const Index* same_name = find(definition.name)) {
        if (same_name->definition == definition) return Added::present;
        return fail(ResultCode::sindex_found, "'indexname' already exists with different definition");
    }
    if (const Index* same = find_same(definition)) {
        indexes_[size_t(same - indexes_.data())].definition.name = definition.name;
        return Added::renamed;
    }
    const auto values = std::ranges::count_if(
        indexes_, [](const Index& index) { return index.definition.index_type != IndexType::set; });
    if (definition.index_type != IndexType::set && size_t(values) >= kIndexesMax) {
        return fail(ResultCode::sindex_max_count, "already at sindex definition limit");
    }
    uint16_t number = 0;
    while (std::ranges::find(indexes_, number, &Index::number) != indexes_.end()) ++number;
    indexes_.push_back({number, std::move(definition)});
    return Added::fresh;
}

bool Catalogue::remove(std::string_view name) {
    return std::erase_if(indexes_, [&](const Index& index) { return index.definition.name == name; }) != 0;
}

const Catalogue::Index* Catalogue::find(std::string_view name) const {
    const auto found = std::ranges::find(indexes_, name, [](const Index& index) { return index.definition.name; });
    return found == indexes_.end() ? nullptr : &*found;
}

const Catalogue::Index* Catalogue::find_same(const Definition& wanted) const {
    const auto found =
        std::ranges::find_if(indexes_, [&](const Index& index) { return index.definition.same_content(wanted); });
    return found == indexes_.end() ? nullptr : &*found;
}

const Catalogue::Index* Catalogue::find_for(const Definition& wanted) const {
    if (const Index* of_set = find_same(wanted)) return of_set;
    Definition of_all = wanted;
    of_all.set.clear();
    return find_same(of_all);
}

std::string Catalogue::save() const {
    std::string text = std::string(kFormat) + "\n";
    for (const auto& [number, definition] : indexes_) {
        text += std::string(name_of(definition.type)) + " " + std::string(name_of(definition.index_type));
        for (const std::string* part :
             {&definition.name, &definition.set, &definition.bin, &definition.context, &definition.expression}) {
            text += " " + word(*part);
        }
        text += "\n";
    }
    return text;
}

std::string Catalogue::save_one(Definition definition) {
    Catalogue one;
    (void)one.add(std::move(definition));
    return one.save();
}

Result<Catalogue> Catalogue::load(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string format;
    if (!(words >> format) || format != kFormat) return fail("is not a list of secondary indexes");
    Catalogue catalogue;
    for (Line line; words >> line.type;) {
        if (!(words >> line.index_type >> line.name >> line.set >> line.bin >> line.context >> line.expression) ||
            !line.decode()) {
            return fail("the definition of a secondary index is damaged");
        }
        auto definition = parse_definition(line.parameters());
        if (!definition) return fail("the secondary index '" + line.name + "': " + definition.error().detail);
        const auto added = catalogue.add(std::move(*definition));
        if (!added || *added != Added::fresh) return fail("the secondary index '" + line.name + "' is there twice");
    }
    return catalogue;
}

}  // namespace cairn::sindex
