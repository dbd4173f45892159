#include "node/storage/format/snapshot.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/base/hash.h"

namespace cairn::storage {
namespace {

using Type = SnapshotItem::Type;

constexpr uint32_t kMagic = 0x58444943;  // "CIDX"
constexpr uint32_t kFormat = 1;
constexpr uint32_t kFlagLast = 1;
constexpr size_t kSize = 4, kId = 8, kIndex = 16, kUsed = 20, kFlags = 24, kFormatAt = 28, kPageHeaderBytes = 32;
constexpr size_t kCheckBytes = 8;  // at the end of the page
constexpr size_t kPageAlign = 4096;
constexpr size_t kItemHeaderBytes = 16;  // u8 type, u8 0, u16 tag, u32 count, u32 first, u32 bytes
constexpr size_t kInfoBytes = 40;

constexpr size_t padded(size_t bytes) { return (bytes + 7) / 8 * 8; }

constexpr size_t kEntryBytesMax = 256;
constexpr size_t kSetNameMax = 63;

}  // namespace

uint64_t snapshot_pages_for(const SnapshotContent& content, uint16_t entry_bytes, uint32_t page_bytes) {
    const uint64_t fixed = kItemHeaderBytes + kInfoBytes + content.devices * kItemHeaderBytes +
                           content.blocks * sizeof(SnapshotBlock) +
                           content.sets * (kItemHeaderBytes + padded(kSetNameMax)) +
                           content.sequence_runs * kItemHeaderBytes + content.sequences * sizeof(uint64_t) +
                           content.partitions * (kItemHeaderBytes + 8) + content.entries * entry_bytes;
    // At the end of a page an item that is cut leaves less than its smallest piece, and begins anew on the next one.
    const uint64_t lost = std::max(padded(entry_bytes), padded(kSetNameMax)) + 2 * kItemHeaderBytes + 8;
    const uint64_t room = page_bytes - kPageHeaderBytes - kCheckBytes - lost;
    uint64_t pages = 1;
    for (uint64_t needed = 0; needed != pages;) {
        needed = std::exchange(pages, (fixed + kItemHeaderBytes + pages * sizeof(uint64_t) + room - 1) / room);
    }
    return pages;
}

SnapshotWriter::SnapshotWriter(const SnapshotInfo& info, uint32_t page_bytes, Buffer& out)
    : info_(info), page_bytes_(page_bytes), out_(out) {
    CAIRN_CHECK(info.id != 0 && info.entry_bytes >= 1 && info.entry_bytes <= kEntryBytesMax);
    CAIRN_CHECK(page_bytes % kPageAlign == 0 && page_bytes != 0 && page_bytes <= kSnapshotPageBytesMax);
    page_.reserve(page_bytes);
    begin_page();
    uint8_t* at = item(uint8_t(Type::info), 0, 1, 0, kInfoBytes);
    std::memcpy(at, info.set.bytes.data(), sizeof(Uuid));
    store_le(at + 16, info.device_count);
    store_le(at + 18, info.entry_bytes);
    store_le(at + 24, info.next_block_seq);
    store_le(at + 32, info.entries);
}

void SnapshotWriter::places(std::span<const SnapshotPlace> places) {
    for (uint32_t first = 0; first < places.size();) {
        const size_t count = std::min(places.size() - first, room_for(sizeof(uint64_t)) / sizeof(uint64_t));
        uint8_t* at = item(uint8_t(Type::places), 0, uint32_t(count), first, count * sizeof(uint64_t));
        for (size_t i = 0; i < count; ++i, at += sizeof(uint64_t)) store_le(at, places[first + i].word());
        first += uint32_t(count);
    }
}

void SnapshotWriter::blocks(uint16_t device_index, uint32_t first_block, std::span<const SnapshotBlock> blocks) {
    while (!blocks.empty()) {
        const size_t count = std::min(blocks.size(), room_for(sizeof(SnapshotBlock)) / sizeof(SnapshotBlock));
        uint8_t* const at =
            item(uint8_t(Type::blocks), device_index, uint32_t(count), first_block, count * sizeof(SnapshotBlock));
        std::memcpy(at, blocks.data(), count * sizeof(SnapshotBlock));
        blocks = blocks.subspan(count);
        first_block += uint32_t(count);
    }
}

void SnapshotWriter::set(uint16_t id, std::string_view name) {
    room_for(name.size());
    std::memcpy(item(uint8_t(Type::set), id, 1, 0, name.size()), name.data(), name.size());
}

void SnapshotWriter::sequences(PartitionId first, std::span<const uint64_t> sequences) {
    while (!sequences.empty()) {
        const size_t count = std::min(sequences.size(), room_for(sizeof(uint64_t)) / sizeof(uint64_t));
        const auto some = sequences.first(count);
        std::memcpy(item(uint8_t(Type::sequences), 0, uint32_t(count), first, some.size_bytes()), some.data(),
                    some.size_bytes());
        sequences = sequences.subspan(count);
        first = PartitionId(first + count);
    }
}

void SnapshotWriter::entries(PartitionId partition, Bytes entries) {
    CAIRN_CHECK(entries.size() % info_.entry_bytes == 0 && partition >= partition_ && partition < kPartitionCount);
    partition_ = partition;
    while (!entries.empty()) {
        const size_t left = entries.size() / info_.entry_bytes;
        const size_t count = std::min(left, room_for(info_.entry_bytes) / info_.entry_bytes);
        const size_t bytes = count * info_.entry_bytes;
        std::memcpy(item(uint8_t(Type::entries), partition, uint32_t(count), 0, bytes), entries.data(), bytes);
        entries = entries.subspan(bytes);
        entries_ += count;
    }
}

void SnapshotWriter::finish() {
    CAIRN_CHECK(entries_ == info_.entries);
    close_page(/*last=*/true);
}

/// How many bytes the next item may have, `least` or more.
size_t SnapshotWriter::room_for(size_t least) {
    const size_t used_max = page_bytes_ - kCheckBytes;
    if (page_.size() + kItemHeaderBytes + padded(least) > used_max) {
        close_page(/*last=*/false);
        begin_page();
    }
    return used_max - page_.size() - kItemHeaderBytes;
}

uint8_t* SnapshotWriter::item(uint8_t type, uint16_t tag, uint32_t count, uint32_t first, size_t bytes) {
    uint8_t* const at = page_.append(kItemHeaderBytes + padded(bytes));
    CAIRN_CHECK(page_.size() + kCheckBytes <= page_bytes_);
    at[0] = type;
    at[1] = 0;
    store_le(at + 2, tag);
    store_le(at + 4, count);
    store_le(at + 8, first);
    store_le(at + 12, uint32_t(bytes));
    std::memset(at + kItemHeaderBytes + bytes, 0, padded(bytes) - bytes);
    return at + kItemHeaderBytes;
}

void SnapshotWriter::begin_page() {
    page_.clear();
    std::memset(page_.append(kPageHeaderBytes), 0, kPageHeaderBytes);
}

void SnapshotWriter::close_page(bool last) {
    const size_t used = page_.size();
    const size_t size = page_bytes_;
    std::memset(page_.append(size - used), 0, size - used);
    uint8_t* const at = page_.data();
    store_le(at, kMagic);
    store_le(at + kSize, uint32_t(size));
    store_le(at + kId, info_.id);
    store_le(at + kIndex, page_index_++);
    store_le(at + kUsed, uint32_t(used));
    store_le(at + kFlags, last ? kFlagLast : 0);
    store_le(at + kFormatAt, kFormat);
    seal_snapshot_page({at, size});
    out_.append(page_.bytes());
}

bool begins_snapshot_page(Bytes bytes) {
    return bytes.size() >= kPageHeaderBytes && load_le<uint32_t>(bytes.data()) == kMagic;
}

void seal_snapshot_page(MutableBytes page) {
    const size_t checked = page.size() - kCheckBytes;
    store_le(&page[checked], hash64(Bytes(page).first(checked)));
}

Result<void> SnapshotReader::page(Bytes bytes) {
    CAIRN_CHECK(reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0);
    const auto refuse = [&](const std::string& why) {
        return fail("snapshot: page " + std::to_string(next_page_) + " " + why);
    };
    if (last_) return refuse("follows the last one");
    if (bytes.size() < page_bytes_) return refuse("is missing");
    const uint32_t size = page_bytes_;
    const uint32_t used = load_le<uint32_t>(&bytes[kUsed]);
    if (load_le<uint32_t>(bytes.data()) != kMagic || load_le<uint32_t>(&bytes[kSize]) != size ||
        load_le<uint64_t>(&bytes[size - kCheckBytes]) != hash64(bytes.first(size - kCheckBytes))) {
        return refuse("is damaged");
    }
    if (load_le<uint32_t>(&bytes[kFormatAt]) != kFormat) return refuse("has another format");
    if (load_le<uint64_t>(&bytes[kId]) != id_ || load_le<uint32_t>(&bytes[kIndex]) != next_page_) {
        return refuse("is of another snapshot or place");
    }
    const bool last = (load_le<uint32_t>(&bytes[kFlags]) & kFlagLast) != 0;
    if (used < kPageHeaderBytes || used > size - kCheckBytes || used % 8 != 0) return refuse("names a wrong size");
    page_ = bytes.first(used);
    at_ = kPageHeaderBytes;
    last_ = last;
    ++next_page_;
    return {};
}

Result<bool> SnapshotReader::next(SnapshotItem& item) {
    const auto refuse = [&] {
        return fail("snapshot: page " + std::to_string(next_page_ - 1) + " has a wrong item at byte " +
                    std::to_string(at_));
    };
    if (at_ == page_.size()) {
        if (!last_ || entries_ == info_.entries) return false;
        return fail("snapshot: has " + std::to_string(entries_) + " entries, announced " +
                    std::to_string(info_.entries));
    }
    if (page_.size() - at_ < kItemHeaderBytes) return refuse();
    const uint8_t* const at = &page_[at_];
    const uint32_t bytes = load_le<uint32_t>(at + 12);
    if (bytes > page_.size() - at_ - kItemHeaderBytes || padded(bytes) > page_.size() - at_ - kItemHeaderBytes)
        return refuse();
    item = {};
    item.type = Type(at[0]);
    item.tag = load_le<uint16_t>(at + 2);
    item.first = load_le<uint32_t>(at + 8);
    const bool begins = next_page_ == 1 && at_ == kPageHeaderBytes;
    if (begins != (item.type == Type::info)) return refuse();
    if (!take(item, load_le<uint32_t>(at + 4), page_.subspan(at_ + kItemHeaderBytes, bytes))) return refuse();
    at_ += kItemHeaderBytes + padded(bytes);
    return true;
}

bool SnapshotReader::take(SnapshotItem& item, uint32_t count, Bytes data) {
    switch (item.type) {
        case Type::info: return take_info(item, data);
        case Type::blocks:
            item.blocks = {reinterpret_cast<const SnapshotBlock*>(data.data()), count};
            return item.blocks.size_bytes() == data.size() && item.tag < info_.device_count;
        case Type::set:
            item.name = as_text(data);
            return !data.empty() && data.size() <= kSetNameMax && item.tag != 0 && item.tag < 4096;
        case Type::sequences:
            item.sequences = {reinterpret_cast<const uint64_t*>(data.data()), count};
            return uint64_t{item.first} + count <= kPartitionCount && item.sequences.size_bytes() == data.size();
        case Type::places:
            item.places = {reinterpret_cast<const uint64_t*>(data.data()), count};
            return item.places.size_bytes() == data.size();
        case Type::entries: return take_entries(item, count, data);
    }
    return false;
}

bool SnapshotReader::take_info(SnapshotItem& item, Bytes data) {
    if (data.size() != kInfoBytes) return false;
    info_.id = id_;
    std::memcpy(info_.set.bytes.data(), data.data(), sizeof(Uuid));
    info_.device_count = load_le<uint16_t>(&data[16]);
    info_.entry_bytes = load_le<uint16_t>(&data[18]);
    info_.next_block_seq = load_le<uint64_t>(&data[24]);
    info_.entries = load_le<uint64_t>(&data[32]);
    item.info = info_;
    return info_.set == set_ && info_.entry_bytes >= 1 && info_.entry_bytes <= kEntryBytesMax;
}

bool SnapshotReader::take_entries(SnapshotItem& item, uint32_t count, Bytes data) {
    if (item.tag < partition_ || item.tag >= kPartitionCount) return false;
    if (uint64_t{count} * info_.entry_bytes != data.size() || count > info_.entries - entries_) return false;
    partition_ = item.tag;
    entries_ += count;
    item.entries = data;
    return true;
}

}  // namespace cairn::storage
