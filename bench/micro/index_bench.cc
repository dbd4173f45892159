// Prices of the primary index and the record arena: one namespace of 4096 partitions in 32 slices, every operation
// compares the record's digest. CPU time of one thread; doors are not part of it.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "common/base/split_mix.h"
#include "node/index/arena.h"
#include "node/index/index.h"
#include "node/index/leaf_pool.h"

namespace cairn::index {
namespace {

constexpr uint32_t kSlices = 32;
constexpr uint32_t kRecordUnits = 10;  // 160 bytes: a bin with a string of 100

uint64_t mix(uint64_t x) { return next_split_mix(x); }

Digest digest_of(uint64_t n) {
    const uint64_t words[3] = {mix(n), mix(mix(n) ^ n), mix(mix(mix(n) ^ n))};
    return Digest::from(reinterpret_cast<const uint8_t*>(words));
}

struct Slice {
    Arena arena{uint64_t{8} << 30};
    LeafPool leaves{uint64_t{1} << 30};
};

/// A namespace as the partition code builds it, without doors, sets and configuration.
class Namespace {
public:
    Namespace() {
        for (uint32_t i = 0; i < kSlices; ++i) slices_.push_back(std::make_unique<Slice>());
        for (uint32_t i = 0; i < kPartitionCount; ++i) partitions_.emplace_back(static_cast<PartitionId>(i));
    }
    Index<ThinEntry>& partition(const Digest& digest) { return partitions_[digest.partition()]; }
    Slice& slice(const Digest& digest) { return *slices_[digest.partition() % kSlices]; }

    auto same(const Slice& slice, const Digest& digest) {
        return [&slice, &digest](const ThinEntry& entry) {
            const uint8_t* lines = slice.arena.at(entry.handle());
            __builtin_prefetch(lines + 64);
            __builtin_prefetch(lines + 128);
            return slice.arena.head(entry.handle())->digest == digest;
        };
    }
    Handle publish(Slice& slice, const Digest& digest, uint32_t units) {
        const Handle handle = slice.arena.take(units);
        record::Head head{};
        head.units = units & 0xFFFFF;
        head.digest = digest;
        *slice.arena.head(handle) = head;
        std::memset(slice.arena.at(handle) + sizeof(head), 1, units * record::kUnit - sizeof(head));
        return handle;
    }
    void insert(const Digest& digest) {
        Slice& at = slice(digest);
        const uint64_t key = digest.order();
        const Handle handle = publish(at, digest, kRecordUnits);
        CAIRN_CHECK(partition(digest).insert(at.leaves, key, ThinEntry::make(key, handle)));
        tidy(at);
    }
    bool find(const Digest& digest) {
        Slice& at = slice(digest);
        return partition(digest).find(at.leaves, digest.order(), same(at, digest)) != nullptr;
    }
    void overwrite(const Digest& digest, uint32_t units) {
        Slice& at = slice(digest);
        ThinEntry* entry = partition(digest).find(at.leaves, digest.order(), same(at, digest));
        const Handle old = entry->handle();
        entry->set_handle(publish(at, digest, units));
        at.arena.give(old);
        tidy(at);
    }
    void erase_and_insert(const Digest& digest) {
        Slice& at = slice(digest);
        const uint64_t key = digest.order();
        Handle handle = 0;
        CAIRN_CHECK(partition(digest).erase(at.leaves, key, [&](const ThinEntry& entry) {
            handle = entry.handle();
            return at.arena.head(handle)->digest == digest;
        }));
        CAIRN_CHECK(partition(digest).insert(at.leaves, key, ThinEntry::make(key, handle)));
        tidy(at);
    }
    void tidy(Slice& at) {
        if (at.arena.wants_tidy()) {
            at.arena.tidy(
                8,
                [&](Handle from, Handle to) {
                    const Digest& digest = at.arena.head(to)->digest;
                    CAIRN_CHECK(partition(digest).replace(at.leaves, digest.order(), from, to));
                },
                [&](const record::Head& head) {
                    partition(head.digest).prefetch_leaf(at.leaves, head.digest.order());
                });
        }
        if (at.leaves.wants_tidy()) {
            at.leaves.tidy([&](PartitionId owner, LeafPool::Ref ref) { partitions_[owner].move(at.leaves, ref); });
        }
    }
    uint64_t index_bytes() const {
        uint64_t bytes = partitions_.size() * sizeof(Index<ThinEntry>);
        for (const auto& index : partitions_) bytes += index.bytes();
        for (const auto& each : slices_) bytes += each->leaves.held_bytes() + each->leaves.overhead_bytes();
        return bytes;
    }
    uint64_t record_bytes() const {
        uint64_t bytes = 0;
        for (const auto& each : slices_) {
            bytes += each->arena.held_bytes() + each->arena.kept_bytes() + each->arena.overhead_bytes();
        }
        return bytes;
    }
    std::vector<Index<ThinEntry>>& partitions() { return partitions_; }
    Slice& slice_of(size_t partition) { return *slices_[partition % kSlices]; }

private:
    std::vector<std::unique_ptr<Slice>> slices_;
    std::vector<Index<ThinEntry>> partitions_;
};

// Built once for each size and shared by the reading benchmarks, which leave it as it was.
Namespace& filled(uint64_t records) {
    static std::unique_ptr<Namespace> kept;
    static uint64_t size = 0;
    if (size != records) {
        kept.reset();
        kept = std::make_unique<Namespace>();
        for (uint64_t n = 0; n < records; ++n) kept->insert(digest_of(n));
        size = records;
    }
    return *kept;
}

uint64_t records_of(const benchmark::State& state) { return static_cast<uint64_t>(state.range(0)); }

// Price of filling an empty namespace, record copy and tidying included; bytes per record at the end.
void insert(benchmark::State& state) {
    for (auto _ : state) {
        auto space = std::make_unique<Namespace>();
        for (uint64_t n = 0; n < records_of(state); ++n) space->insert(digest_of(n));
        state.PauseTiming();
        const auto records = static_cast<double>(records_of(state));
        state.counters["index_bytes"] = static_cast<double>(space->index_bytes()) / records;
        state.counters["record_bytes"] = static_cast<double>(space->record_bytes()) / records;
        space.reset();
        state.ResumeTiming();
    }
    state.counters["per_op"] = benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void hit(benchmark::State& state) {
    Namespace& space = filled(records_of(state));
    uint64_t n = 0;
    for (auto _ : state) CAIRN_CHECK(space.find(digest_of(mix(++n) % records_of(state))));
}

void miss(benchmark::State& state) {
    Namespace& space = filled(records_of(state));
    uint64_t n = 0;
    for (auto _ : state) CAIRN_CHECK(!space.find(digest_of(records_of(state) + mix(++n) % records_of(state))));
}

// Price of one key in a batch: leaf and record are asked for 32 keys each before the real lookups.
void hit_in_batch(benchmark::State& state) {
    constexpr size_t kBatch = 32;
    Namespace& space = filled(records_of(state));
    uint64_t n = 0;
    Digest keys[kBatch];
    while (state.KeepRunningBatch(kBatch)) {
        for (Digest& key : keys) {
            key = digest_of(mix(++n) % records_of(state));
        }
        for (const Digest& key : keys) space.partition(key).prefetch_leaf(space.slice(key).leaves, key.order());
        for (const Digest& key : keys) {
            const Slice& slice = space.slice(key);
            space.partition(key).find(slice.leaves, key.order(), [&slice](const ThinEntry& entry) {
                __builtin_prefetch(slice.arena.at(entry.handle()));
                return true;
            });
        }
        for (const Digest& key : keys) CAIRN_CHECK(space.find(key));
    }
}

// Price of one entry in a walk downwards, records not touched.
void walk(benchmark::State& state) {
    Namespace& space = filled(records_of(state));
    for (auto _ : state) {
        uint64_t seen = 0;
        for (size_t i = 0; i < space.partitions().size(); ++i) {
            const LeafPool& leaves = space.slice_of(i).leaves;
            for (std::optional<uint64_t> key = UINT64_MAX; key;) {
                key = space.partitions()[i].visit_down(
                    leaves, *key, [&](const ThinEntry& entry) { seen += 1 + (entry.handle() & 0); });
            }
        }
        CAIRN_CHECK(seen == records_of(state));
    }
    state.counters["per_op"] = benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Price of taking a key out of the index and putting it back.
void erase_and_insert(benchmark::State& state) {
    Namespace& space = filled(records_of(state));
    uint64_t n = 0;
    for (auto _ : state) space.erase_and_insert(digest_of(mix(++n) % records_of(state)));
}

// Price of a new version of another size: find, copy of 64 to 480 bytes, hole or append, compaction.
void overwrite(benchmark::State& state) {
    Namespace& space = filled(records_of(state));
    uint64_t n = 0;
    for (auto _ : state) {
        ++n;
        space.overwrite(digest_of(mix(n) % records_of(state)), 4 + static_cast<uint32_t>(mix(n ^ 77) % 27));
    }
    state.counters["record_bytes"] = static_cast<double>(space.record_bytes()) / static_cast<double>(records_of(state));
}

BENCHMARK(insert)->Arg(1'000'000)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(walk)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(hit)->Arg(1'000'000);
BENCHMARK(miss)->Arg(1'000'000);
BENCHMARK(hit_in_batch)->Arg(1'000'000);
BENCHMARK(erase_and_insert)->Arg(1'000'000);
BENCHMARK(overwrite)->Arg(1'000'000);
BENCHMARK(walk)->Arg(10'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(hit)->Arg(10'000'000);
BENCHMARK(miss)->Arg(10'000'000);
BENCHMARK(hit_in_batch)->Arg(10'000'000);
BENCHMARK(erase_and_insert)->Arg(10'000'000);
BENCHMARK(overwrite)->Arg(10'000'000);

}  // namespace
}  // namespace cairn::index
