#include "node/server/passed_rows.h"

#include "common/wire/unit_walk.h"

namespace cairn::server {

PassedRows::~PassedRows() {
    for (const auto& [number, rows] : sent_) worker_.forget_passed(number);
}

void PassedRows::send(uint32_t timeout_ms) {
    gave_back_ = false;
    std::map<uint64_t, Rows> by_master;
    for (const auto& row : batch_.take_away()) {
        const auto* const copies = row.ns->replicator.load(std::memory_order_acquire);
        const uint64_t master = copies == nullptr ? 0 : copies->master(row.digest.partition());
        if (master == 0) give_back(row);
        else by_master[master].push_back(row);
    }
    for (auto& [master, rows] : by_master) {
        Buffer frame;
        batch_.append_request(frame, rows, timeout_ms);
        const Bytes bytes = frame.bytes();
        const uint64_t number = worker_.pass_on(master, connection_id_, {bytes.begin(), bytes.end()});
        sent_[number] = std::move(rows);
    }
}

void PassedRows::give_back(const txn::Batch::Away& row) {
    gave_back_ = true;
    batch_.give_back(row);
}

void PassedRows::in_doubt(const txn::Batch::Away& row) {
    counters(row).timeout.add();
    batch_.answer(row, ResultCode::timeout);
}

bool PassedRows::hear(uint64_t number, std::optional<Bytes> reply) {
    const auto found = sent_.find(number);
    if (found == sent_.end()) return false;
    const Rows rows = std::move(found->second);
    sent_.erase(found);
    if (!reply) {
        for (const auto& row : rows) give_back(row);
    } else {
        take_replies(rows, *reply);
    }
    return true;
}

/// Rows without a reply of their own share what the last unit says, unless that is nothing: then nobody knows.
void PassedRows::take_replies(const Rows& rows, Bytes frames) {
    std::vector<Bytes> units(rows.size());
    ResultCode rest = ResultCode::timeout;
    while (frames.size() >= wire::kProtoHeaderSize) {
        const size_t size = wire::kProtoHeaderSize + wire::ProtoHeader::load(frames.data()).body_size;
        if (frames.size() < size) break;
        wire::UnitWalk walk(frames.subspan(wire::kProtoHeaderSize, size - wire::kProtoHeaderSize));
        while (walk.next()) {
            const auto& header = walk.header();
            const bool last = (header.info3 & wire::info3::last) != 0;
            if (last && header.result != ResultCode::ok) rest = header.result;
            if (!last && header.timeout_ms < units.size()) units[header.timeout_ms] = walk.unit();
        }
        frames = frames.subspan(size);
    }
    for (size_t i = 0; i < rows.size(); ++i) {
        const ResultCode code = units[i].empty() ? rest : wire::MessageHeader::load(units[i].data()).result;
        if (code == ResultCode::unavailable) {
            give_back(rows[i]);
        } else if (units[i].empty() && code == ResultCode::timeout) {
            in_doubt(rows[i]);
        } else {
            counters(rows[i]).complete.add();
            if (units[i].empty()) batch_.answer(rows[i], code);
            else batch_.answer(rows[i], units[i]);
        }
    }
}

void PassedRows::give_up() {
    for (const auto& [number, rows] : std::exchange(sent_, {})) {
        worker_.forget_passed(number);
        for (const auto& row : rows) in_doubt(row);
    }
}

void PassedRows::refuse() {
    batch_.keep_away(false);
    for (const auto& row : batch_.take_away()) {
        counters(row).error.add();
        batch_.give_back(row);
    }
}

}  // namespace cairn::server
