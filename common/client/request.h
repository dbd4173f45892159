#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/buffer.h"
#include "common/base/digest.h"
#include "common/client/value.h"
#include "common/wire/message.h"

/// Requests as whole frames at the end of a buffer. Pure: no I/O, no state. Nothing is checked here that the server
/// checks: tests send wrong requests with the same functions.
namespace cairn::client {

/// A record's address. An empty `set` means none.
struct Target {
    std::string_view ns = {};
    std::string_view set = {};
    Digest digest{};
};

/// What must hold of the record before a write (docs/protocol.md, "Flags").
enum class Exists : uint8_t { any, create_only, update_only, replace, replace_only };

struct WriteOptions {
    Exists exists = Exists::any;
    std::optional<uint16_t> generation = {};  // write only if the record has this one
    bool generation_greater = false;  // write only if the record's is smaller than `generation`, or there is none
    uint32_t ttl = 0;  // seconds; 0: the namespace's default, ~0u: never, ~0u - 1: leave as it is
    uint32_t timeout_ms = 0;  // 0: the server's own
    bool durable_delete = false;
    bool respond_all_ops = false;
    const Value* key = nullptr;  // stored with the record when given
};

/// One operation of operate(): the wire's own view. The helpers keep views of their arguments.
wire::Op read_op(std::string_view bin);
wire::Op write_op(std::string_view bin, const Value& value);
wire::Op add_op(std::string_view bin, const Value& value);
wire::Op append_op(std::string_view bin, const Value& value);
wire::Op prepend_op(std::string_view bin, const Value& value);
wire::Op touch_op();
wire::Op delete_all_op();

/// Reads all bins, or those of `bins`.
void append_get(Buffer& out, const Target& target, std::span<const std::string_view> bins = {});
/// Reads generation and void-time only.
void append_exists(Buffer& out, const Target& target);
void append_put(Buffer& out, const Target& target, std::span<const Bin> bins, const WriteOptions& options = {});
void append_delete(Buffer& out, const Target& target, const WriteOptions& options = {});
/// Reads and writes of one record, in order; the flags follow from `ops`.
void append_operate(Buffer& out, const Target& target, std::span<const wire::Op> ops, const WriteOptions& options = {});

/// One row of a batch. Read rows: all bins when `ops` is empty, none when `no_bins`.
struct BatchRow {
    enum class Kind : uint8_t { read, write, remove };

    Digest digest{};
    Kind kind = Kind::read;
    bool no_bins = false;
    std::span<const wire::Op> ops = {};
    WriteOptions options = {};
};
/// Any mix of rows, each written in full; its index in the reply is its place here.
void append_batch(Buffer& out, std::string_view ns, std::string_view set, std::span<const BatchRow> rows,
                  uint32_t timeout_ms = 0);
/// Reads the same bins (all when empty, none when `no_bins`) of many records; rows repeat the first row's header.
void append_batch_get(Buffer& out, std::string_view ns, std::string_view set, std::span<const Digest> digests,
                      std::span<const std::string_view> bins = {}, bool no_bins = false, uint32_t timeout_ms = 0);

/// A primary-index query over some partitions.
struct Scan {
    std::string_view ns = {};
    std::string_view set = {};  // empty: every set
    std::span<const PartitionId> partitions = {};  // read from their beginning
    std::span<const Digest> resume_after = {};  // partitions read on after these records; not among `partitions`
    std::span<const std::string_view> bins = {};  // empty: all
    Bytes filter = {};  // an expression, packed; empty: none
    bool no_bins = false;
    uint64_t records_max = 0;  // 0: no limit
    uint32_t records_per_second = 0;  // 0: no limit
    uint32_t socket_timeout_ms = 30'000;
    uint64_t query_id = 0;  // 0: the server chooses
};
void append_scan(Buffer& out, const Scan& scan);

/// An info request, one name a line.
void append_info(Buffer& out, std::span<const std::string_view> names);

}  // namespace cairn::client
