#include "tests/sim/store_history.h"

#include <algorithm>
#include <cstring>

#include "node/storage/format/snapshot.h"
#include "tests/sim/store_keys.h"

namespace cairn::sim {
namespace {

using record::Head;
using record::Kind;

constexpr size_t kReadingsMax = 4;

}  // namespace

StoreHistory::StoreHistory(uint64_t seed, const Plan& plan)
    : world_(seed), plan_(plan), machine_(world_.machine("node")) {
    draw_shape();
}

StoreHistory::~StoreHistory() {
    if (store_ == nullptr) return;
    machine_.crash();
    destroy();
}

void StoreHistory::draw_shape() {
    Dice& dice = world_.dice();
    DiskShape& shape = machine_.sim_disk().shape();
    shape.delay_max = std::min<Duration>(shape.delay_max, 1ms);
    if (shape.sector == 4096 && !dice.once_in(4)) shape.sector = 512;
    options_.namespace_name = "test";
    options_.node_id = 0xA1;
    const uint32_t block_bytes = 4096u << dice.below(3);
    options_.streams = dice.between(1, 3);
    const uint64_t blocks = 4 * options_.streams + dice.between(6, 16);
    const uint64_t devices = dice.between(1, 3);
    for (uint64_t i = 0; i < devices; ++i) options_.paths.push_back("/data/" + std::to_string(i));
    options_.file_bytes = storage::kBlocksOffset + blocks * block_bytes;
    options_.write_block_bytes = block_bytes;
    options_.commit_to_device = dice.once_in(2);
    options_.flush_max = 1ms + dice.up_to(20ms);
    options_.max_write_cache = block_bytes * dice.between(1, 6);
    options_.post_write_cache = uint32_t(dice.below(4));
    options_.cache_all = dice.once_in(6);
    options_.defrag_lwm_pct = dice.once_in(3) ? 0 : uint32_t(dice.between(30, 60));
    options_.defrag_sleep = dice.up_to(500us);
    options_.tomb_raider_sleep = dice.up_to(100us);
    options_.compression = std::array{storage::Compression::none, storage::Compression::none, storage::Compression::lz4,
                                      storage::Compression::zstd}[dice.below(4)];
    if (dice.once_in(4)) {
        options_.master_key.emplace(std::array<uint8_t, 32>{1, 2, 3});
        options_.secrets = [&dice](MutableBytes bytes) {
            for (uint8_t& byte : bytes) byte = uint8_t(dice.next());
        };
    }
    options_.mutants = plan_.mutants;
    options_.logger = &logger_;
    value_min_ = 1;
    value_max_ = uint32_t(dice.between(20, block_bytes / 2 - 200));
    if (dice.once_in(4)) value_min_ = value_max_;  // versions fit where others were
    const uint64_t room = (value_min_ + value_max_) / 2 + 64;
    const uint64_t live_pct = dice.between(5, 60);
    keys_ = Key(std::clamp<uint64_t>(devices * blocks * block_bytes * live_pct / 100 / room, 2, 200));
    forgets_ = dice.once_in(2);
    slow_ = std::array<uint64_t, 4>{0, 3, 3, 12}[dice.below(4)];
}

/// A start may bring a new master key, and with it new data keys.
void StoreHistory::draw_keys() {
    Dice& dice = world_.dice();
    if (!ever_started_ || !options_.master_key || !dice.once_in(3)) return;
    std::array<uint8_t, storage::SecretKey::kSize> key{};
    for (uint8_t& byte : key) byte = uint8_t(dice.next());
    options_.former_master_key = options_.master_key;
    options_.master_key.emplace(key);
    options_.new_data_keys = dice.once_in(2);
}

std::optional<std::string> StoreHistory::run() {
    Dice& dice = world_.dice();
    for (int life = 0; life < plan_.lives && !violation_; ++life) {
        if (!start()) break;
        const uint64_t steps = dice.between(1, dice.once_in(3) ? 12 : uint64_t(plan_.steps) * 2);
        for (uint64_t i = 0; i < steps && !violation_; ++i) step();
        if (!violation_) end_of_life();
        if (!violation_ && watch_.violation()) violation_.note(*watch_.violation());
    }
    return violation_.text();
}

bool StoreHistory::start() {
    faults() = {};
    const bool may_refuse = plan_.trouble == DiskTrouble::lying && ever_started_;
    index_.clear();
    named_.clear();
    waiting_ = 0;
    closing_ = false;
    raiding_ = false;
    draw_keys();
    const auto open = [&] {
        return storage::DeviceStore::open(watched_, options_, [](uint16_t id) -> std::string_view {
            static const std::array<std::string, kSets + 1> names{"", set_name_of(1), set_name_of(2), set_name_of(3)};
            return names.at(id);
        });
    };
    auto opened = open();
    if (!opened && options_.new_data_keys && opened.error().detail.contains("still being written anew")) {
        options_.new_data_keys = false;
        opened = open();
    }
    if (!opened) {
        if (!may_refuse) violation_.note("start-up refused its own disk: " + opened.error().detail);
        return false;
    }
    store_ = std::move(*opened);
    fast_ = false;
    if (auto loaded = store_->load(*this, machine_.loop(0).clock()); !loaded) {
        if (!may_refuse) violation_.note("start-up failed: " + loaded.error().detail);
        return false;
    }
    check_snapshot();
    for (const auto& [key, sequence] : acknowledged_) {
        const auto found = index_.find(key);
        if (found != index_.end() && found->second.sequence >= sequence) continue;
        ++totals_.lost;
        if (plan_.trouble != DiskTrouble::lying) {
            violation_.note("key " + std::to_string(key) + " was acknowledged at " + std::to_string(sequence) +
                            ", found " + (found == index_.end() ? "nothing" : std::to_string(found->second.sequence)));
        }
    }
    check_ended();
    acknowledged_.clear();
    for (const auto& [key, entry] : index_) {
        acknowledged_[key] = entry.sequence;  // it was made durable before it was read
        store_->keep(entry.place);
    }
    store_->begin(*this);
    const auto stats = store_->stats();
    totals_.torn += stats.torn;
    totals_.corrupt += stats.corrupt;
    if (plan_.trouble != DiskTrouble::lying && stats.corrupt != 0 && !forgets_ && options_.defrag_lwm_pct == 0 &&
        totals_.moved == 0) {
        // What was forgotten may come back from a block that a crash met in its next life, and of a version that was
        // moved (for new data keys whatever the mark is) the old copy may be chosen: nobody can tell that from damage.
        violation_.note("damage on a disk that is in order");
    }
    tasks_ = std::make_unique<runtime::TaskGroup>(machine_.loop(0));
    store_->start(*tasks_);
    check_used();
    if (ever_started_ || !plan_.mutants.late_clean_mark) ever_started_ = true;
    faults() = {.slow = slow_, .slow_max = 50ms};
    if (plan_.trouble == DiskTrouble::failing) {
        const uint64_t rare = world_.dice().between(50, 2000);
        faults() = {.read_error = 60, .write_error = rare, .sync_error = rare, .slow = slow_, .slow_max = 50ms};
    } else if (plan_.trouble == DiskTrouble::lying) {
        faults() = {.lost_write = 300, .misplaced_write = 300, .flipped_bit = 20};
    }
    return !violation_;
}

void StoreHistory::step() {
    Dice& dice = world_.dice();
    runtime::Loop& loop = machine_.loop(dice.below(machine_.loop_count()));
    const Key key = Key(dice.below(keys_));
    const uint64_t what = dice.below(10);
    loop.post([this, &loop, key, what] {
        if (violation_) return;
        if (what < 6) {
            write(loop, key, false);
        } else if (what < 7) {
            write(loop, key, true);
        } else if (what < 8) {
            if (forgets_) forget(key);
        } else {
            read(loop, key);
        }
    });
    if (dice.once_in(30)) {
        machine_.loop(0).post([this] {
            if (!violation_ && !closing_ && !raiding_) tasks_->spawn(raid());
        });
    }
    if (!dice.once_in(3)) world_.run_for(dice.up_to(dice.once_in(8) ? options_.flush_max * 2 : Duration(200us)));
}

void StoreHistory::end_of_life() {
    Dice& dice = world_.dice();
    totals_.failures += store_->stats().failed;
    sync_failed_ = machine_.sim_disk().struck().sync_error != 0;
    const uint64_t how = dice.below(4);
    if (how == 0) {
        settle();
        if (violation_ || close()) return;
    } else if (how == 1 && !sync_failed_) {
        ++totals_.crashes;
        machine_.kill();
        return destroy();
    }
    ++totals_.crashes;
    machine_.crash();
    destroy();
}

/// Nothing stays undone for ever: who waits is answered, room comes back.
void StoreHistory::settle() {
    const bool answered = world_.run_until([&] { return waiting_ == 0; }, 2s);
    if (!answered) return violation_.note(std::to_string(waiting_) + " waits for durability were not answered");
    world_.run_until([&] { return readings_.empty(); }, 2s);
    if (!readings_.empty()) return violation_.note("a read was not answered");
    if (store_->stats().failed || options_.defrag_lwm_pct == 0 || plan_.trouble != DiskTrouble::none) return;
    check_used();
    // Where a flush fills a block, however little it has, a crash in the midst of a block costs one for good. Real blocks
    // have 32 sectors and more.
    if (options_.write_block_bytes < 4 * machine_.sim_disk().shape().sector) return;
    // A third of the space in use: defragmentation must find room for more.
    if (store_->stats().used * 3 > store_->stats().size) return;
    const auto room = std::make_shared<bool>(false);  // it may run later than this waits for
    for (int i = 0; i < 100 && !*room && !violation_; ++i) {
        world_.run_for(options_.flush_max * 2 + 100ms);
        machine_.loop(0).post([this, room] {
            const uint64_t before = totals_.refused;
            write(machine_.loop(0), 0, false);
            *room = totals_.refused == before;
        });
        world_.run_for(1ms);
    }
    if (*room || violation_) return;
    const auto stats = store_->stats();
    violation_.note(
        "no room for a version, though two thirds of the devices are garbage: " + std::to_string(stats.used) +
        " bytes live of " + std::to_string(stats.size) + ", blocks free " + std::to_string(stats.free_blocks) + " of " +
        std::to_string(stats.total_blocks) + ", for defragmentation " + std::to_string(stats.defrag_queue) +
        ", moved " + std::to_string(totals_.moved) + ", streams " + std::to_string(options_.streams) + ", devices " +
        std::to_string(options_.paths.size()) + ", lwm " + std::to_string(options_.defrag_lwm_pct) + ", sector " +
        std::to_string(machine_.sim_disk().shape().sector) + ", blocks of " +
        std::to_string(options_.write_block_bytes));
}

/// @return  false: the store could not end in order, which faults excuse.
bool StoreHistory::close() {
    closing_ = true;  // for steps that have not run yet
    bool stopped = false;
    machine_.loop(0).post([&] { tasks_->stop([&] { stopped = true; }); });
    if (!world_.run_until([&] { return stopped; }, 10s)) {
        violation_.note("background work did not stop");
        return false;
    }
    std::optional<Result<void>> closed;
    const storage::IndexImage* const image = world_.dice().once_in(8) ? nullptr : this;
    machine_.loop(0).post([&] { store_->close(image, [&](Result<void> result) { closed = std::move(result); }); });
    if (!world_.run_until([&] { return closed.has_value(); }, 10s)) {
        violation_.note("close() was not answered");
        return false;
    }
    left_ = index_;  // what failed to the writer may have reached the disk all the same
    if (!*closed) {
        if (plan_.trouble != DiskTrouble::failing) violation_.note("close() failed: " + closed->error().detail);
        return false;
    }
    for (const auto& [key, entry] : index_) acknowledged_[key] = entry.sequence;
    world_.run_for(1ms);
    destroy();
    if (plan_.trouble != DiskTrouble::lying && world_.dice().once_in(4)) spoil_snapshot();
    return true;
}

/// Damages a page of a snapshot, the present one or one that is left from before.
void StoreHistory::spoil_snapshot() {
    Dice& dice = world_.dice();
    struct At {
        Medium* medium;
        uint64_t offset;
    };
    std::vector<At> pages;
    for (const std::string& path : options_.paths) {
        Medium* const medium = machine_.sim_disk().medium(path);
        const uint32_t block_bytes = options_.write_block_bytes;
        for (uint64_t at = storage::kBlocksOffset; at + block_bytes <= medium->size(); at += block_bytes) {
            if (storage::begins_snapshot_page(medium->bytes().subspan(at, block_bytes))) pages.push_back({medium, at});
        }
    }
    if (pages.empty()) return;
    const At page = pages[dice.below(pages.size())];
    const uint64_t at = page.offset + dice.below(dice.once_in(2) ? 600 : options_.write_block_bytes);
    std::vector<uint8_t> with(page.medium->bytes().begin() + ptrdiff_t(at),
                              page.medium->bytes().begin() + ptrdiff_t(at + 1));
    with[0] ^= uint8_t(1u << dice.below(8));
    page.medium->damage(at, with);
    spoiled_ = true;
    ++totals_.spoiled;
}

/// After loading: what a snapshot brought is what the last stop left, to the entry.
void StoreHistory::check_snapshot() {
    totals_.fast += fast_;
    totals_.fell_back += spoiled_ && !fast_;
    if (fast_ && plan_.trouble != DiskTrouble::lying && index_ != left_)
        violation_.note("a snapshot brought another index");
    spoiled_ = false;
    left_.clear();
}

void StoreHistory::destroy() {
    tasks_.reset();
    store_.reset();
    readings_.clear();
    if (!machine_.alive()) machine_.restart();
}

const Head& StoreHistory::make(Key key, uint64_t sequence, bool tombstone) {
    Dice dice(key * 7919ull + sequence);
    uint64_t size = tombstone ? 0 : dice.between(value_min_, value_max_);
    if (!tombstone && dice.once_in(100)) size = dice.between(1, 3 * options_.write_block_bytes);
    const uint32_t units = record::units_for(sizeof(Head) + size);
    memory_.assign(size_t{units} * 2, 0);
    Head& head = *reinterpret_cast<Head*>(memory_.data());
    head.units = units & 0xFFFFF;
    head.kind = uint32_t(tombstone ? Kind::tombstone : Kind::record) & 3;
    head.generation = uint16_t(sequence);
    head.set_id = uint16_t(key % (kSets + 1)) & 0xFFF;
    head.pad = uint16_t(units * record::kUnit - sizeof(Head) - size) & 15;
    head.set_last_update_ms(sequence * 3);
    head.set_sequence(sequence);
    head.digest = digest_of(key);
    const bool dull = dice.once_in(2);  // can be compressed
    for (uint64_t i = 0; i < size; ++i) head.body()[i] = uint8_t(dull ? sequence : dice.next());
    return head;
}

std::string StoreHistory::wrong_in(const Head& record) const {
    const Key key = key_of(record.digest);
    const uint64_t sequence = record.sequence_number();
    const auto highest = written_.find(key);
    const std::string name = "key " + std::to_string(key) + " sequence " + std::to_string(sequence);
    if (highest == written_.end() || sequence > highest->second) return name + ", which was never written";
    auto& self = const_cast<StoreHistory&>(*this);
    const Head& made = self.make(key, sequence, is_tombstone(sequence));
    Head head = record;
    head.check = 0;
    if (std::memcmp(&head, &made, sizeof(Head)) != 0 ||
        std::memcmp(record.body(), made.body(), made.size() - sizeof(Head)) != 0) {
        return name + " with a wrong value";
    }
    return {};
}

void StoreHistory::write(runtime::Loop& loop, Key key, bool tombstone) {
    if (closing_) return;
    const uint64_t sequence = ++sequence_;
    const size_t stream = sequence % options_.streams;
    if (tombstone) tombstones_.insert(sequence);
    const Head& head = make(key, sequence, tombstone);
    totals_.large += head.units * record::kUnit > options_.write_block_bytes / 2;
    const uint64_t highest = std::exchange(written_[key], sequence);
    const auto place = store_->append(stream, head);
    if (!place) {
        written_[key] = highest;
        ++totals_.refused;
        if (place.error() == ResultCode::server_error && !store_->stats().failed)
            violation_.note("append: server error");
        return;
    }
    ++totals_.appended;
    if (const auto old = index_.find(key); old != index_.end()) store_->release(old->second.place);
    index_[key] = {*place, sequence, tombstone};
    ++waiting_;
    store_->when_durable(loop, store_->ticket(stream), [this, key, sequence](bool durable) {
        --waiting_;
        if (!durable) {
            if (!store_->stats().failed)
                violation_.note("a version will never be durable on a store that has not failed");
            return;
        }
        if (store_->stats().failed && !plan_.mutants.ignore_failure) {
            // Answered before the failure, delivered after it.
        }
        ++totals_.acknowledged;
        const auto entry = index_.find(key);
        // Once it is forgotten, nobody may rely on it, nor after later versions.
        const auto forgotten = forgotten_.find(key);
        if (entry == index_.end() || (forgotten != forgotten_.end() && forgotten->second >= sequence)) return;
        auto& acknowledged = acknowledged_[key];
        acknowledged = std::max(acknowledged, std::min(sequence, entry->second.sequence));
    });
}

void StoreHistory::forget(Key key) {
    if (closing_) return;
    const auto entry = index_.find(key);
    if (entry == index_.end()) return;
    store_->release(entry->second.place);
    forgotten_[key] = entry->second.sequence;
    index_.erase(entry);
    acknowledged_.erase(key);
}

runtime::Task<void> StoreHistory::raid() {
    raiding_ = true;
    co_await store_->raid(*tasks_, *this);
    raiding_ = false;
}

void StoreHistory::check_ended() {
    if (plan_.trouble == DiskTrouble::lying) return;
    for (const auto& [key, sequence] : ended_) {
        const auto found = index_.find(key);
        if (found == index_.end() || found->second.tombstone || found->second.sequence > sequence) continue;
        violation_.note("key " + std::to_string(key) + " was deleted at " + std::to_string(sequence) +
                        ", its tombstone ended, and version " + std::to_string(found->second.sequence) + " is back");
    }
}

void StoreHistory::read(runtime::Loop& loop, Key key) {
    if (closing_ || readings_.size() >= kReadingsMax) return;
    const auto entry = index_.find(key);
    if (entry == index_.end()) return;
    ++totals_.reads;
    Reading& reading = readings_.emplace_back(key, entry->second, Buffer(), false);
    if (store_->copy_resident(reading.entry.place, reading.into)) {
        check_read(reading, true);
        readings_.pop_back();
        return;
    }
    store_->read(loop, reading.entry.place, reading.into, [this, at = std::prev(readings_.end())](ResultCode code) {
        check_read(*at, code == ResultCode::ok);
        readings_.erase(at);
    });
}

void StoreHistory::check_read(const Reading& reading, bool ok) {
    if (ok) {
        const Head& head = *reinterpret_cast<const Head*>(reading.into.data());
        if (head.sequence_number() != reading.entry.sequence || key_of(head.digest) != reading.key) {
            return violation_.note("a read brought another version");
        }
        if (const std::string wrong = wrong_in(head); !wrong.empty()) violation_.note("a read brought " + wrong);
        return;
    }
    const auto now = index_.find(reading.key);
    if (plan_.trouble == DiskTrouble::none && now != index_.end() && now->second.place == reading.entry.place &&
        now->second.sequence == reading.entry.sequence) {
        violation_.note("a live version of key " + std::to_string(reading.key) + " could not be read");
    }
}

void StoreHistory::check_used() {
    uint64_t used = 0;
    for (const auto& [key, entry] : index_) used += uint64_t{entry.place.units()} * record::kUnit;
    if (store_->stats().used != used) {
        violation_.note("live bytes are " + std::to_string(used) + ", counted " + std::to_string(store_->stats().used));
    }
}

}  // namespace cairn::sim
