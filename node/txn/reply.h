#pragma once
#include "common/base/buffer.h"
#include "common/wire/encode.h"
#include "node/record/layout.h"
#include "node/txn/command.h"

namespace cairn::txn {

/// The one reply unit of a command: operations are appended while it runs, the header at the end.
class Reply {
public:
    Reply(Buffer& out, const Command& command) : unit(out) { header_.timeout_ms = command.row_index; }

    wire::UnitWriter unit;

    /// Replies show this version's generation and void-time, errors too.
    void shows(const record::Head& record) { shows(record.generation, record.void_time); }
    void shows(uint32_t generation, uint32_t void_time) {
        header_.generation = generation;
        header_.record_ttl = void_time;
    }
    ResultCode finish(ResultCode code) {
        if (code == ResultCode::waiting) {
            unit.abandon();
            return code;
        }
        if (code != ResultCode::ok && code != ResultCode::udf_execution) unit.drop_content();
        header_.result = code;
        unit.finish(header_);
        return code;
    }

private:
    wire::MessageHeader header_;
};

}  // namespace cairn::txn
