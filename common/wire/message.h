#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/base/result.h"

namespace cairn::wire {

/// Flag bits of the message header. Source: docs/protocol.md, "Flags".
namespace info1 {
constexpr uint8_t read = 0x01, get_all = 0x02, short_query = 0x04, batch = 0x08, xdr = 0x10, no_bins = 0x20,
                  consistency_all = 0x40, compress_response = 0x80;
}
namespace info2 {
constexpr uint8_t write = 0x01, del = 0x02, generation = 0x04, generation_gt = 0x08, durable_delete = 0x10,
                  create_only = 0x20, relax_ap_long_query = 0x40, respond_all_ops = 0x80;
}
namespace info3 {
constexpr uint8_t last = 0x01, commit_master = 0x02, partition_done = 0x04, update_only = 0x08,
                  create_or_replace = 0x10, replace_only = 0x20, sc_read_type = 0x40, sc_read_relax = 0x80;
}
namespace info4 {
constexpr uint8_t mrt_verify_read = 0x01, mrt_roll_forward = 0x02, mrt_roll_back = 0x04, mrt_on_locking_only = 0x10;
constexpr uint8_t mrt_any = mrt_verify_read | mrt_roll_forward | mrt_roll_back;
}  // namespace info4

enum class FieldType : uint8_t {
    ns = 0,
    set = 1,
    key = 2,
    record_version = 3,
    digest = 4,
    mrt_id = 5,
    mrt_deadline = 6,
    query_id = 7,
    socket_timeout = 9,
    records_per_second = 10,
    pid_array = 11,
    digest_array = 12,
    max_records = 13,
    lut = 14,
    bval_array = 15,
    index_name = 21,
    index_range = 22,
    index_context = 23,
    index_expression = 24,
    index_type = 26,
    udf_package = 30,
    udf_function = 31,
    udf_arglist = 32,
    udf_op = 33,
    query_binlist = 40,
    batch = 41,
    batch_with_set = 42,
    filter = 43,
};

enum class OpCode : uint8_t {
    read = 1,
    write = 2,
    cdt_read = 3,
    cdt_modify = 4,
    incr = 5,
    exp_read = 7,
    exp_modify = 8,
    append = 9,
    prepend = 10,
    touch = 11,
    bits_read = 12,
    bits_modify = 13,
    delete_all = 14,
    hll_read = 15,
    hll_modify = 16,
};

/// Type byte of a bin value. Layout of each value on the wire: docs/protocol.md, "Values".
enum class Particle : uint8_t {
    null = 0,
    integer = 1,
    floating = 2,
    string = 3,
    blob = 4,
    java_blob = 7,
    csharp_blob = 8,
    python_blob = 9,
    ruby_blob = 10,
    php_blob = 11,
    erlang_blob = 12,
    vector = 16,
    boolean = 17,
    hll = 18,
    map = 19,
    list = 20,
    geojson = 23,
};

constexpr size_t kMessageHeaderSize = 22;
constexpr size_t kBinNameMax = 15;
constexpr size_t kOpsMax = 32768;

struct MessageHeader {
    uint8_t info1 = 0, info2 = 0, info3 = 0, info4 = 0;
    ResultCode result = ResultCode::ok;
    uint32_t generation = 0;
    uint32_t record_ttl = 0;
    uint32_t timeout_ms = 0;  // in batch replies: the row's index
    uint16_t field_count = 0;
    uint16_t op_count = 0;

    static MessageHeader load(const uint8_t* at);
    void store(uint8_t* at) const;
};

/// The fields of one message, as views into its frame. The first of a repeated type counts; unknown types are skipped.
class Fields {
public:
    bool has(FieldType type) const { return present_ >> uint8_t(type) & 1; }
    /// Empty when absent; ask has() where empty and absent differ.
    Bytes operator[](FieldType type) const { return has(type) ? data_[uint8_t(type)] : Bytes{}; }
    std::string_view text(FieldType type) const { return as_text((*this)[type]); }

    /// Reads `count` fields at the front of `bytes` and drops them from it.
    /// @return  false when a field runs past the end or has size 0.
    bool parse(Bytes& bytes, uint16_t count);
    void set(FieldType type, Bytes data) {
        present_ |= uint64_t{1} << uint8_t(type);
        data_[uint8_t(type)] = data;
    }
    void clear() { present_ = 0; }

private:
    uint64_t present_ = 0;
    std::array<Bytes, 48> data_;  // valid where present_ has the bit: not cleared for each message
};

/// One operation: `name` and `value` are views into the frame.
struct Op {
    OpCode code;
    Particle type;
    std::string_view name;
    Bytes value;
};

/// The operations of one message, in order. Checked as a whole by parse(), so that walking them cannot fail.
class Ops {
public:
    Ops() = default;

    /// Checks that `count` operations are at the front of `bytes` and drops them from it.
    bool parse(Bytes& bytes, uint16_t count);
    uint16_t count() const { return count_; }

    /// for (const Op& op : ops): decoding an operation is a few loads.
    class Iterator {
    public:
        explicit Iterator(const uint8_t* at, uint16_t left) : at_(at), left_(left) {}
        Op operator*() const;
        Iterator& operator++();
        bool operator!=(const Iterator& other) const { return left_ != other.left_; }

    private:
        const uint8_t* at_;
        uint16_t left_;
    };
    Iterator begin() const { return Iterator(bytes_.data(), count_); }
    Iterator end() const { return Iterator(nullptr, 0); }

private:
    Bytes bytes_;
    uint16_t count_ = 0;
};

/// One request or reply unit, as views into its frame.
struct Message {
    MessageHeader header;
    Fields fields;
    Ops ops;

    /// Reads one unit at the front of `bytes` and drops it from it.
    /// @return  false when it is cut short or a size does not fit.
    bool parse_unit(Bytes& bytes);
    /// Reads a request: one unit that fills `body` exactly.
    bool parse(Bytes body);
};

/// Looks for namespace and digest of a single-record request without parsing the rest.
/// @return  false when they are not among its first fields: nothing is known of the request then.
bool peek_record(Bytes body, std::string_view& ns, Digest& digest);

}  // namespace cairn::wire
