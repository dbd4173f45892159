#include "node/udf/modules.h"

#include <charconv>
#include <utility>

#include "common/base/buffer.h"
#include "common/base/hash.h"
#include "node/record/msgpack.h"
#include "node/udf/interpreter.h"

namespace cairn::udf {
namespace {

namespace msgpack = record::msgpack;

constexpr size_t kFileNameMax = 127;
constexpr size_t kCheckSize = 8;

/// The kept form: a hash of what follows, then a list of names and sources in turn.
std::string serialise(const ModuleSet& modules) {
    Buffer out;
    out.append(kCheckSize);
    msgpack::write_list_header(out, uint32_t(modules.size() * 2));
    for (const auto& [file, module] : modules) {
        msgpack::write_raw(out, as_bytes(file));
        msgpack::write_raw(out, as_bytes(module->source));
    }
    store_le(out.data(), hash64(out.bytes().subspan(kCheckSize)));
    return std::string(as_text(out.bytes()));
}

std::optional<ModuleSet> parse(Bytes kept, uint64_t& last_version) {
    if (kept.size() < kCheckSize) return std::nullopt;
    const Bytes list = kept.subspan(kCheckSize);
    if (load_le<uint64_t>(kept.data()) != hash64(list)) return std::nullopt;
    msgpack::Reader reader(list);
    msgpack::Element header, file, source;
    if (!reader.next(header) || header.type != msgpack::Type::list) return std::nullopt;
    ModuleSet modules;
    for (uint32_t i = 0; i + 1 < header.count; i += 2) {
        if (!reader.next(file) || !reader.next(source)) return std::nullopt;
        std::string name(as_text(file.content));
        modules[name] =
            std::make_shared<const Module>(Module{name, std::string(as_text(source.content)), ++last_version});
    }
    return modules;
}

/// Lua tells errors as "file:line: message".
CompileError split(std::string_view file, std::string text) {
    CompileError error{0, std::move(text)};
    if (!error.message.starts_with(file)) return error;
    const char* from = error.message.data() + file.size();
    const char* end = error.message.data() + error.message.size();
    if (from == end || *from != ':') return error;
    const auto [at, failure] = std::from_chars(from + 1, end, error.line);
    if (failure != std::errc{} || end - at < 2) return error;
    error.message = std::string(at + 2, end);
    return error;
}

}  // namespace

bool valid_file_name(std::string_view file) {
    const size_t dot = file.rfind('.');
    return file.size() <= kFileNameMax && dot != std::string_view::npos && dot != 0 && dot + 1 != file.size() &&
           file.find_first_of(std::string_view("/\\\0;,:=", 7)) == std::string_view::npos;
}

std::optional<CompileError> compile(std::string_view file, std::string_view source, runtime::Clock& clock) {
    Interpreter interpreter(Limits{}, clock);
    if (const auto error = interpreter.load(file, source)) return split(file, *error);
    return std::nullopt;
}

Result<void> Modules::load() {
    if (path_.empty()) return {};
    const auto text = disk_.read_file(path_);
    if (!text) return text.error().code == ResultCode::not_found ? Result<void>() : std::unexpected(text.error());
    auto modules = parse(as_bytes(*text), last_version_);
    if (!modules) return fail("the registered scripts in " + path_ + " are damaged");
    const std::lock_guard lock(mutex_);
    modules_ = std::make_shared<const ModuleSet>(std::move(*modules));
    return {};
}

Result<void> Modules::publish(ModuleSet modules) {
    if (!path_.empty()) {
        if (auto kept = disk_.write_file(path_, serialise(modules)); !kept) return kept;
    }
    const std::lock_guard lock(mutex_);
    modules_ = std::make_shared<const ModuleSet>(std::move(modules));
    return {};
}

Result<void> Modules::put(std::string_view file, std::string_view source) {
    if (!valid_file_name(file)) return fail(ResultCode::parameter, "not a file name: '" + std::string(file) + "'");
    if (source.size() > kModuleBytesMax) return fail(ResultCode::parameter, "a script is at most 1 MiB");
    const std::lock_guard lock(changes_);
    ModuleSet modules = *all();
    modules[std::string(file)] =
        std::make_shared<const Module>(Module{std::string(file), std::string(source), ++last_version_});
    return publish(std::move(modules));
}

Result<void> Modules::remove(std::string_view file) {
    const std::lock_guard lock(changes_);
    ModuleSet modules = *all();
    const auto found = modules.find(file);
    if (found == modules.end()) return {};
    modules.erase(found);
    return publish(std::move(modules));
}

Result<void> Modules::replace(const std::map<std::string, std::string>& wanted) {
    const std::lock_guard lock(changes_);
    const auto present = all();
    ModuleSet modules;
    for (const auto& [file, source] : wanted) {
        const auto same = present->find(file);
        modules[file] = same != present->end() && same->second->source == source
                            ? same->second
                            : std::make_shared<const Module>(Module{file, source, ++last_version_});
    }
    return modules == *present ? Result<void>() : publish(std::move(modules));
}

std::shared_ptr<const ModuleSet> Modules::all() const {
    const std::lock_guard lock(mutex_);
    return modules_;
}

}  // namespace cairn::udf
