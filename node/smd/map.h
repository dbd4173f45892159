#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/cluster/ids.h"

namespace cairn::smd {

/// What all nodes of a cluster have to know alike.
enum class Module : uint8_t {
    truncate,  // key "namespace" or "namespace|set": ms since 2010 before which its records are gone, decimal
    sindex,    // key "namespace|name": the definition, as sindex::Catalogue saves it
    udf,       // key: file name; value: the script
};
constexpr size_t kModuleCount = 3;

/// Of one change. The principal of a view gives them; each change has a higher one than all that its members had.
struct Version {
    uint32_t counter = 0;  // of the view's ballot; 0: from before the node was in a cluster
    uint32_t sequence = 0;
    cluster::NodeId author = 0;
    auto operator<=>(const Version&) const = default;
};

struct Key {
    Module module = Module::truncate;
    std::string name{};
    auto operator<=>(const Key&) const = default;
};

struct Entry {
    Version version{};
    /// Of the removal that it came after. Truncations of one era merge by the later time, so that none is lost when two
    /// halves of a cluster truncated at once; a removal ends an era.
    Version era{};
    uint64_t time_ms = 0;  // since 2010, when it was asked for; removed ones are forgotten by it
    std::shared_ptr<const std::string> value{};  // null: removed

    bool operator==(const Entry& other) const;
};

/// The one of two versions of an entry that counts; it does not matter in which order several are merged.
Entry merged(Module module, const Entry& one, const Entry& other);

/// System metadata: the same on all members of a view.
class Map {
public:
    static constexpr size_t kEntriesMax = 60'000;
    static constexpr size_t kBytesMax = 32 << 20;
    static constexpr size_t kNameMax = 255;
    static constexpr size_t kValueMax = 2 << 20;

    /// @return  whether it changed anything.
    bool merge(const Key& key, const Entry& entry);
    /// Null: nobody ever set it.
    const Entry* find(const Key& key) const;
    const std::map<Key, Entry>& entries() const { return entries_; }
    /// Of names and values.
    size_t bytes() const { return bytes_; }
    /// Forgets what was removed before `time_ms`.
    void forget_removed(uint64_t time_ms);
    /// The same for equal maps, and for others by chance alone.
    uint64_t hash() const;

    bool operator==(const Map& other) const { return entries_ == other.entries_; }

private:
    static size_t bytes_of(const Key& key, const Entry& entry) {
        return key.name.size() + (entry.value ? entry.value->size() : 0);
    }

    std::map<Key, Entry> entries_;
    size_t bytes_ = 0;
    mutable std::optional<uint64_t> hash_;  // until the next change
};

}  // namespace cairn::smd
