#include "node/storage/device_store.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "common/log/logger.h"
#include "node/storage/format/stored_record.h"
#include "node/storage/open_devices.h"
#include "node/storage/snapshot_loader.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::kUnit;

/// Sequences of blocks that the last run opened and that left no trace are below this.
constexpr uint64_t kSeqStep = 1 << 20;

}  // namespace

Result<std::unique_ptr<DeviceStore>> DeviceStore::open(runtime::Machine& machine, StoreOptions options,
                                                       SetNames set_names) {
    CAIRN_CHECK(options.streams >= 1);
    auto devices = open_devices(machine, options);
    if (!devices) return std::unexpected(devices.error());
    return std::unique_ptr<DeviceStore>(
        new DeviceStore(machine, std::move(options), std::move(set_names), std::move(*devices)));
}

DeviceStore::DeviceStore(runtime::Machine& machine, StoreOptions options, SetNames set_names, Devices devices)
    : machine_(machine), options_(std::move(options)), set_names_(std::move(set_names)), devices_(std::move(devices)) {
    buffers_ = std::make_unique<BufferPool>(devices_[0]->block_bytes());
    residents_ = std::make_unique<Residents>(devices_);
    space_ = std::make_unique<Space>(devices_, options_, live_, [this] { committer_->wake(true); });
    for (size_t i = 0; i <= options_.streams; ++i) {
        streams_.push_back(std::make_unique<WriteStream>(
            WriteStream::Parts{devices_, *space_, *residents_, *buffers_, options_, set_names_, on_closed_},
            i < options_.streams ? Stream::user : Stream::defrag));
    }
    committer_ = std::make_unique<Committer>(
        Committer::Parts{machine_.loop(0), devices_, streams_, *space_, *residents_, options_, live_});
    openers_ = std::make_unique<Openers>(devices_, options_.streams + 2);
    defrag_ = std::make_unique<Defrag>(
        Defrag::Parts{devices_, *streams_.back(), *space_, *residents_, *openers_, *committer_, live_});
    raider_ = std::make_unique<TombRaider>(TombRaider::Parts{devices_, streams_, *committer_, options_, live_});
}

DeviceStore::~DeviceStore() {
    // Operations under way end first: they hold buffers.
    for (const auto& device : devices_) device->device.reset();
}

StoreDevice& DeviceStore::device_of(const Place& place) const {
    CAIRN_CHECK(place.device() < devices_.size());
    StoreDevice& device = *devices_[place.device()];
    CAIRN_CHECK(device.holds(place));
    return device;
}

std::expected<Place, ResultCode> DeviceStore::append(size_t stream, const Head& record) {
    if (committer_->failed()) [[unlikely]]
        return std::unexpected(ResultCode::server_error);
    auto place = streams_[stream]->append(record);
    if (!place && place.error() == ResultCode::device_overload) overload_.fetch_add(1, std::memory_order_relaxed);
    return place;
}

void DeviceStore::release(Place place) {
    const StoreDevice& device = device_of(place);
    space_->release({place.device(), device.locate(place).block}, place.units());
}

bool DeviceStore::copy_resident(Place place, Buffer& into) {
    const StoreDevice& device = device_of(place);
    const auto [block, unit] = device.locate(place);
    const BufferRef buffer = residents_->find({place.device(), block});
    if (!buffer) return false;
    const Head& stored = *reinterpret_cast<const Head*>(buffer->memory.data() + size_t{unit} * kUnit);
    CAIRN_CHECK(stored.units == place.units());
    return openers_->open(place.device(), stored, device.blocks[block].seq.load(std::memory_order_relaxed), unit, into);
}

void DeviceStore::prefetch(Place place) const {
    const auto [block, unit] = device_of(place).locate(place);
    residents_->prefetch({place.device(), block}, unit);
}

Ticket DeviceStore::ticket(size_t stream) const { return {uint32_t(stream), streams_[stream]->number()}; }

void DeviceStore::when_durable(runtime::Loop& home, Ticket ticket, std::move_only_function<void(bool)> done) {
    committer_->wait(home, ticket, std::move(done));
}

struct DeviceStore::Reading {
    Place place;
    uint64_t seq;  // of the block when it was asked for
    AlignedBuffer bytes;
    size_t skip;  // bytes before the record
    Buffer* into;
    std::move_only_function<void(ResultCode)> done;
};

void DeviceStore::read(runtime::Loop& home, Place place, Buffer& into, std::move_only_function<void(ResultCode)> done) {
    if (copy_resident(place, into)) {
        home.post([done = std::move(done)]() mutable { done(ResultCode::ok); });
        return;
    }
    StoreDevice& device = device_of(place);
    const uint64_t sector = device.device->sector();
    const uint64_t at = place.unit() * kUnit;
    const uint64_t first = at / sector * sector;
    const uint64_t end = (at + uint64_t{place.units()} * kUnit + sector - 1) / sector * sector;
    Reading reading{.place = place,
                    .seq = device.blocks[device.locate(place).block].seq.load(std::memory_order_relaxed),
                    .bytes = AlignedBuffer(end - first, std::max<size_t>(sector, kUnit)),
                    .skip = at - first,
                    .into = &into,
                    .done = std::move(done)};
    const MutableBytes bytes = reading.bytes.span();
    device.device->read(home, first, bytes, [this, reading = std::move(reading)](const Result<void>& result) mutable {
        const ResultCode code = take_read(reading, result);
        reading.done(code);
    });
}

ResultCode DeviceStore::take_read(Reading& reading, const Result<void>& result) {
    if (!result) return refuse(reading, result.error().detail);
    const StoreDevice& device = device_of(reading.place);
    const uint32_t unit = device.locate(reading.place).unit;
    const Head& stored = *reinterpret_cast<const Head*>(reading.bytes.data() + reading.skip);
    const uint32_t units = reading.place.units();
    const bool right =
        plausible_record(stored, units) && stored.units == units && check_record(stored, check_seed(reading.seq, unit));
    if (!right && !(options_.mutants.check_not_read && stored.units == units)) {
        return refuse(reading, "the check of a record is wrong");
    }
    if (!openers_->open(reading.place.device(), stored, reading.seq, unit, *reading.into)) {
        return refuse(reading, "a record cannot be decoded");
    }
    return ResultCode::ok;
}

ResultCode DeviceStore::refuse(const Reading& reading, std::string_view what) {
    const StoreDevice& device = device_of(reading.place);
    const Block& block = device.blocks[device.locate(reading.place).block];
    // A block that is in use again meanwhile holds something else: no damage, the index knows better by now.
    if (block.seq.load(std::memory_order_relaxed) != reading.seq) return ResultCode::server_error;
    corrupt_.fetch_add(1, std::memory_order_relaxed);
    if (options_.logger != nullptr) {
        options_.logger->warning(
            log::Module::storage, "cannot read a record",
            {{"device", device.device->path()}, {"address", reading.place.unit() * kUnit}, {"what", what}});
    }
    return ResultCode::server_error;
}

Result<void> DeviceStore::load(LoadSink& sink, runtime::Clock& clock) {
    if (load_snapshot(sink, clock)) return begin_run(space_->next_seq());
    Loader loader({machine_, clock, devices_, *residents_, *buffers_, options_}, sink);
    if (auto loaded = loader.load(); !loaded) return loaded;
    corrupt_.store(loader.corrupt(), std::memory_order_relaxed);
    damaged_ = loader.take_damaged();
    return begin_run(loader.highest_seq());
}

/// @return  false: blocks have to be read.
bool DeviceStore::load_snapshot(LoadSink& sink, runtime::Clock& clock) {
    clock.refresh();
    const Instant began = clock.now();
    const auto info = SnapshotLoader({clock, devices_, options_}, sink).load();
    if (info) space_->set_next_seq(info->next_block_seq);
    if (options_.logger == nullptr) return info.has_value();
    if (info) {
        clock.refresh();
        options_.logger->info(
            log::Module::storage, "fast restart: the index is that of the last stop",
            {{"namespace", options_.namespace_name},
             {"entries", info->entries},
             {"ms", uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - began).count())}});
    } else if (devices_[0]->superblock.run_seq != 0) {  // else it is new
        options_.logger->info(log::Module::storage, "cold start: all blocks are read",
                              {{"namespace", options_.namespace_name}, {"reason", info.error().detail}});
    }
    return info.has_value();
}

/// The mark of a clean stop goes before the first write does (S18). The sync that this takes also makes durable what a
/// killed process left in the machine's memory and load() has read: blocks are freed on the strength of it.
Result<void> DeviceStore::begin_run(uint64_t highest_seq) {
    space_->set_next_seq(options_.mutants.reuse_sequences ? 1 : highest_seq + kSeqStep);
    if (options_.mutants.late_clean_mark) return {};
    for (const auto& device : devices_) {
        Superblock superblock = device->superblock;
        superblock.clean = false;
        superblock.snapshot_id = 0;
        superblock.snapshot_place = 0;
        superblock.run_seq = space_->next_seq();
        if (device->key_is_new) superblock.previous_key_seq = std::exchange(superblock.key_seq, superblock.run_seq);
        if (auto written = write_superblock(*device, superblock); !written) return written;
        device->key_is_new = false;
    }
    openers_->take_keys(devices_, options_.streams + 2);
    return {};
}

/// Where no block in use is under one any more. All that lives is durable: it was found by a start, or all was written
/// out. A crash in between finds either superblock right.
void DeviceStore::forget_previous_keys() {
    if (space_->old_key_count() != 0) return;
    for (const auto& device : devices_) {
        if (!device->previous_key) continue;
        Superblock superblock = device->superblock;
        superblock.previous_key = {};
        if (auto written = write_superblock(*device, superblock); !written) {
            if (options_.logger != nullptr) {
                options_.logger->warning(log::Module::storage, "the previous data key is not forgotten yet",
                                         {{"device", device->device->path()}, {"reason", written.error().detail}});
            }
            continue;
        }
        device->previous_key.reset();
        if (options_.logger == nullptr) continue;
        options_.logger->info(log::Module::storage, "all is written anew; the previous data key is forgotten",
                              {{"device", device->device->path()}});
    }
    openers_->take_keys(devices_, options_.streams + 2);
}

void DeviceStore::keep(Place place) {
    const StoreDevice& device = device_of(place);
    space_->add_live({place.device(), device.locate(place).block}, place.units());
}

void DeviceStore::begin(Mover& mover) {
    mover_ = &mover;
    const DamageCounts damage = report_damage(std::exchange(damaged_, {}), devices_, options_.logger);
    torn_.fetch_add(damage.torn, std::memory_order_relaxed);
    corrupt_.fetch_add(damage.corrupt, std::memory_order_relaxed);
    space_->begin();
    forget_previous_keys();
    if (!options_.cache_all) return;
    for (const auto& device : devices_) {
        for (uint32_t block = 0; block < device->blocks.count(); ++block) {
            if (device->blocks[block].state == BlockState::free) residents_->drop({device->index, block});
        }
    }
}

void DeviceStore::start(runtime::TaskGroup& tasks) {
    CAIRN_CHECK(mover_ != nullptr);
    tasks.spawn(flush(tasks));
    defrag_->start(tasks, *mover_);
}

runtime::Task<void> DeviceStore::flush(runtime::TaskGroup& tasks) {
    while (co_await tasks.sleep(live_.flush_max.load(std::memory_order_relaxed))) committer_->tick();
}

void DeviceStore::tune(const StoreTuning& tuning) {
    const bool new_mark = tuning.defrag_lwm_pct != live_.defrag_lwm_pct.load(std::memory_order_relaxed);
    live_.set(tuning);
    if (new_mark) space_->look_for_sparse();
}

runtime::Task<RaidReport> DeviceStore::raid(runtime::TaskGroup& tasks, Graves& graves) {
    return raider_->raid(tasks, graves);
}

void DeviceStore::close(const IndexImage* index, std::move_only_function<void(Result<void>)> done) {
    for (const auto& stream : streams_) stream->close();
    committer_->finish([this, index, done = std::move(done)](Result<void> written) mutable {
        if (!written) return done(std::move(written));
        if (index == nullptr || options_.cache_all) return mark_clean(std::move(done));
        save_snapshot(*index, std::move(done));
    });
}

void DeviceStore::save_snapshot(const IndexImage& index, std::move_only_function<void(Result<void>)> done) {
    saver_ = std::make_unique<SnapshotSaver>(SnapshotSaver::Parts{machine_.loop(0), devices_, *space_}, index);
    saver_->save([this, done = std::move(done)](Result<SnapshotSaver::Saved> saved) mutable {
        if (!saved) return done(std::unexpected(saved.error()));
        saved_ = *std::move(saved);
        if (options_.logger != nullptr) {
            const bool kept = saved_.id != 0;
            options_.logger->info(log::Module::storage,
                                  kept ? "the index is kept for the next start" : "the next start will read all blocks",
                                  {{"namespace", options_.namespace_name},
                                   {"entries", saved_.entries},
                                   {"bytes", saved_.bytes},
                                   {"reason", kept ? "left in order" : saved_.why_not}});
        }
        mark_clean(std::move(done));
    });
}

/// Device by device; the first one that fails ends it.
void DeviceStore::mark_clean(std::move_only_function<void(Result<void>)> done) {
    if (marks_due_ == devices_.size()) return done({});
    StoreDevice& device = *devices_[marks_due_++];
    Superblock next = device.superblock;
    ++next.write_number;
    next.clean = true;
    next.snapshot_id = saved_.id;
    next.snapshot_place = saved_.id == 0 ? 0 : saved_.first.word();
    // All that lives is written anew and durable. A start might choose the old copy of a moved version again.
    if (space_->old_key_count() == 0) next.previous_key = {};
    const Bytes bytes = [&] {
        encode(next, superblocks_.emplace_back(kSuperblockBytes).span());
        return superblocks_.back().bytes();
    }();
    runtime::Loop& home = machine_.loop(0);
    device.device->write(
        home, next.place(), bytes, [this, &home, &device, next, done = std::move(done)](Result<void> written) mutable {
            if (!written) return done(std::move(written));
            device.device->sync(
                home, [this, &device, next = std::move(next), done = std::move(done)](Result<void> synced) mutable {
                    if (!synced) return done(std::move(synced));
                    device.superblock = std::move(next);
                    mark_clean(std::move(done));
                });
        });
}

StoreStats DeviceStore::stats() const {
    StoreStats stats;
    for (const auto& device : devices_) {
        stats.size += uint64_t{device->blocks.count()} * device->block_bytes();
        stats.write_queue += device->queued_bytes.load(std::memory_order_relaxed);
        const uint64_t free = device->free_blocks.count();
        const uint64_t blocks = device->blocks.count();
        if (stats.blocks_of_that == 0 || free * stats.blocks_of_that < stats.free_blocks_min * blocks) {
            stats.free_blocks_min = free;
            stats.blocks_of_that = blocks;
        }
    }
    for (size_t i = 0; i < options_.streams; ++i) stats.bytes_appended += streams_[i]->bytes_appended();
    stats.used = space_->live_bytes();
    stats.free_blocks = space_->free_count();
    stats.total_blocks = space_->total_count();
    stats.defrag_queue = defrag_->queued();
    stats.old_key_blocks = space_->old_key_count();
    stats.blocks_written = committer_->blocks_written();
    stats.blocks_defragged = defrag_->done();
    stats.defrag_reads = defrag_->reads();
    stats.defrag_blocks_written = committer_->defrag_blocks_written();
    stats.bytes_written = committer_->bytes_written();
    stats.corrupt = corrupt_.load(std::memory_order_relaxed) + defrag_->corrupt();
    stats.torn = torn_.load(std::memory_order_relaxed);
    stats.overload = overload_.load(std::memory_order_relaxed);
    stats.failed = committer_->failed();
    return stats;
}

}  // namespace cairn::storage
