#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/client/value.h"
#include "common/wire/message.h"
#include "common/wire/unit_walk.h"

/// Replies, decoded. Pure: the bytes come from a connection, a test or a recording.
namespace cairn::client {

/// The reply to a single-record command, one row of a batch, or one record of a scan.
struct Record {
    ResultCode result = ResultCode::ok;
    uint32_t generation = 0;
    uint32_t void_time = 0;  // seconds since 2010-01-01 UTC; 0: never
    uint32_t row = 0;        // batch: the row's index in the request
    Digest digest{};         // scan: whose record it is; zero elsewhere
    std::string set;         // scan
    std::optional<Value> key;  // scan: where it is stored with the record
    std::vector<Bin> bins;   // in the order of the reply; names repeat when several operations name a bin

    /// The first bin of that name, or null.
    const Value* find(std::string_view name) const;
};

/// @param body  of a type-3 frame that holds exactly one unit.
/// @error  the bytes are no such reply.
Result<Record> decode_record(Bytes body);

/// Requests answered by a stream of units. A query that fails before it streams answers with one plain unit, which looks
/// like a batch row that failed.
enum class StreamKind : uint8_t { batch, query };

/// Whether a unit is the last of its stream.
inline bool ends_stream(const wire::MessageHeader& header, StreamKind kind) {
    if (header.info3 & wire::info3::last) return true;
    return kind == StreamKind::query && header.result != ResultCode::ok &&
           !(header.info3 & wire::info3::partition_done);
}

/// What the frames of a batch or scan said, so far.
struct Stream {
    StreamKind kind = StreamKind::batch;
    std::vector<Record> records = {};
    struct FailedPartition {
        PartitionId id;
        ResultCode result;
    };
    std::vector<FailedPartition> failed_partitions = {};  // scan: ask another replica
    ResultCode result = ResultCode::ok;  // of the whole, once `done`
    bool done = false;  // nothing more follows
};

/// Adds one frame's body to `stream`.
/// @error  the bytes are no such reply; `stream` is useless then.
Result<void> decode_stream(Bytes body, Stream& stream);
/// The same, but each record goes to `take` and is not kept.
/// @param record  the record's memory, used again for each: a scan of many allocates for few.
Result<void> decode_stream(Bytes body, Stream& stream, Record& record, const std::function<void(const Record&)>& take);

/// Units without a look into them: all a load generator needs.
using wire::UnitWalk;

}  // namespace cairn::client
