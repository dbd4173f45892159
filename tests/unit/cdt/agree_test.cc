#include <gtest/gtest.h>

#include "node/record/collection.h"
#include "node/record/element_index.h"
#include "tests/unit/cdt/run.h"

// Goal: places in long collections change nothing but speed, and contexts lead to what operations do without them.
// Method: the same random operations on a bin, which has places when it is long, and on the same collection inside a
// map, which never has; codes, answers and values must be the same. Replay a failing seed with --gtest_filter=*/<seed>.
namespace cairn::cdt::test {
namespace {

constexpr int kOperations = 120;

class Dice {
public:
    explicit Dice(uint64_t seed) : state_(seed * 2654435761u + 1) {}
    int below(int limit) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return int((state_ >> 33) % uint64_t(limit));
    }
    bool in(int limit) { return below(limit) == 0; }

private:
    uint64_t state_;
};

Value scalar(Dice& dice) {
    switch (dice.below(8)) {
        case 0: return "text";
        case 1: return 1.5 * dice.below(20);
        case 2: return list({dice.below(5), dice.below(5)});
        case 3: return nil();
        default: return dice.below(300) - 20;
    }
}

Value key(Dice& dice) {
    if (dice.in(5)) return "k";
    return dice.below(400);
}

Packed items(Dice& dice, bool pairs) {
    Buffer out;
    const int count = dice.in(4) ? 90 : dice.below(5);
    if (pairs) msgpack::write_map_header(out, uint32_t(count));
    else msgpack::write_list_header(out, uint32_t(count));
    for (int i = 0; i < count; ++i) {
        if (pairs) msgpack::write_int(out, dice.below(4) + 4 * i);
        out.append(scalar(dice).bytes());
    }
    return Packed(out.data(), out.data() + out.size());
}

int want(Dice& dice, bool map) {
    constexpr int kOfLists[] = {0, 1, 2, 3, 4, 5, 7, 13}, kOfMaps[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17};
    return (map ? kOfMaps[dice.below(12)] : kOfLists[dice.below(8)]) + (dice.in(3) ? 0x10000 : 0);
}

Packed list_operation(Dice& dice, bool& reads) {
    const int position = dice.below(260) - 60;
    reads = dice.in(2);
    const int base = reads ? 0 : 13;  // of removals
    switch (dice.below(reads ? 9 : 16)) {
        case 0: return list({19 + base, want(dice, false), position});
        case 1: return list({20 + base, want(dice, false), scalar(dice)});
        case 2: return list({21 + base, want(dice, false), position});
        case 3: return list({22 + base, want(dice, false), scalar(dice)});
        case 4: return list({23 + base, want(dice, false), items(dice, false)});
        case 5: return list({24 + base, want(dice, false), position, dice.below(9)});
        case 6: return list({25 + base, want(dice, false), scalar(dice), scalar(dice)});
        case 7: return list({26 + base, want(dice, false), position, dice.below(9)});
        case 8: return list({27 + base, want(dice, false), scalar(dice), dice.below(9) - 4, dice.below(9)});
        case 9: return list({2, items(dice, false), 0, dice.below(16)});
        case 10: return list({3, position, scalar(dice), dice.below(8)});
        case 11: return list({4, position, items(dice, false), dice.below(16)});
        case 12: return list({9, position, scalar(dice), dice.below(8)});
        case 13: return list({12, position, dice.below(50)});
        case 14: return dice.in(4) ? list({13, dice.below(3)}) : list({0, dice.below(2)});
        default: return list({1, scalar(dice), 0, dice.below(8)});
    }
}

Packed map_operation(Dice& dice, bool& reads) {
    const int position = dice.below(260) - 60;
    reads = dice.in(2);
    const int base = reads ? 0 : -21;  // of removals
    switch (dice.below(reads ? 12 : 18)) {
        case 0: return list({97 + base, want(dice, true) & 0xFFFF, key(dice)});
        case 1: return list({98 + base, want(dice, true) & 0xFFFF, position});
        case 2: return list({99 + base, want(dice, true) & 0xFFFF, scalar(dice)});
        case 3: return list({100 + base, want(dice, true) & 0xFFFF, position});
        case 4: return list({reads ? 102 : 82, want(dice, true), scalar(dice)});
        case 5: return list({reads ? 103 : 84, want(dice, true), key(dice), key(dice)});
        case 6: return list({reads ? 104 : 85, want(dice, true), position, dice.below(9)});
        case 7: return list({reads ? 105 : 86, want(dice, true), scalar(dice), scalar(dice)});
        case 8: return list({reads ? 106 : 87, want(dice, true), position, dice.below(9)});
        case 9: return list({reads ? 107 : 81, want(dice, true), list({key(dice), key(dice), 7})});
        case 10: return list({reads ? 109 : 88, want(dice, true), key(dice), dice.below(9) - 4, dice.below(9)});
        case 11: return list({reads ? 110 : 89, want(dice, true), scalar(dice), dice.below(9) - 4, dice.below(9)});
        case 12: return list({68, items(dice, true), 0, dice.below(16)});
        case 13: return list({73, key(dice), dice.below(9)});
        case 14: return list({64, dice.below(4)});
        default: return list({67, key(dice), scalar(dice), 0, dice.below(8)});
    }
}

/// As a client would see it.
Packed plain(const Packed& stored) {
    if (!record::has_places(stored)) return stored;
    const record::PlainForm form = record::plain_form(stored);
    Packed shown(form.head, form.head + form.head_size);
    shown.insert(shown.end(), form.body.begin(), form.body.end());
    return shown;
}

class CdtAgree : public testing::TestWithParam<int> {};

TEST_P(CdtAgree, InABinAndInsideAnother) {
    Dice dice{uint64_t(GetParam())};
    const bool of_maps = GetParam() % 2 == 1;
    const Packed first = of_maps ? map({}) : list({});
    Bin bin(first), outer(map({"k", first}));
    for (int i = 0; i < kOperations; ++i) {
        bool reads = false;
        const Packed operation = of_maps ? map_operation(dice, reads) : list_operation(dice, reads);
        const Packed inside = list({255, list({0x22, "k"}), operation});
        const auto code = reads ? bin.read_packed(operation) : bin.modify_packed(operation);
        ASSERT_EQ(reads ? outer.read_packed(inside) : outer.modify_packed(inside), code) << "operation " << i;
        if (code != ResultCode::ok) continue;
        ASSERT_EQ(bin.result_type(), outer.result_type()) << "operation " << i;
        ASSERT_EQ(bin.result(), outer.result()) << "operation " << i;
        const Packed value = plain(bin.value());
        ASSERT_EQ(outer.value(), map({"k", value})) << "operation " << i;
        Buffer normal;
        const auto type = of_maps ? wire::Particle::map : wire::Particle::list;
        ASSERT_EQ(record::normalise_collection(type, value, normal), ResultCode::ok) << "operation " << i;
        ASSERT_EQ(Packed(normal.data(), normal.data() + normal.size()), value) << "operation " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CdtAgree, testing::Range(0, 200));

}  // namespace
}  // namespace cairn::cdt::test
