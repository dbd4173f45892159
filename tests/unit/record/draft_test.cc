#include "node/record/draft.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace cairn::record {
namespace {

/// A stored record with the draft's bins, in memory of its own.
struct Stored {
    explicit Stored(const Draft& draft, Bytes key = {}) {
        const size_t size = sizeof(Head) + stored_key_size(key.size()) + draft.stored_size();
        memory.resize((size + 15) / 16 * 2);
        head()->units = units_for(size);
        head()->pad = uint16_t(head()->units * kUnit - size) & 15;
        head()->has_key = !key.empty();
        uint8_t* end = draft.store(store_key(head()->body(), key));
        EXPECT_EQ(end, head()->body_end());
    }
    Head* head() { return reinterpret_cast<Head*>(memory.data()); }
    std::vector<uint64_t> memory;
};

std::map<std::string, std::string> bins_in(const Head& head) {
    std::map<std::string, std::string> found;
    BinWalk walk = walk_bins(head);
    Bin bin;
    while (walk.next(bin)) found[std::string(bin.name)] = as_text(bin.value);
    return found;
}

TEST(Draft, ValuesOfEveryLengthComeBack) {
    for (const size_t size : {0, 1, 11, 12, 255, 256, 65535, 65536, 1000000}) {
        const std::string value(size, 'v');
        Draft draft;
        draft.begin(nullptr);
        draft.set("name", Particle::string, as_bytes(value));
        Stored stored(draft);
        EXPECT_EQ(bins_in(*stored.head()).at("name"), value) << size;
    }
}

TEST(Draft, KeysOfEveryLengthComeBackAndLeaveBinsAlone) {
    for (const size_t size : {1, 2, 254, 255, 256, 70000}) {
        const std::string key(size, 'k');
        Draft draft;
        draft.begin(nullptr);
        draft.set("a", Particle::string, as_bytes("x"));
        Stored stored(draft, as_bytes(key));
        EXPECT_EQ(as_text(stored_key(*stored.head())), key) << size;
        EXPECT_EQ(bins_in(*stored.head()).at("a"), "x");
    }
}

TEST(Draft, IntegersKeepTheirValueInTheShortestForm) {
    for (const auto& [value, size] : std::vector<std::pair<int64_t, size_t>>{{0, 1},
                                                                             {-1, 1},
                                                                             {127, 1},
                                                                             {128, 2},
                                                                             {-129, 2},
                                                                             {32768, 4},
                                                                             {INT32_MIN, 4},
                                                                             {int64_t{INT32_MAX} + 1, 8},
                                                                             {INT64_MIN, 8},
                                                                             {INT64_MAX, 8}}) {
        uint8_t wire[8];
        store_be(wire, uint64_t(value));
        EXPECT_EQ(shorten_integer(wire).size(), size) << value;
        EXPECT_EQ(load_integer(shorten_integer(wire)), value);
    }
}

// Against a map, narrow and wide: beyond 32 bins names are found by hash.
TEST(Draft, BehavesAsAMapWhateverIsSetAndRemoved) {
    Draft draft;
    draft.begin(nullptr);
    std::map<std::string, std::string> model;
    std::vector<std::string> names;
    for (int i = 0; i < 200; ++i) names.push_back("bin" + std::to_string(i));
    uint32_t state = 7;
    for (int step = 0; step < 5000; ++step) {
        state = state * 1664525 + 1013904223;
        const std::string& name = names[(state >> 8) % (step < 2000 ? 20 : 200)];
        if ((state >> 24) % 3 == 0) {
            draft.remove(name);
            model.erase(name);
        } else {
            draft.set(name, Particle::string, as_bytes(name));
            model[name] = name;
        }
        ASSERT_EQ(draft.bin_count(), model.size());
        ASSERT_EQ(draft.find(name) != nullptr, model.contains(name));
    }
    Stored stored(draft);
    EXPECT_EQ(bins_in(*stored.head()), model);
    Draft again;
    again.begin(stored.head());
    EXPECT_EQ(again.bin_count(), model.size());
}

TEST(Draft, ManyRemovalsFromAWideRecordAreNotQuadratic) {
    std::vector<std::string> names;
    for (int i = 0; i < 32767; ++i) names.push_back(std::to_string(i));
    Draft draft;
    draft.begin(nullptr);
    for (const auto& name : names) draft.set(name, Particle::string, {});
    for (const auto& name : names) draft.remove(name);  // minutes, not milliseconds, when each one searches
    EXPECT_TRUE(draft.empty());
}

TEST(BinSearch, FindsTheSameBinsWalkingAndHashing) {
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back("bin" + std::to_string(i));
    Draft draft;
    draft.begin(nullptr);
    for (const std::string& name : names) draft.set(name, Particle::string, as_bytes(name));
    Stored stored(draft);
    for (const size_t lookups : {1, 1000}) {
        const BinSearch search(*stored.head(), lookups);
        Bin bin;
        for (const std::string& name : names) {
            EXPECT_TRUE(search.find(name, bin)) << name;
            EXPECT_EQ(as_text(bin.value), name);
        }
        EXPECT_FALSE(search.find("absent", bin));
    }
}

TEST(Draft, CountsWhatOneCommandComputes) {
    Draft draft;
    draft.begin(nullptr);
    draft.allocate(100);
    draft.allocate(1 << 20);
    EXPECT_EQ(draft.allocated(), (1 << 20) + 100);
    draft.begin(nullptr);
    EXPECT_EQ(draft.allocated(), 0);
}

}  // namespace
}  // namespace cairn::record
