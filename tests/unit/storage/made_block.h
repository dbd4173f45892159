#pragma once
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "node/record/bins.h"
#include "node/record/layout.h"
#include "node/storage/format/block_walker.h"
#include "node/storage/format/block_writer.h"

/// Blocks and records for tests.
namespace cairn::storage::test {

constexpr uint64_t kMark = 0x1122334455667788;

/// Memory that a device would take.
class Aligned {
public:
    explicit Aligned(size_t size, uint8_t fill = 0)
        : memory_(static_cast<uint8_t*>(std::aligned_alloc(4096, (size + 4095) / 4096 * 4096))), size_(size) {
        std::memset(memory_.get(), fill, size);
    }
    Aligned(const Aligned& other) : Aligned(other.size_) { std::memcpy(memory_.get(), other.memory_.get(), size_); }
    Aligned& operator=(const Aligned&) = delete;

    uint8_t* data() const { return memory_.get(); }
    uint8_t& operator[](size_t at) const { return memory_.get()[at]; }
    size_t size() const { return size_; }
    MutableBytes bytes() const { return {memory_.get(), size_}; }

private:
    struct Free {
        void operator()(uint8_t* memory) const { std::free(memory); }
    };
    std::unique_ptr<uint8_t, Free> memory_;
    size_t size_;
};

/// A record with one string bin "v" and a digest whose bytes all are `id`.
class MadeRecord {
public:
    MadeRecord(uint8_t id, std::string_view value, uint16_t set_id = 0, record::Kind kind = record::Kind::record) {
        const record::Bin bin{"v", record::Particle::string, as_bytes(value)};
        const size_t body = kind == record::Kind::tombstone ? 0 : bin.stored_size();
        const uint32_t units = record::units_for(sizeof(record::Head) + body);
        memory_.assign(units * 2, 0);
        auto& made = *reinterpret_cast<record::Head*>(memory_.data());
        made.units = units;
        made.kind = uint32_t(kind);
        made.generation = 7;
        made.set_id = set_id & 0xFFF;
        made.pad = uint16_t(units * record::kUnit - sizeof(record::Head) - body) & 15;
        made.void_time = 1234;
        made.set_last_update_ms(id * 1000);
        made.set_sequence(id);
        made.digest.bytes.fill(id);
        if (body != 0) bin.store(made.body());
    }
    record::Head& head() { return *reinterpret_cast<record::Head*>(memory_.data()); }
    const record::Head& head() const { return *reinterpret_cast<const record::Head*>(memory_.data()); }

private:
    std::vector<uint64_t> memory_;
};

inline Bytes bytes_of(const record::Head& head) {
    return {reinterpret_cast<const uint8_t*>(&head), size_t{head.units} * record::kUnit};
}

/// Value of the bin of a plain record made as above.
inline std::string value_of(const record::Head& head) {
    record::BinWalk walk = record::walk_bins(head);
    record::Bin bin;
    return walk.next(bin) ? std::string(as_text(bin.value)) : std::string();
}

/// What a walk gave, as text: "1=value" for records, "-1" for tombstones, "set 5 people" for set names.
struct Walked {
    std::vector<std::string> found;
    std::vector<uint32_t> units;
    WalkReport report;
};

inline Walked walk(Bytes block, const ExpectedBlock& expected) {
    Walked walked;
    BlockWalker walker(block, expected);
    while (const record::Head* head = walker.next()) {
        const std::string id = std::to_string(head->digest.bytes[0]);
        const auto body = as_text({head->body(), head->size() - sizeof(record::Head)});
        switch (record::Kind(uint8_t(head->kind))) {
            case record::Kind::record:
                walked.found.push_back(head->encrypted || head->compressed ? id : id + "=" + value_of(*head));
                break;
            case record::Kind::tombstone: walked.found.push_back("-" + id); break;
            default: walked.found.push_back("set " + std::to_string(head->set_id) + " " + std::string(body)); break;
        }
        walked.units.push_back(walker.unit());
    }
    walked.report = walker.report();
    return walked;
}

inline uint32_t all_damages(const WalkReport& report) {
    uint32_t sum = 0;
    for (const uint32_t count : report.damages) sum += count;
    return sum;
}

}  // namespace cairn::storage::test
