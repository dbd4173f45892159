#include "common/backup/asb_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/backup/letters.h"
#include "common/base64/base64.h"

namespace cairn::backup {
namespace {

using client::Value;
using wire::Particle;

void put(Buffer& out, std::string_view text) { out.append(as_bytes(text)); }
void put(Buffer& out, char letter) { *out.append(1) = static_cast<uint8_t>(letter); }

template <class Number>
void put_number(Buffer& out, Number number) {
    std::array<char, 32> text;
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    put(out, {text.data(), static_cast<size_t>(end - text.data())});
}

bool ends_name(char letter) { return letter == '\\' || letter == ' ' || letter == '\n'; }

/// A name: what would end it has a backslash before it.
void put_name(Buffer& out, std::string_view name) {
    if (std::ranges::none_of(name, ends_name)) return put(out, name);
    for (const char letter : name) {
        if (ends_name(letter)) put(out, '\\');
        put(out, letter);
    }
}

/// The shortest text that is read as the same number.
void put_real(Buffer& out, double number) {
    if (std::isnan(number)) return put(out, "nan");
    if (std::isinf(number)) return put(out, number > 0 ? "+inf" : "-inf");
    put_number(out, number);
}

void put_sized(Buffer& out, std::string_view text) {
    put_number(out, text.size());
    put(out, ' ');
    put(out, text);
}

void put_sized_base64(Buffer& out, std::string_view bytes) {
    put_number(out, base64_size(bytes.size()));
    put(out, ' ');
    append_base64(out, bytes);
}

/// The text inside a GeoJSON value: behind its flags and its cells.
std::optional<std::string_view> geojson_text(std::string_view bytes) {
    if (bytes.size() < 3) return std::nullopt;
    const size_t cells = load_be<uint16_t>(as_bytes(bytes).data() + 1);
    if (bytes.size() < 3 + cells * 8) return std::nullopt;
    return bytes.substr(3 + cells * 8);
}

/// The value behind its letter and the name. @return  false when it is not of its type's form.
bool put_value(Buffer& out, const Value& value) {
    switch (value.type) {
        case Particle::integer:
            if (const auto number = value.as_integer()) return put_number(out, *number), true;
            return false;
        case Particle::floating:
            if (const auto number = value.as_real()) return put_real(out, *number), true;
            return false;
        case Particle::boolean:
            if (const auto truth = value.as_boolean()) return put(out, *truth ? 'T' : 'F'), true;
            return false;
        case Particle::string: put_sized(out, value.bytes); return true;
        case Particle::geojson:
            if (const auto text = geojson_text(value.bytes)) return put_sized(out, *text), true;
            return false;
        default: put_sized_base64(out, value.bytes); return true;
    }
}

std::unexpected<Error> no_form(std::string_view what, std::string_view name, const Value& value) {
    return fail(std::string(what) + std::string(name) + " of type " + std::to_string(static_cast<int>(value.type)) +
                " and " + std::to_string(value.bytes.size()) + " bytes has no form in a backup file");
}

Result<void> put_bin(Buffer& out, const client::Bin& bin) {
    const char letter = letter_of(bin.value.type);
    if (letter == '\0') return no_form("bin ", bin.name, bin.value);
    put(out, "- ");
    put(out, letter);
    put(out, ' ');
    put_name(out, bin.name);
    if (bin.value.type != Particle::null) {
        put(out, ' ');
        if (!put_value(out, bin.value)) return no_form("bin ", bin.name, bin.value);
    }
    put(out, '\n');
    return {};
}

Result<void> put_key(Buffer& out, const Value& key) {
    const char letter = letter_of(key.type);
    if (letter == '\0' || !is_key_letter(letter)) return no_form("a key", "", key);
    put(out, "+ k ");
    put(out, letter);
    put(out, ' ');
    if (!put_value(out, key)) return no_form("a key", "", key);
    put(out, '\n');
    return {};
}

Result<void> put_record(Buffer& out, std::string_view ns, const client::Record& record) {
    if (record.key) {
        if (auto done = put_key(out, *record.key); !done) return done;
    }
    put(out, "+ n ");
    put_name(out, ns);
    put(out, "\n+ d ");
    append_base64(out, as_text(record.digest.bytes));
    if (!record.set.empty()) {
        put(out, "\n+ s ");
        put_name(out, record.set);
    }
    put(out, "\n+ g ");
    put_number(out, record.generation);
    put(out, "\n+ t ");
    put_number(out, record.void_time);
    put(out, "\n+ b ");
    put_number(out, record.bins.size());
    put(out, '\n');
    for (const auto& bin : record.bins) {
        if (auto done = put_bin(out, bin); !done) return done;
    }
    return {};
}

}  // namespace

void append_head(Buffer& out, std::string_view ns, bool first) {
    put(out, "Version 3.1\n# namespace ");
    put_name(out, ns);
    put(out, first ? "\n# first-file\n" : "\n");
}

void append_index(Buffer& out, const IndexDefinition& index) {
    put(out, "* i ");
    for (const std::string_view name : {index.ns, index.set, index.name}) {
        put_name(out, name);
        put(out, ' ');
    }
    put(out, index.source);
    put(out, " 1 ");
    put_name(out, index.bin);
    put(out, ' ');
    put(out, index.type);
    if (!index.context.empty()) {
        put(out, ' ');
        put(out, index.context);
    }
    put(out, '\n');
}

void append_module(Buffer& out, const Module& module) {
    put(out, "* u L ");
    put_name(out, module.name);
    put(out, ' ');
    put_sized(out, module.content);
    put(out, '\n');
}

Result<void> append_record(Buffer& out, std::string_view ns, const client::Record& record) {
    const size_t before = out.size();
    auto done = put_record(out, ns, record);
    if (!done) out.truncate(before);
    return done;
}

}  // namespace cairn::backup
