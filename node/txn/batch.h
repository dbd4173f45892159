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

    /// A row that this node may not run: another one answers for its record, or nobody does at this moment.
    struct Away {
        uint32_t index;  // as the client numbers it
        Digest digest;
        Bytes text;  // of the row, or of the one it repeats, from its flags on; in the frame
        partition::Namespace* ns;
    };
    static constexpr size_t kAwayRowsMax = 512;       // that wait to be passed on at once
    static constexpr size_t kAwayBytesMax = 1 << 20;  // of them, as they are passed on; one row may be larger
    static constexpr size_t kPassedReplyMax = 1 << 20;

    /// Whether such rows wait to be taken, or are answered with unavailable. They are, at first.
    void keep_away(bool keep) { keeps_away_ = keep; }
    /// Another node has passed this batch on: its rows are counted so, and all further rows are refused (unavailable)
    /// when kPassedReplyMax bytes have been answered.
    void serve_other_node() { from_proxy_ = true; }

    /// The last step ended because of rows that are away: take_away(), then each is to be answered or given back before
    /// the next step.
    bool waits_for_others() const { return waits_for_others_; }
    std::vector<Away> take_away();
    /// Appends rows as a whole request to another node, where they are numbered by their places in `rows`.
    void append_request(Buffer& out, std::span<const Away> rows, uint32_t timeout_ms) const;
    /// What another node replied to a row.
    /// @param unit  whole.
    void answer(const Away& row, Bytes unit);
    void answer(const Away& row, ResultCode code);
    /// To be run here again.
    void give_back(const Away& row) { given_back_.push_back(row); }

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

    uint32_t timeout_ms() const { return header_.timeout_ms; }
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
        Bytes text;
    };
    struct Row {
        uint32_t index;
        Digest digest;
        uint32_t full;  // place in fulls_
        bool repeats;
    };

    /// Reads the next row into `row`; a full one also into `full`.
    bool parse_row(Bytes& rest, Row& row, FullRow& full, bool& repeats) const;
    bool parse_full(Bytes& rest, FullRow& full, Row& row) const;
    void next_group();
    void prefetch_group() const;
    const Filter* filter_for(const FullRow& full);
    void note(partition::Namespace& ns, const wire::MessageHeader& header);
    bool stops(ResultCode code) const;
    bool exhausted() const { return rows_left_ == 0 && given_back_.empty(); }
    /// @return  false: the row is to be answered here.
    bool put_away(const Row& row, const FullRow& full);
    ResultCode run(const Row& row, const FullRow& full, Worker& worker, Buffer& out);
    static void forget_replies(Worker& worker, size_t first, size_t from);

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
    std::vector<FullRow> fulls_;  // those the group refers to
    uint32_t last_full_ = 0;  // the one that the next row of the frame may repeat

    bool keeps_away_ = false;
    bool from_proxy_ = false;
    bool waits_for_others_ = false;
    std::vector<Away> away_;
    size_t away_bytes_ = 0;
    std::vector<Away> given_back_;
    Buffer answered_;  // units
    size_t reply_bytes_ = 0;
};

}  // namespace cairn::txn
