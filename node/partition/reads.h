#pragma once
#include <memory>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/result.h"
#include "common/runtime/loop.h"
#include "node/storage/store.h"

namespace cairn::partition {

/// What one request has read from devices, and what it still wants. A request runs until it meets records that are not
/// in memory, names them here, waits until they have been read, and runs again from where it was: a version is known
/// by its place, so one that was replaced meanwhile is simply wanted anew.
class Reads {
public:
    /// Room for this many wanted at once; a request that meets more goes on with the rest after these.
    static constexpr size_t kMax = 64;

    struct Read {
        storage::Store* store;
        storage::Place place;
        ResultCode code;  // timeout: not answered yet
        Buffer bytes;     // the version in plain form, when ok

        const record::Head* head() const { return reinterpret_cast<const record::Head*>(bytes.data()); }
    };

    /// The version, or why it cannot be read; nothing when it was never asked for.
    const Read* find(const storage::Store& store, storage::Place place) const;
    /// Asks for it, once; false when there is no room for more.
    bool want(storage::Store& store, storage::Place place);
    bool wanting() const { return wanted_ != 0; }
    bool empty() const { return reads_.empty(); }
    /// Whether kMax are wanted.
    bool full() const { return wanted_ == kMax; }

    /// Reads all that is wanted, and forgets what was answered before; `done` runs on `loop` when all have been
    /// answered. This object may go before that: nothing is left of it then but memory that the answers release.
    void start(runtime::Loop& loop, runtime::Work done);
    /// Forgets everything.
    void clear();

private:
    std::vector<std::shared_ptr<Read>> reads_;  // the last wanted_ of them are not started
    size_t wanted_ = 0;
};

}  // namespace cairn::partition
