#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/expr/subject.h"
#include "node/record/value.h"
#include "tests/unit/record/hex.h"

namespace cairn::sindex {

/// A record as it is stored, of bins as clients send them.
class StoredRecord {
public:
    explicit StoredRecord(std::string set = "q", uint8_t digest = 1) : set_(std::move(set)) {
        draft_.begin(nullptr);
        digest_.bytes.fill(digest);
    }

    StoredRecord& integer(std::string_view bin, int64_t value) {
        std::vector<uint8_t> wire(8);
        store_be(wire.data(), uint64_t(value));
        return set(bin, wire::Particle::integer, wire);
    }
    StoredRecord& string(std::string_view bin, std::string_view value) {
        return set(bin, wire::Particle::string, as_bytes(value));
    }
    StoredRecord& blob(std::string_view bin, std::string_view hex) {
        return set(bin, wire::Particle::blob, from_hex(hex));
    }
    /// @param hex  msgpack.
    StoredRecord& list(std::string_view bin, std::string_view hex) {
        return set(bin, wire::Particle::list, from_hex(hex));
    }
    StoredRecord& map(std::string_view bin, std::string_view hex) {
        return set(bin, wire::Particle::map, from_hex(hex));
    }
    StoredRecord& geojson(std::string_view bin, std::string_view text) {
        return set(bin, wire::Particle::geojson, as_bytes(std::string(3, '\0') + std::string(text)));
    }
    StoredRecord& set(std::string_view bin, wire::Particle type, Bytes wire) {
        Bytes stored;
        Buffer scratch;
        const Bytes kept = draft_.memory().keep(wire);
        EXPECT_EQ(record::to_stored(type, kept, draft_, scratch, stored), ResultCode::ok);
        draft_.set(as_text(draft_.memory().keep(as_bytes(bin))), type, stored);
        return *this;
    }

    /// Good until a bin is set.
    expr::Subject subject() {
        const size_t size = sizeof(record::Head) + draft_.stored_size();
        const uint32_t units = record::units_for(size);
        bytes_.assign(units, Unit{});
        auto& head = *new (bytes_.data()) record::Head{};
        head.units = units & 0xFFFFF;
        head.pad = (units * record::kUnit - size) & 15;
        head.digest = digest_;
        draft_.store(head.body());
        return {.digest = digest_, .set = set_, .now_ms = 0, .head = &head};
    }

private:
    struct alignas(16) Unit {
        uint8_t bytes[record::kUnit];
    };

    std::string set_;
    Digest digest_{};
    record::Draft draft_;
    std::vector<Unit> bytes_;
};

}  // namespace cairn::sindex
