#pragma once
#include <vector>

#include "common/base/result.h"
#include "node/cdt/operation.h"
#include "node/cdt/view.h"
#include "node/record/memory.h"

namespace cairn::cdt {

/// The way from a bin's value to a collection inside it, along a context.
class Path {
public:
    /// @param root  an encoded list or map; empty: there is no bin.
    /// @param creates  whether steps may say that what is missing is to be created.
    /// @error parameter          malformed.
    /// @error op_not_applicable  no such place.
    /// @error record_too_big     too long a way through too much.
    ResultCode walk(Bytes root, Context context, bool creates, record::Memory& memory);

    /// The encoded value at the end; empty when it is missing and may be created.
    Bytes target() const { return target_; }
    bool missing() const { return target_.empty(); }
    /// Of a collection at the end; 1: the bin's value itself.
    uint32_t depth() const { return uint32_t(levels_.size()) + 1; }

    /// Puts a new value at the end of the path.
    /// @param root  receives the bin's new value.
    /// @error parameter, record_too_big  as Target::replace().
    ResultCode replace(Bytes value, record::Memory& memory, Bytes& root);

private:
    // One step: from a collection to a value in it.
    struct Level {
        Bytes collection;  // a view into the root; empty: to be created
        bool map;
        uint8_t flags;       // of a collection to be created
        bool exists;         // the value
        uint32_t index;      // of its entry, or where a list's new one goes
        Bytes key;           // of a map's new pair
        Bytes value;         // a view into the root, if it exists
    };

    ResultCode step_into(const Step& step, Level& level, size_t& walked);
    ResultCode step_into_new(const Step& step, Level& level);
    static ResultCode find(View& view, const Step& step, Level& level);
    static ResultCode find_new(View& view, const Step& step, Level& level);
    ResultCode replace_in_root(Bytes replaced, Bytes value, record::Memory& memory, Bytes& root) const;
    static ResultCode put(const Level& level, uint32_t depth, Bytes value, record::Memory& memory, Bytes& collection);

    Bytes root_;
    Bytes target_;
    bool creates_ = false;
    std::vector<Level> levels_;
};

}  // namespace cairn::cdt
