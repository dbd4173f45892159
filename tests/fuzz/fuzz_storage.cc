// What stands on devices. The first byte chooses: a block that was made right and then damaged, a block whose checks are right
// and whose records are anything, superblocks, a page of the partition table, a snapshot, raw bytes as a block.
#include <fuzzer/FuzzedDataProvider.h>

#include <map>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "node/record/bins.h"
#include "node/storage/format/block_walker.h"
#include "node/storage/format/block_writer.h"
#include "node/storage/format/identity.h"
#include "node/storage/format/partition_table.h"
#include "node/storage/format/record_opener.h"
#include "node/storage/format/snapshot.h"
#include "node/storage/format/stored_record.h"

namespace cairn::fuzz {
namespace {

using namespace storage;
using record::Head;

constexpr uint64_t kMark = 0x1122334455667788;
constexpr uint32_t kSector = 64;
constexpr size_t kBlockMax = 16 << 10;

SecretKey some_key() {
    std::array<uint8_t, SecretKey::kSize> bytes;
    bytes.fill(5);
    return SecretKey(bytes);
}

/// Opens it and, where it is sound, reads all of it.
void read_record(const Head& stored, uint64_t seq, uint32_t unit) {
    static BodyCipher cipher(some_key(), 0);
    static RecordOpener opener(&cipher);
    const Head* plain = nullptr;
    if (opener.open(stored, seq, unit, plain) != RecordOpener::Outcome::plain || !valid_body(*plain)) return;
    record::BinWalk walk = record::walk_bins(*plain);
    uint64_t sum = 0;
    for (record::Bin bin; walk.next(bin);) sum += hash64(bin.value) + bin.name.size();
    CAIRN_CHECK(sum != 1);  // so that it is read
}

ExpectedBlock draw_expected(FuzzedDataProvider& input) {
    return {.device_mark = kMark,
            .block = 3,
            .sector_bytes = kSector,
            .block_bytes = input.ConsumeBool() ? 1024u : 0u,
            .seq = input.ConsumeBool() ? 1000u : 0u,
            .durable_from_seq = input.ConsumeBool() ? 1u : UINT64_MAX};
}

/// The records of a block by their units; the report is checked against them.
template <class F>
WalkReport walk(Bytes block, const ExpectedBlock& expected, F on_record) {
    BlockWalker walker(block, expected);
    uint32_t given = 0;
    uint32_t end = 0;
    while (const Head* head = walker.next()) {
        CAIRN_CHECK(walker.unit() >= end && walker.unit() + head->units <= block.size() / record::kUnit);
        end = walker.unit() + head->units;
        ++given;
        on_record(*head, walker.seq(), walker.unit());
    }
    const WalkReport& report = walker.report();
    uint32_t damages = 0;
    for (const uint32_t count : report.damages) damages += count;
    CAIRN_CHECK(report.damaged() == (damages != 0));
    CAIRN_CHECK(given == report.records + report.tombstones + report.set_names);
    CAIRN_CHECK(report.filled_units <= block.size() / record::kUnit && end <= report.filled_units);
    return report;
}

/// Whatever the damage: what is given was put there, and a changed byte of what was written is noticed.
void damaged_block(FuzzedDataProvider& input) {
    AlignedBuffer buffer(kBlockMax);
    std::memset(buffer.data(), input.ConsumeBool() ? 0 : 0xA5, buffer.size());
    BodyCipher cipher(some_key(), 0);
    BlockWriter writer(buffer.span(), kSector, {.device_mark = kMark, .block = 3, .seq = 1000},
                       input.ConsumeBool() ? &cipher : nullptr);
    std::map<uint32_t, std::vector<uint8_t>> put;
    for (int i = 0; i < 20 && input.remaining_bytes() != 0; ++i) {
        alignas(16) uint8_t made[48 + 512] = {};
        Head& head = *reinterpret_cast<Head*>(made);
        const size_t size = sizeof(Head) + input.ConsumeIntegralInRange<uint32_t>(0, 500);
        head.units = record::units_for(size);
        head.pad = uint16_t(head.units * record::kUnit - size) & 15;
        head.set_id = input.ConsumeIntegralInRange<uint16_t>(0, 3);
        head.digest.bytes.fill(uint8_t(i));
        const auto place = writer.append(head, "a set's name");
        if (!place) break;
        const auto& stored = *reinterpret_cast<const Head*>(place->at);
        put[place->unit].assign(place->at, place->at + size_t{stored.units} * record::kUnit);
        if (input.ConsumeBool()) writer.close_chunk(false);
    }
    writer.close_chunk(true);
    const std::vector<uint8_t> before(buffer.data(), buffer.data() + buffer.size());
    while (input.remaining_bytes() >= 3)
        buffer.data()[input.ConsumeIntegralInRange<size_t>(0, kBlockMax - 1)] = input.ConsumeIntegral<uint8_t>();
    const size_t written = size_t{writer.filled_units()} * record::kUnit;
    const bool changed = !std::equal(before.begin(), before.begin() + ptrdiff_t(written), buffer.data());

    ExpectedBlock expected{
        .device_mark = kMark, .block = 3, .sector_bytes = kSector, .seq = 1000, .durable_from_seq = 1};
    size_t found = 0;
    const auto report = walk(buffer.bytes(), expected, [&](const Head& head, uint64_t seq, uint32_t unit) {
        read_record(head, seq, unit);
        if (record::Kind(uint8_t(head.kind)) == record::Kind::set_name) return;
        const auto known = put.find(unit);
        CAIRN_CHECK(known != put.end() && known->second.size() == size_t{head.units} * record::kUnit);
        CAIRN_CHECK(std::memcmp(known->second.data(), &head, known->second.size()) == 0);
        ++found;
    });
    CAIRN_CHECK(report.damaged() == changed);
    CAIRN_CHECK(changed || found == put.size());
}

/// As one writes who knows how checks are made.
void forged_block(FuzzedDataProvider& input) {
    const ExpectedBlock expected = draw_expected(input);
    AlignedBuffer buffer(kBlockMax);
    std::memset(buffer.data(), 0, buffer.size());
    uint32_t unit = 0;
    for (uint16_t number = 0; input.remaining_bytes() > 8 && unit < kBlockMax / 16 - 8; ++number) {
        const bool last = input.ConsumeBool();
        const uint32_t left = uint32_t(kBlockMax / 16) - unit;
        const uint32_t units = std::min(left, input.ConsumeIntegralInRange<uint32_t>(4, 200) / 4 * 4);
        const auto body = input.ConsumeBytes<uint8_t>(size_t{units - 4} * 16);
        uint8_t* const at = buffer.data() + size_t{unit} * 16;
        if (!body.empty()) std::memcpy(at + 64, body.data(), body.size());
        uint32_t records = 0;
        for (uint32_t inside = 4; inside < units;) {
            Head& head = *reinterpret_cast<Head*>(at + size_t{inside} * 16);
            const uint32_t word = load_le<uint32_t>(at + size_t{inside} * 16) & 0x0FFFFFFF;
            store_le(at + size_t{inside} * 16, word);
            if (!plausible_record(head, units - inside)) break;
            seal_record(head, check_seed(1000, unit + inside));
            records += record::Kind(uint8_t(head.kind)) != record::Kind::filler;
            inside += head.units;
        }
        encode(ChunkHeader{.units = units,
                           .block_seq = 1000,
                           .block = 3,
                           .number = number,
                           .stream = Stream(input.ConsumeIntegralInRange<uint8_t>(0, 2)),
                           .last = last,
                           .device_mark = kMark,
                           .records = records},
               at);
        unit += units;
    }
    walk(buffer.bytes(), expected, read_record);
}

void raw_block(FuzzedDataProvider& input) {
    const ExpectedBlock expected = draw_expected(input);
    const auto bytes = input.ConsumeRemainingBytes<uint8_t>();
    AlignedBuffer buffer((bytes.size() + 4095) / 4096 * 4096);
    if (bytes.empty()) return;
    std::memset(buffer.data(), 0, buffer.size());
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    walk(buffer.bytes(), expected, read_record);
}

void superblocks(FuzzedDataProvider& input) {
    std::vector<uint8_t> places[2];
    for (auto& place : places) {
        place = input.ConsumeBytes<uint8_t>(400);
        place.resize(kSuperblockBytes, 0);
        const bool forged = input.ConsumeBool();
        if (!forged) continue;
        std::memcpy(place.data(), "CAIRNDEV", 8);
        store_le(&place[8], uint32_t{1});
        store_le(&place[kSuperblockBytes - 8], hash64(Bytes(place).first(kSuperblockBytes - 8)));
    }
    const auto choice = choose_superblock(places[0], places[1]);
    const auto verified = verify(choice, {.path = "x", .namespace_name = "y", .cluster = {}});
    CAIRN_CHECK(verified || verified.error().detail.starts_with("device x "));
    if (choice.state != SuperblockState::valid) return;
    std::vector<uint8_t> again(kSuperblockBytes);
    encode(choice.superblock, again);
    Superblock expected = choose_superblock(again, again).superblock;
    expected.clean = choice.superblock.clean;
    CAIRN_CHECK(expected == choice.superblock && choice.superblock.block_count() <= choice.superblock.device_bytes);
}

void table_page(FuzzedDataProvider& input) {
    const bool forged = input.ConsumeBool();
    auto page = input.ConsumeRemainingBytes<uint8_t>();
    page.resize(kTablePageBytes, 0);
    if (forged) store_le(&page[kTablePageBytes - 8], hash64(Bytes(page).first(kTablePageBytes - 8), kMark ^ 5));
    const std::vector<uint8_t> zeros(kTablePageBytes, 0);
    const auto chosen = choose_table_page(page, zeros, 5, kMark);
    CAIRN_CHECK(!chosen || chosen->one_damaged);
    CAIRN_CHECK(!forged || chosen);
}

void snapshot(FuzzedDataProvider& input) {
    const bool forged = input.ConsumeBool();
    auto bytes = input.ConsumeRemainingBytes<uint8_t>();
    const size_t used = std::min<size_t>(bytes.size() + 32, 4096 - 8) / 8 * 8;
    AlignedBuffer buffer(4096);
    std::memset(buffer.data(), 0, 4096);
    if (bytes.empty()) return;
    std::memcpy(buffer.data() + (forged ? 32 : 0), bytes.data(), std::min<size_t>(bytes.size(), used - 32));
    if (forged) {
        store_le(buffer.data(), uint32_t{0x58444943});
        store_le(buffer.data() + 4, uint32_t{4096});
        store_le(buffer.data() + 8, uint64_t{7});
        store_le(buffer.data() + 20, uint32_t(used));
        store_le(buffer.data() + 24, uint32_t{1});
        store_le(buffer.data() + 28, uint32_t{1});
        store_le(buffer.data() + 4088, hash64(buffer.bytes().first(4088)));
    }
    SnapshotReader reader(7, Uuid{}, 4096);
    if (!reader.page(buffer.bytes())) return;
    SnapshotItem item;
    uint64_t sum = 0;
    while (true) {
        const auto more = reader.next(item);
        if (!more || !*more) break;
        for (const auto& block : item.blocks) sum += block.seq;
        sum += hash64(item.entries) + hash64(as_bytes(item.name));
        for (const uint64_t sequence : item.sequences) sum += sequence;
        for (const uint64_t place : item.places) {
            CAIRN_CHECK(SnapshotPlace::from_word(place).word() == place);
            sum += place;
        }
    }
    CAIRN_CHECK(sum != 1);
}

}  // namespace
}  // namespace cairn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn::fuzz;
    if (size == 0) return 0;
    FuzzedDataProvider input(data + 1, size - 1);
    constexpr void (*kTargets[])(FuzzedDataProvider&) = {damaged_block, forged_block, raw_block,
                                                         superblocks,   table_page,   snapshot};
    kTargets[data[0] % std::size(kTargets)](input);
    return 0;
}
