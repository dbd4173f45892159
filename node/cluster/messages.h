#pragma once
#include <memory>
#include <variant>

#include "node/cluster/pulse.h"
#include "node/cluster/view.h"

namespace cairn::cluster {

/// A principal asks those it wants in a view whether they would come. Nobody promises anything yet.
struct Gather {
    uint64_t number = 0;
    std::vector<Member> members;
    bool operator==(const Gather&) const = default;
};
struct Gathered {
    uint64_t number = 0;
    Ballot promised;
    bool operator==(const Gathered&) const = default;
};

struct Refuse {
    enum class Reason : uint8_t {
        ballot,    // a higher one was promised; the next proposal goes above it
        stranger,  // it names another boot or incarnation of the receiver
        healthy,   // one from outside would break up a view whose members hear each other
        on_hold,   // it names a process that was expelled a short while ago
    };
    uint64_t number = 0;  // of the Gather, or 0
    Ballot ballot;        // of the Prepare, or none
    Reason reason = Reason::ballot;
    Ballot promised;
    bool operator==(const Refuse&) const = default;
};

struct Prepare {
    View view;
    bool operator==(const Prepare&) const = default;
};
/// The sender takes part in no older view from now on, and this is what it has.
struct Promise {
    Ballot ballot;
    Member from;
    std::shared_ptr<const NodeReport> report;
    bool operator==(const Promise& other) const {
        return ballot == other.ballot && from == other.from && *report == *other.report;
    }
};
struct Accepted {
    Ballot ballot;
    Member from;
    uint64_t table_hash = 0;
    bool operator==(const Accepted&) const = default;
};
/// The sender waits for the receiver's promise or acceptance, which may have been lost.
struct Missing {
    Ballot ballot;
    bool promise = false;
    bool accepted = false;
    bool operator==(const Missing&) const = default;
};
/// The sender's process ends now.
struct Leaving {
    Process from;
    bool operator==(const Leaving&) const = default;
};
/// Two processes have one id, and this one has to end.
struct Duplicate {
    Process which;
    bool operator==(const Duplicate&) const = default;
};

using Message = std::variant<Pulse, Gather, Gathered, Refuse, Prepare, Promise, Accepted, Missing, Leaving, Duplicate>;

}  // namespace cairn::cluster
