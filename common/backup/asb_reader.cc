#include "common/backup/asb_reader.h"

#include "common/backup/letters.h"
#include "common/base64/base64.h"

namespace cairn::backup {
namespace {

using client::Value;
using wire::Particle;

/// Bytes, in base64 unless `raw`.
bool read_bytes(Cursor& cursor, bool raw, std::string& into) {
    std::string_view text;
    if (!cursor.sized(text)) return false;
    if (raw) return into = text, true;
    auto bytes = decode_base64(text);
    if (!bytes) return cursor.fail("no base64");
    into = std::move(*bytes);
    return true;
}

bool read_boolean(Cursor& cursor, Value& value) {
    char letter = '\0';
    if (!cursor.letter(letter)) return false;
    if (letter != 'T' && letter != 'F') return cursor.fail("'T' or 'F' expected");
    value = Value::boolean(letter == 'T');
    return cursor.expect("\n");
}

/// The value behind `letter`, and the end of its line. Numbers end with the line, all else says how long it is.
bool read_value(Cursor& cursor, char letter, bool raw, Value& value) {
    if (letter == 'X') {  // strings of early versions
        value.type = Particle::string;
        return read_bytes(cursor, false, value.bytes) && cursor.expect("\n");
    }
    if (letter == 'U') return cursor.fail("a large data type, which no server has had since 3.15");
    const auto type = type_of(letter);
    if (!type) return cursor.fail("a value of an unknown type");
    value.type = *type;
    switch (*type) {
        case Particle::null: return cursor.expect("\n");
        case Particle::boolean: return read_boolean(cursor, value);
        case Particle::integer: {
            int64_t number = 0;
            if (!cursor.number(number, '\n')) return false;
            value = Value::integer(number);
            return true;
        }
        case Particle::floating: {
            double number = 0;
            if (!cursor.number(number, '\n')) return false;
            value = Value::real(number);
            return true;
        }
        case Particle::geojson:
            if (!read_bytes(cursor, true, value.bytes)) return false;
            value.bytes.insert(0, 3, '\0');  // no flags, no cells
            return cursor.expect("\n");
        case Particle::string: return read_bytes(cursor, true, value.bytes) && cursor.expect("\n");
        default: return read_bytes(cursor, raw, value.bytes) && cursor.expect("\n");
    }
}

/// "I " or, for bytes that are not in base64, "B! ".
bool read_letter(Cursor& cursor, char& letter, bool& raw) {
    if (!cursor.letter(letter)) return false;
    raw = cursor.peek() == '!';
    return cursor.expect(raw ? "! " : " ");
}

bool read_key(Cursor& cursor, std::optional<Value>& key) {
    char letter = '\0';
    bool raw = false;
    if (!read_letter(cursor, letter, raw)) return false;
    if (!is_key_letter(letter) && letter != 'X') return cursor.fail("a key of an unknown type");
    return read_value(cursor, letter, raw, key.emplace());
}

bool read_bin(Cursor& cursor, client::Bin& bin) {
    char letter = '\0';
    bool raw = false;
    if (!cursor.expect("- ") || !read_letter(cursor, letter, raw) || !cursor.name(bin.name)) return false;
    if (letter != 'N' && !cursor.expect(" ")) return false;
    return read_value(cursor, letter, raw, bin.value);
}

bool read_digest(Cursor& cursor, Digest& digest) {
    std::string_view text;
    if (!cursor.token(text, '\n')) return false;
    const auto bytes = decode_base64(text);
    if (!bytes || bytes->size() != Digest::kSize) return cursor.fail("a digest is not 20 bytes in base64");
    digest = Digest::from(as_bytes(*bytes).data());
    return true;
}

/// Its lines have one order; key and set may be missing.
bool read_record(Cursor& cursor, StoredRecord& stored) {
    auto& record = stored.record;
    char line = '\0';
    const auto begin_line = [&] { return cursor.expect("+ ") && cursor.letter(line) && cursor.expect(" "); };
    const auto is = [&](char wanted) { return line == wanted || cursor.fail("a record's lines are out of order"); };
    if (!begin_line()) return false;
    if (line == 'k' && (!read_key(cursor, record.key) || !begin_line())) return false;
    if (!is('n') || !cursor.name(stored.ns) || !cursor.expect("\n")) return false;
    if (!begin_line() || !is('d') || !read_digest(cursor, record.digest) || !begin_line()) return false;
    if (line == 's' && (!cursor.name(record.set) || !cursor.expect("\n") || !begin_line())) return false;
    uint16_t generation = 0;
    if (!is('g') || !cursor.number(generation, '\n')) return false;
    record.generation = generation;
    if (!begin_line() || !is('t') || !cursor.number(record.void_time, '\n')) return false;
    uint16_t count = 0;
    if (!begin_line() || !is('b') || !cursor.number(count, '\n')) return false;
    for (; count > 0; --count) {
        if (!read_bin(cursor, record.bins.emplace_back())) return false;
    }
    return true;
}

bool read_index(Cursor& cursor, IndexDefinition& index) {
    const auto one_of = [&](char& letter, std::string_view letters) {
        if (!cursor.letter(letter)) return false;
        return letters.contains(letter) || cursor.fail("an index of an unknown type");
    };
    if (!cursor.name(index.ns) || !cursor.expect(" ") || !cursor.name(index.set) || !cursor.expect(" ")) return false;
    if (!cursor.name(index.name) || !cursor.expect(" ") || !one_of(index.source, "NLKV")) return false;
    if (!cursor.expect(" 1 ") || !cursor.name(index.bin) || !cursor.expect(" ")) return false;
    if (!one_of(index.type, "NSGBI")) return false;
    if (cursor.peek() != ' ') return cursor.expect("\n");
    std::string_view context;
    if (!cursor.expect(" ") || !cursor.token(context, '\n')) return false;
    index.context = context;
    return decode_base64(context) || cursor.fail("the context of an index is no base64");
}

bool read_module(Cursor& cursor, Module& module) {
    if (!cursor.expect("L ") || !cursor.name(module.name) || !cursor.expect(" ")) return false;
    return read_bytes(cursor, true, module.content) && cursor.expect("\n");
}

}  // namespace

bool AsbReader::head_line(Cursor& cursor) {
    std::string word;
    if (!cursor.expect("# ") || !cursor.name(word)) return false;
    if (word == "namespace") return cursor.expect(" ") && cursor.name(ns_) && cursor.expect("\n");
    if (word != "first-file") return cursor.fail("an unknown line of the head");
    if (!cursor.expect("\n")) return false;
    first_file_ = true;
    return true;
}

bool AsbReader::part(Cursor& cursor, std::optional<Entry>& entry) {
    if (!version_read_) {
        std::string_view version;
        if (!cursor.expect("Version ") || !cursor.token(version, '\n')) return false;
        if (version != "3.1") return cursor.fail("a file of version " + std::string(version) + ", 3.1 is known");
        return version_read_ = true;
    }
    const char first = cursor.peek();
    if (first == '#' && !entries_begun_) return head_line(cursor);
    if (first == '+') return read_record(cursor, std::get<StoredRecord>(entry.emplace(StoredRecord{})));
    if (first != '*') return cursor.fail("neither a record nor a definition");
    char kind = '\0';
    if (!cursor.expect("* ") || !cursor.letter(kind) || !cursor.expect(" ")) return false;
    if (kind == 'i') return read_index(cursor, std::get<IndexDefinition>(entry.emplace(IndexDefinition{})));
    if (kind == 'u') return read_module(cursor, std::get<Module>(entry.emplace(Module{})));
    return cursor.fail("a definition of an unknown type");
}

Result<std::optional<Entry>> AsbReader::next() {
    while (!text_.empty() && (ended_ || text_.size() >= wanted_)) {
        Cursor cursor(as_text(text_.bytes()));
        std::optional<Entry> entry;
        if (part(cursor, entry)) {
            text_.consume(cursor.at());
            offset_ += cursor.at();
            wanted_ = 0;
            entries_begun_ |= entry.has_value();
            if (entry) return entry;
            continue;
        }
        const std::string place = "byte " + std::to_string(offset_ + cursor.at()) + ": ";
        if (cursor.missing() == 0) return fail(place + cursor.error());
        if (ended_) return fail(place + "the file is cut off");
        // A large entry is looked at again only when twice as much of it is there.
        wanted_ = std::max(text_.size() + cursor.missing(), text_.size() * 2);
        break;
    }
    if (ended_ && !version_read_) return fail("byte 0: an empty file");
    return std::nullopt;
}

}  // namespace cairn::backup
