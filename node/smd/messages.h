#pragma once
#include <utility>
#include <variant>
#include <vector>

#include "node/smd/map.h"

namespace cairn::smd {

using Entries = std::vector<std::pair<Key, Entry>>;

/// One value to be set, or removed.
struct Set {
    Key key{};
    std::shared_ptr<const std::string> value{};  // null: to be removed
    bool only_new = false;  // refused when the key has another value
    bool operator==(const Set& other) const {
        return key == other.key && only_new == other.only_new && (value == nullptr) == (other.value == nullptr) &&
               (!value || *value == *other.value);
    }
};
/// What is changed together.
struct Change {
    std::vector<Set> sets{};
    uint64_t time_ms = 0;  // since 2010
    bool operator==(const Change&) const = default;
};
constexpr size_t kSetsMax = 8;

enum class Outcome : uint8_t {
    ok,        // all members have it
    in_doubt,  // they may have it, or get it
    exists,    // refused: the key has another value
    too_much,  // refused: there is more than a cluster may have
};

/// What the sender had when it accepted the view.
struct Have {
    uint64_t hash = 0;
    bool asks = false;  // for the receiver's own
    bool operator==(const Have&) const = default;
};
/// The sender asks for all that the receiver has.
struct Want {
    bool operator==(const Want&) const = default;
};
struct Whole {
    Entries entries{};
    bool operator==(const Whole&) const = default;
};
/// To the principal: what a client asked the sender for.
struct Ask {
    uint64_t number = 0;  // of the sender's process
    Change change{};
    bool operator==(const Ask&) const = default;
};
struct Answered {
    uint64_t number = 0;
    Outcome outcome = Outcome::ok;
    bool operator==(const Answered&) const = default;
};
/// From the principal: these are to be kept.
struct Store {
    uint64_t number = 0;
    Entries entries{};
    bool operator==(const Store&) const = default;
};
/// They are in force at the sender, and durable.
struct Stored {
    uint64_t number = 0;
    bool operator==(const Stored&) const = default;
};

using Body = std::variant<Have, Want, Whole, Ask, Answered, Store, Stored>;

/// Each is of one view, and means nothing in another.
struct Message {
    cluster::Ballot view{};
    Body body{};
    bool operator==(const Message&) const = default;
};

}  // namespace cairn::smd
