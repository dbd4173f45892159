#include "tests/sim/namespace_history.h"

#include <algorithm>
#include <cstring>

#include "tests/sim/node_work.h"
#include "tests/sim/oldest_wins.h"

namespace cairn::sim {
namespace {

using partition::Partition;
using record::Head;

constexpr size_t kReadingsMax = 4;
constexpr PartitionId kPartitionsUsed = 5;

Digest digest_of(uint32_t number) { return digest_in(PartitionId(number % kPartitionsUsed * 819), number); }

std::string set_of(uint32_t number) { return number % 4 == 0 ? "" : "set-" + std::to_string(number % 4); }

/// Key, version, and bytes that belong to them alone.
void fill(MutableBytes body, uint32_t number, uint32_t version) {
    Dice dice(uint64_t{number} << 32 | version);
    for (uint8_t& byte : body) byte = uint8_t(version % 3 == 0 ? version : dice.next());
    store_le(body.data(), number);
    store_le(body.data() + 4, version);
}

}  // namespace

NamespaceHistory::NamespaceHistory(uint64_t seed, const Plan& plan)
    : world_(seed), plan_(plan), machine_(world_.machine("node")) {
    draw_shape();
}

NamespaceHistory::~NamespaceHistory() {
    if (ns_ == nullptr) return;
    machine_.crash();
    destroy();
}

void NamespaceHistory::draw_shape() {
    Dice& dice = world_.dice();
    DiskShape& shape = machine_.sim_disk().shape();
    shape.delay_max = std::min<Duration>(shape.delay_max, 1ms);
    shape.sector = dice.once_in(2) ? 16 : 512;
    options_.namespace_name = "test";
    options_.node_id = 0xA1;
    options_.write_block_bytes = 4096u << dice.below(2);
    options_.streams = dice.between(1, 2);
    const uint64_t devices = dice.between(1, 2);
    const uint64_t blocks = 4 * options_.streams + dice.between(6, 16);
    for (uint64_t i = 0; i < devices; ++i) options_.paths.push_back("/data/" + std::to_string(i));
    options_.file_bytes = storage::kBlocksOffset + blocks * options_.write_block_bytes;
    options_.commit_to_device = dice.once_in(2);
    options_.flush_max = 1ms + dice.up_to(20ms);
    options_.max_write_cache = options_.write_block_bytes * dice.between(1, 6);
    options_.post_write_cache = uint32_t(dice.below(3));
    options_.cache_all = dice.once_in(6);
    options_.defrag_lwm_pct = uint32_t(dice.between(30, 60));
    options_.defrag_sleep = dice.up_to(500us);
    options_.compression = dice.once_in(3) ? storage::Compression::lz4 : storage::Compression::none;
    options_.mutants = plan_.mutants;
    options_.logger = &logger_;
    value_max_ = uint32_t(dice.between(20, options_.write_block_bytes / 3));
    const uint64_t room = devices * blocks * options_.write_block_bytes * dice.between(5, 40) / 100;
    keys_.resize(std::clamp<uint64_t>(room / (value_max_ / 2 + 64), 2, 60));
}

std::optional<std::string> NamespaceHistory::run() {
    Dice& dice = world_.dice();
    for (int life = 0; life < plan_.lives && !violation_; ++life) {
        if (!start()) break;
        const uint64_t steps = dice.between(1, dice.once_in(3) ? 12 : uint64_t(plan_.steps) * 2);
        for (uint64_t i = 0; i < steps && !violation_; ++i) step();
        if (!violation_) end_of_life();
    }
    return violation_.text();
}

bool NamespaceHistory::start() {
    closing_ = false;
    const auto sets = std::make_shared<const partition::Sets*>(nullptr);
    auto opened = storage::DeviceStore::open(machine_, options_, [sets](uint16_t id) { return (*sets)->name(id); });
    if (!opened) {
        violation_.note("start-up refused its own disk: " + opened.error().detail);
        return false;
    }
    std::unique_ptr<storage::Store> store = std::move(*opened);
    if (plan_.oldest_wins) store = std::make_unique<OldestWins>(std::move(store));
    NamespaceConfig settings;
    settings.name = "test";
    ns_ = std::make_unique<partition::Namespace>(0, settings, 1, std::move(store));
    *sets = &ns_->sets;
    const auto loaded = ns_->load(
        settings, machine_.loop(0).clock(), [](double, std::string_view) {}, [] { return Result<void>(); },
        [](const Head&) { return false; });
    if (!loaded) {
        violation_.note("start-up failed: " + loaded.error().detail);
        return false;
    }
    tasks_ = std::make_unique<runtime::TaskGroup>(machine_.loop(0));
    ns_->store->start(*tasks_);
    size_t found = 0;
    for (uint32_t number = 0; number < keys_.size(); ++number) {
        const Digest digest = digest_of(number);
        const auto [version, set] = ns_->partitions.with(digest.partition(), [&](Partition& partition) {
            const Head* head = partition.find(digest);
            return head == nullptr ? std::pair(0u, uint16_t(0))
                                   : std::pair(uint32_t(head->last_update_ms()), uint16_t(head->set_id));
        });
        if (version != 0 && ns_->sets.name(set) != set_of(number)) violation_.note("a record is in another set");
        found += version != 0;
        check_loaded(number, version);
    }
    if (ns_->partitions.memory_use().objects != found) violation_.note("records are counted wrongly");
    return !violation_;
}

void NamespaceHistory::check_loaded(uint32_t number, uint32_t found) {
    Key& key = keys_[number];
    const auto is_delete = [&](uint32_t version) { return version == 0 || key.deletes[version]; };
    bool right = found >= key.sure && found <= key.tried && !is_delete(found);
    if (found == 0) {
        right = false;
        for (uint32_t version = key.sure; version <= key.tried; ++version) right |= is_delete(version);
    }
    if (!right) {
        return violation_.note("key " + std::to_string(number) + " is at version " + std::to_string(found) +
                               " after a start, " + std::to_string(key.sure) +
                               (is_delete(key.sure) ? " (a durable delete)" : "") + " was acknowledged, " +
                               std::to_string(key.tried) + " tried");
    }
    key.current = key.newest = found;
    if (found != 0) {
        key.sure = found;  // it was made durable before it was read
    } else if (key.sure != 0 || key.erased == 0) {
        // Whatever it was is not there, or below a tombstone: none of it may come back.
        key.deletes.push_back(true);
        key.sure = ++key.tried;
    }
}

void NamespaceHistory::step() {
    Dice& dice = world_.dice();
    runtime::Loop& loop = machine_.loop(dice.below(machine_.loop_count()));
    const auto number = uint32_t(dice.below(keys_.size()));
    const uint64_t what = dice.below(20);
    loop.post([this, &loop, number, what] {
        if (violation_ || closing_) return;
        if (what < 11) write(loop, number);
        else if (what < 13) bury(loop, number);
        else if (what < 14) erase(number);
        else read(loop, number);
    });
    if (!dice.once_in(3)) world_.run_for(dice.up_to(dice.once_in(8) ? options_.flush_max * 2 : Duration(200us)));
}

void NamespaceHistory::end_of_life() {
    Dice& dice = world_.dice();
    totals_.defragged += ns_->store->stats().blocks_defragged;
    const uint64_t how = dice.below(4);
    if (how == 0 && close()) return;
    if (violation_) return;
    ++totals_.crashes;
    if (how == 1) machine_.kill();
    else machine_.crash();
    destroy();
}

bool NamespaceHistory::close() {
    closing_ = true;
    bool stopped = false;
    machine_.loop(0).post([&] { tasks_->stop([&] { stopped = true; }); });
    if (!world_.run_until([&] { return stopped && readings_.empty(); }, 10s)) {
        violation_.note("background work did not stop");
        return false;
    }
    std::optional<Result<void>> closed;
    machine_.loop(0).post([&] { ns_->close([&](Result<void> result) { closed = std::move(result); }); });
    if (!world_.run_until([&] { return closed.has_value(); }, 10s) || !*closed) {
        violation_.note("close() failed");
        return false;
    }
    for (Key& key : keys_) {
        key.sure = std::max(key.sure, key.newest);
    }
    world_.run_for(1ms);
    destroy();
    return true;
}

void NamespaceHistory::destroy() {
    tasks_.reset();
    ns_.reset();
    readings_.clear();
    if (!machine_.alive()) machine_.restart();
}

ResultCode NamespaceHistory::publish(runtime::Loop& loop, uint32_t number, bool bury) {
    Key& key = keys_[number];
    const Digest digest = digest_of(number);
    const uint32_t version = key.tried + 1;
    const size_t size = bury ? 0 : 8 + Dice(uint64_t{number} << 32 | version).below(value_max_);
    const std::string set = set_of(number);
    const partition::SetId set_id = set.empty() ? partition::kNoSet : ns_->sets.find_or_add(set);
    storage::Ticket ticket;
    const ResultCode code = ns_->partitions.with(digest.partition(), [&](Partition& partition) {
        Head* const old = partition.find(digest);
        Head* const fresh = partition.place(record::units_for(sizeof(Head) + size));
        fresh->kind = uint32_t(bury ? record::Kind::tombstone : record::Kind::record) & 3;
        fresh->pad = (fresh->units * record::kUnit - sizeof(Head) - size) & 15;
        fresh->generation = uint16_t(version);
        fresh->set_id = set_id & 0xFFF;
        fresh->digest = digest;
        fresh->set_last_update_ms(version);
        if (!bury) fill({fresh->body(), size}, number, version);
        const ResultCode published = partition.publish(fresh, old);
        ticket = partition.ticket();
        return published;
    });
    if (code != ResultCode::ok) {
        ++totals_.refused;
        if (code == ResultCode::server_error && !ns_->store->stats().failed) violation_.note("a write failed");
        return code;
    }
    key.tried = version;
    key.deletes.push_back(bury);
    key.current = bury ? 0 : version;
    key.newest = version;
    ns_->store->when_durable(loop, ticket, [this, number, version](bool durable) {
        if (!durable) return violation_.note("a version will never be durable");
        ++totals_.acknowledged;
        if (version > keys_[number].erased) keys_[number].sure = std::max(keys_[number].sure, version);
    });
    return code;
}

void NamespaceHistory::write(runtime::Loop& loop, uint32_t number) {
    totals_.written += publish(loop, number, false) == ResultCode::ok;
}

void NamespaceHistory::bury(runtime::Loop& loop, uint32_t number) {
    if (keys_[number].current == 0) return;
    totals_.deleted += publish(loop, number, true) == ResultCode::ok;
}

void NamespaceHistory::erase(uint32_t number) {
    Key& key = keys_[number];
    if (key.current == 0) return;
    const Digest digest = digest_of(number);
    ns_->partitions.with(digest.partition(), [&](Partition& partition) {
        partition.erase(partition.find(digest));
        return true;
    });
    ++totals_.erased;
    key.current = key.newest = key.sure = 0;
    key.erased = key.tried;
}

void NamespaceHistory::read(runtime::Loop& loop, uint32_t number) {
    if (readings_.size() >= kReadingsMax) return;
    readings_.push_back({number, {}});
    go_on(loop, std::prev(readings_.end()));
}

void NamespaceHistory::go_on(runtime::Loop& loop, std::list<Reading>::iterator reading) {
    const uint32_t number = reading->key;
    const Digest digest = digest_of(number);
    const std::string name = "key " + std::to_string(number);
    const ResultCode code = ns_->partitions.with(digest.partition(), [&](Partition& partition) {
        Head* head = partition.find(digest);
        if ((head != nullptr) != (keys_[number].current != 0)) {
            violation_.note(name + (head == nullptr ? " is missing" : " is there, though it was deleted"));
        }
        if (head == nullptr) return ResultCode::not_found;
        const ResultCode loaded = partition.load(head, reading->reads);
        if (loaded == ResultCode::ok && version_in(*head, number) != keys_[number].current) {
            violation_.note("a read of " + name + " brought a wrong value");
        }
        return loaded;
    });
    if (code == ResultCode::waiting) {
        ++totals_.cold_reads;
        reading->reads.start(loop, [this, &loop, reading] { go_on(loop, reading); });
        return;
    }
    if (code == ResultCode::server_error) violation_.note(name + " cannot be read");
    readings_.erase(reading);
}

uint32_t NamespaceHistory::version_in(const Head& head, uint32_t number) const {
    const size_t size = size_t(head.body_end() - head.body());
    if (size < 8) return 0;
    const auto version = load_le<uint32_t>(head.body() + 4);
    std::vector<uint8_t> wanted(size);
    fill(wanted, number, version);
    return std::memcmp(wanted.data(), head.body(), size) == 0 ? version : 0;
}

}  // namespace cairn::sim
