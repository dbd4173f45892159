// Prices of one secondary index of a namespace of 32 slices: a set of entries for each. Memory per entry is a counter of
// each benchmark. Values: ages 0 to 99, ascending numbers, hashes.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "common/base/check.h"
#include "node/sindex/entry_set.h"

namespace cairn::sindex {
namespace {

using index::LeafPool;

constexpr uint32_t kSlices = 32;
constexpr uint32_t kEntries = 1'000'000;

uint64_t mix(uint64_t n) {
    n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9;
    n = (n ^ n >> 27) * 0x94D049BB133111EB;
    return n ^ n >> 31;
}

enum Kind : int64_t { ages, numbers, hashes };

/// The entry of the n-th record.
Entry entry_of(int64_t kind, uint64_t n) {
    const uint64_t random = mix(n + 1);
    const Value value = kind == ages      ? value_of_integer(int64_t(mix(random) % 100))
                        : kind == numbers ? value_of_integer(int64_t(n))
                                          : mix(random);
    return {value, random};
}

class Namespace {
public:
    explicit Namespace(int64_t kind) : kind_(kind) {
        for (uint32_t i = 0; i < kSlices; ++i) slices_.push_back(std::make_unique<Slice>());
    }

    struct Slice {
        LeafPool pool{1u << 30};
        EntrySet entries{0};
    };
    const std::vector<std::unique_ptr<Slice>>& slices() const { return slices_; }

    void insert(uint64_t n) {
        const Entry entry = entry_of(kind_, n);
        Slice& slice = slice_of(entry);
        CAIRN_CHECK(slice.entries.insert(slice.pool, entry) == EntrySet::Insert::added);
        tidy(slice);
    }
    void erase(uint64_t n) {
        const Entry entry = entry_of(kind_, n);
        Slice& slice = slice_of(entry);
        CAIRN_CHECK(slice.entries.erase(slice.pool, entry));
        tidy(slice);
    }
    bool contains(uint64_t n) {
        const Entry entry = entry_of(kind_, n);
        const Slice& slice = slice_of(entry);
        return slice.entries.contains(slice.pool, entry);
    }
    double bytes_per_entry() const {
        uint64_t bytes = 0;
        uint64_t entries = 0;
        for (const auto& slice : slices_) {
            entries += slice->entries.size();
            bytes +=
                sizeof(EntrySet) + slice->entries.bytes() + slice->pool.held_bytes() + slice->pool.overhead_bytes();
        }
        return double(bytes) / double(entries);
    }

private:
    Slice& slice_of(Entry entry) { return *slices_[entry.partition() % kSlices]; }
    static void tidy(Slice& slice) {
        if (!slice.pool.wants_tidy()) return;
        slice.pool.tidy([&](uint16_t, LeafPool::Ref ref) { slice.entries.move(slice.pool, ref); });
    }

    int64_t kind_;
    std::vector<std::unique_ptr<Slice>> slices_;
};

std::unique_ptr<Namespace> filled(int64_t kind) {
    auto space = std::make_unique<Namespace>(kind);
    for (uint64_t n = 0; n < kEntries; ++n) space->insert(n);
    return space;
}

void insert(benchmark::State& state) {
    std::unique_ptr<Namespace> space;
    for (auto _ : state) space = filled(state.range(0));
    state.counters["bytes"] = space->bytes_per_entry();
    state.counters["per_op"] = benchmark::Counter(double(state.iterations()) * kEntries,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void hit(benchmark::State& state) {
    const auto space = filled(state.range(0));
    uint64_t n = 0;
    for (auto _ : state) CAIRN_CHECK(space->contains(mix(++n) % kEntries));
}

// Price of a record that changes: its entry out, and another in; memory after as many changes as there are entries.
void change(benchmark::State& state) {
    const auto space = filled(state.range(0));
    uint64_t n = 0;
    for (auto _ : state) {
        space->erase(n);
        space->insert(n + kEntries);
        ++n;
    }
    state.counters["bytes"] = space->bytes_per_entry();
}

// Price of one entry in a visit of all.
void visit(benchmark::State& state) {
    const auto space = filled(state.range(0));
    for (auto _ : state) {
        uint64_t seen = 0;
        for (const auto& slice : space->slices()) {
            for (std::optional<Entry> at = Entry{}; at;) {
                at = slice->entries.visit(slice->pool, *at, Entry::last_of(UINT64_MAX), 256,
                                          [&](Entry entry) { seen += 1 + (entry.key & 0); });
            }
        }
        CAIRN_CHECK(seen == kEntries);
    }
    state.counters["per_op"] = benchmark::Counter(double(state.iterations()) * kEntries,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Price of asking all slices for one value.
void ask(benchmark::State& state) {
    const auto space = filled(numbers);
    uint64_t n = 0;
    for (auto _ : state) {
        const Value value = value_of_integer(int64_t(mix(++n) % kEntries));
        uint64_t seen = 0;
        for (const auto& slice : space->slices()) {
            slice->entries.visit(slice->pool, Entry::first_of(value), Entry::last_of(value), 256,
                                 [&](Entry) { ++seen; });
        }
        CAIRN_CHECK(seen == 1);
    }
}

BENCHMARK(insert)->Arg(ages)->Arg(numbers)->Arg(hashes)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(hit)->Arg(ages)->Arg(numbers)->Arg(hashes);
BENCHMARK(change)->Arg(ages)->Arg(numbers)->Arg(hashes)->Iterations(kEntries);
BENCHMARK(visit)->Arg(ages)->Arg(numbers)->Arg(hashes)->Unit(benchmark::kMillisecond);
BENCHMARK(ask)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cairn::sindex
