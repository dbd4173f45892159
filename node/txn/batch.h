#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/base/buffer.h"
#include "common/wire/message.h"
#include "node/txn/command.h"

namespace cairn::txn {

/// Finds a namespace by name; nothing when there is none.
using FindNamespace = std::function<partition::Namespace*(std::string_view name)>;

/// One batch request being answered. Rows run in order, each as a command of its own; between two rows the batch may
/// pause for as long as its client does not read. Format: docs/protocol.md, "Batch".
class Batch {
public:
    /// Checks the whole request.
    /// @param message        parsed from a frame that stays in place until the batch is done.
    /// @param requests_max   most rows allowed; 0: any number.
    /// @return  nothing when it can run; else the code that answers all of it.
    ResultCode begin(const wire::Message& message, const FindNamespace& find, uint32_t requests_max);

    /// Runs rows and appends frames of replies until about `bytes_max` are in `out` or all is answered.
    /// @return  whether the batch is done, its last unit appended. When worker.reads wants something afterwards, the
    ///          next step runs the rows that met it, after it has been read.
    bool step(Worker& worker, Buffer& out, size_t bytes_max);

    /// Rows of one namespace that the last step ran.
    struct Ran {
        partition::Namespace* ns;
        uint32_t reads, writes;  // deletes are writes
    };
    std::span<const Ran> ran() const { return ran_; }
    /// What the last unit says, once done.
    ResultCode status() const { return status_; }

    uint32_t row_count() const { return row_count_; }
    /// The first row's namespace; batches are counted there.
    partition::Namespace& ns() const { return *first_ns_; }

private:
    /// A row that says all of itself; rows that repeat it only bring a digest.
    struct FullRow {
        wire::MessageHeader header;
        wire::Fields fields;
        wire::Ops ops;
        partition::Namespace* ns = nullptr;
        bool has_key = false;
    };
    struct Row {
        uint32_t index;
        Digest digest;
        uint32_t full;  // place in fulls_
    };

    /// Reads the next row into `row`; a full one also into `full`.
    bool parse_row(Bytes& rest, Row& row, FullRow& full, bool& repeats) const;
    bool parse_full(Bytes& rest, FullRow& full, Row& row) const;
    void next_group();
    void prefetch_group() const;
    const Filter* filter_for(const FullRow& full);
    void note(partition::Namespace& ns, const wire::MessageHeader& header);
    bool stops(ResultCode code) const;

    const FindNamespace* find_ = nullptr;
    wire::MessageHeader header_;
    Bytes filter_;  // of rows without their own
    bool has_filter_ = false;
    Filter compiled_;  // the last one that was needed
    Bytes compiled_source_;  // in the frame
    uint8_t flags_ = 0;
    uint32_t row_count_ = 0;
    partition::Namespace* first_ns_ = nullptr;

    Bytes rest_;  // rows not looked at yet
    uint32_t rows_left_ = 0;  // of them
    std::vector<Row> group_;  // rows whose records are being fetched
    size_t group_next_ = 0;
    std::vector<Row> waiting_;  // rows of the group that met records which have to be read first
    std::vector<Ran> ran_;
    ResultCode status_ = ResultCode::ok;
    std::vector<FullRow> fulls_;  // those the group refers to; the last one may be repeated by the next group
};

}  // namespace cairn::txn
