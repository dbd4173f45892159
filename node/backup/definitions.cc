#include "node/backup/definitions.h"

#include <algorithm>

#include "common/base64/base64.h"
#include "common/client/info.h"
#include "node/tools/text_parts.h"

namespace cairn::backup {
namespace {

struct Word {
    char letter;
    std::string_view text;  // in commands; lists may write it in capitals
};
constexpr Word kSources[] = {{'N', "default"}, {'N', "none"}, {'L', "list"}, {'K', "mapkeys"}, {'V', "mapvalues"}};
constexpr Word kTypes[] = {{'N', "numeric"}, {'S', "string"}, {'G', "geo2dsphere"}, {'B', "blob"}};

template <size_t kCount>
char letter_of(const Word (&words)[kCount], std::string text) {
    std::ranges::transform(text, text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    for (const auto& word : words) {
        if (word.text == text) return word.letter;
    }
    return '\0';
}

template <size_t kCount>
std::string_view text_of(const Word (&words)[kCount], char letter) {
    for (const auto& word : words) {
        if (word.letter == letter) return word.text;
    }
    return words[0].text;
}

}  // namespace

Result<std::vector<IndexDefinition>> parse_index_list(std::string_view value) {
    std::vector<IndexDefinition> indexes;
    for (const auto part : ctl::split(value, ';')) {
        auto pairs = client::parse_pairs(part, ':');
        const auto known = [&](const char* key) {
            auto& text = pairs[key];
            return text == "NULL" || text == "null" ? std::string() : text;
        };
        IndexDefinition index{.ns = known("ns"), .set = known("set"), .name = known("indexname"), .bin = known("bin")};
        index.source = letter_of(kSources, pairs["indextype"]);
        index.type = letter_of(kTypes, pairs["type"]);
        index.context = known("context");
        if (index.name.empty() || index.source == '\0' || index.type == '\0')
            return fail("info 'sindex-list' has an index that a backup has no form for: '" + std::string(part) + "'");
        indexes.push_back(std::move(index));
    }
    return indexes;
}

std::string create_command(const IndexDefinition& index, std::string_view ns) {
    std::string command = "sindex-create:namespace=" + (ns.empty() ? index.ns : std::string(ns));
    if (!index.set.empty()) command += ";set=" + index.set;
    command += ";indexname=" + index.name;
    if (!index.context.empty()) command += ";context=" + index.context;
    if (index.source != 'N') command += ";indextype=" + std::string(text_of(kSources, index.source));
    return command + ";bin=" + index.bin + ";type=" + std::string(text_of(kTypes, index.type));
}

std::vector<std::string> parse_module_list(std::string_view value) {
    std::vector<std::string> names;
    for (const auto part : ctl::split(value, ';')) {
        auto pairs = client::parse_pairs(part, ',');
        if (auto& name = pairs["filename"]; !name.empty()) names.push_back(std::move(name));
    }
    return names;
}

Result<Module> parse_module(std::string_view name, std::string_view value) {
    auto pairs = client::parse_pairs(value, ';');
    auto content = decode_base64(pairs["content"]);
    if (!content) return fail("info 'udf-get' of " + std::string(name) + " brings no base64");
    return Module{std::string(name), std::move(*content)};
}

std::string put_command(const Module& module) {
    Buffer content;
    append_base64(content, module.content);
    return "udf-put:filename=" + module.name + ";udf-type=LUA;content-len=" + std::to_string(content.size()) +
           ";content=" + std::string(as_text(content.bytes())) + ";";
}

}  // namespace cairn::backup
