#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "common/base/check.h"
#include "common/base/digest.h"
#include "common/base64/base64.h"
#include "node/server/info/changes.h"
#include "node/server/info/commands.h"

// Registered scripts.
namespace cairn::server {
namespace {

constexpr std::string_view kNoModules = "the registered scripts could not be read";

std::string hash_of(std::string_view source) {
    std::array<uint8_t, EVP_MAX_MD_SIZE> hash;
    unsigned size = 0;
    CAIRN_CHECK(EVP_Digest(source.data(), source.size(), hash.data(), &size, EVP_sha1(), nullptr) == 1);
    std::string text = to_hex(Bytes(hash.data(), size));
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

std::string list_modules(const State& state) {
    std::string all;
    if (state.modules == nullptr) return all;
    const auto modules = state.modules->all();
    for (const auto& [file, module] : *modules) {
        all += "filename=" + file + ",hash=" + hash_of(module->source) + ",type=LUA;";
    }
    return all;
}

/// As this command tells a time-out.
std::string module_text(smd::Outcome outcome) {
    return outcome == smd::Outcome::in_doubt ? "error=timeout" : outcome_text(outcome);
}

std::string put_module(const InfoCommand& command, State& state, InfoSession& session) {
    const std::string_view file = command.parameter({"filename"}).value_or("");
    if (!udf::valid_file_name(file)) return "error=invalid_filename";
    const std::string_view content = command.parameter({"content"}).value_or("");
    const auto size = parse_number(command.parameter({"content-len"}).value_or(""));
    if (!size || *size != content.size()) return "error=invalid_content_len";
    if (command.parameter({"udf-type"}).value_or("LUA") != "LUA") return "error=invalid_udf_type";
    const auto code = decode_base64(content);
    if (!code || code->empty()) return "error=invalid_base64_content";
    if (code->size() > udf::kModuleBytesMax) return "error=invalid_udf_content_len,>1M";
    if (const auto error = udf::compile(file, *code, session.clock)) {
        return "error=compile_error;file=" + std::string(file) + ";line=" + std::to_string(error->line) +
               ";message=" + encode_base64(error->message);
    }
    if (state.modules == nullptr) return info_error(1, kNoModules);
    if (state.change_metadata) {
        return change_cluster(state, session, {set_of(smd::Module::udf, std::string(file), *code)}, module_text);
    }
    const auto kept = state.modules->put(file, *code);
    return kept ? "ok" : info_error(int(kept.error().code), kept.error().detail);
}

std::string get_module(const InfoCommand& command, const State& state) {
    const std::string_view file = command.parameter({"filename"}).value_or("");
    if (file.empty()) return "error=invalid_filename";
    if (state.modules == nullptr) return "error=not_found";
    const auto modules = state.modules->all();
    const auto found = modules->find(file);
    if (found == modules->end()) return "error=not_found";
    return "type=LUA;content=" + encode_base64(found->second->source) + ";";
}

std::string remove_module(const InfoCommand& command, State& state, InfoSession& session) {
    const std::string_view file = command.parameter({"filename"}).value_or("");
    if (file.empty()) return "error=invalid_filename";
    if (state.modules == nullptr) return info_error(1, kNoModules);
    if (state.change_metadata) {
        return change_cluster(state, session, {removal_of(smd::Module::udf, std::string(file))}, module_text);
    }
    const auto removed = state.modules->remove(file);
    return removed ? "ok" : info_error(int(removed.error().code), removed.error().detail);
}

}  // namespace

void add_module_commands(Info& info, State& state) {
    info.add("udf-list", [&state](const InfoCommand&, InfoSession&) { return list_modules(state); });
    info.add("udf-put", [&state](const InfoCommand& command, InfoSession& session) {
        return put_module(command, state, session);
    });
    info.add("udf-get", [&state](const InfoCommand& command, InfoSession&) { return get_module(command, state); });
    info.add("udf-remove", [&state](const InfoCommand& command, InfoSession& session) {
        return remove_module(command, state, session);
    });
    info.add("udf-clear-cache", [](const InfoCommand&, InfoSession&) { return "ok"; });
}

}  // namespace cairn::server
