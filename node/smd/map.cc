#include "node/smd/map.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "common/base/hash.h"
#include "node/smd/codec.h"

namespace cairn::smd {
namespace {

std::string_view text_of(const Entry& entry) { return entry.value ? std::string_view(*entry.value) : ""; }

uint64_t time_of(const Entry& entry) {
    uint64_t time = 0;
    const std::string_view text = text_of(entry);
    std::from_chars(text.data(), text.data() + text.size(), time);
    return time;
}

/// Versions are equal only when a node forgot what it had given: then anything that all choose alike.
bool later(const Entry& one, const Entry& other) {
    const auto rank = [](const Entry& entry) {
        return std::tuple(entry.version, entry.value != nullptr, text_of(entry), entry.era, entry.time_ms);
    };
    return rank(one) > rank(other);
}

}  // namespace

bool Entry::operator==(const Entry& other) const {
    return version == other.version && era == other.era && time_ms == other.time_ms &&
           (value == nullptr) == (other.value == nullptr) && text_of(*this) == text_of(other);
}

Entry merged(Module module, const Entry& one, const Entry& other) {
    if (module != Module::truncate) return later(other, one) ? other : one;
    const auto rank = [](const Entry& entry) { return std::tuple(entry.era, entry.value != nullptr, time_of(entry)); };
    Entry winner = rank(one) >= rank(other) ? one : other;
    winner.version = std::max(one.version, other.version);
    winner.time_ms = std::max(one.time_ms, other.time_ms);
    return winner;
}

bool Map::merge(const Key& key, const Entry& entry) {
    const auto [place, is_new] = entries_.try_emplace(key, entry);
    if (!is_new) {
        Entry winner = merged(key.module, place->second, entry);
        if (winner == place->second) return false;
        bytes_ -= bytes_of(key, place->second);
        place->second = std::move(winner);
    }
    bytes_ += bytes_of(key, place->second);
    hash_.reset();
    return true;
}

const Entry* Map::find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
}

void Map::forget_removed(uint64_t time_ms) {
    std::erase_if(entries_, [&](const auto& entry) {
        if (entry.second.value != nullptr || entry.second.time_ms >= time_ms) return false;
        bytes_ -= bytes_of(entry.first, entry.second);
        return true;
    });
    hash_.reset();
}

uint64_t Map::hash() const {
    if (!hash_) hash_ = hash64(encode_entries(*this));
    return *hash_;
}

}  // namespace cairn::smd
