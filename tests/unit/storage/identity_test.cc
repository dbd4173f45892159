#include "node/storage/format/identity.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace cairn::storage {
namespace {

constexpr std::string_view kErase = "overwrite its first 8 MiB with zeros";

SuperblockChoice found() {
    SuperblockChoice choice;
    choice.state = SuperblockState::valid;
    Superblock& one = choice.superblock;
    one.cluster.bytes.fill(0xC1);
    one.set.bytes.fill(0x5E);
    one.node_id = 0xA1;
    one.device_count = 2;
    one.device_bytes = 1 << 30;
    one.namespace_name = "test";
    return choice;
}

ExpectedDevice expected() {
    ExpectedDevice device;
    device.path = "/dev/sdx";
    device.namespace_name = "test";
    device.cluster.bytes.fill(0xC1);
    device.node_id = 0xA1;
    device.device_count = 2;
    device.device_bytes = 1 << 30;
    return device;
}

std::string refusal(const std::function<void(SuperblockChoice&)>& change) {
    SuperblockChoice choice = found();
    change(choice);
    const auto verified = verify(choice, expected());
    return verified ? "" : verified.error().detail;
}

TEST(Identity, OurOwnDeviceIsAccepted) {
    EXPECT_EQ(refusal([](SuperblockChoice&) {}), "");
}

TEST(Identity, ANodeWithoutAClusterAcceptsAny) {
    ExpectedDevice device = expected();
    device.cluster = {};
    EXPECT_TRUE(verify(found(), device));
}

// Each names the device, what was found, what was expected, and what to do.
TEST(Identity, EachStrangerIsNamedInOneSentence) {
    struct Case {
        std::function<void(SuperblockChoice&)> change;
        std::vector<std::string_view> parts;
    };
    const std::vector<Case> cases = {
        {[](SuperblockChoice& c) { c.superblock.namespace_name = "bar"; },
         {"namespace 'bar'", "expected namespace 'test'", kErase}},
        {[](SuperblockChoice& c) { c.superblock.cluster.bytes.fill(0xDD); },
         {"cluster dddddddd-", "expected cluster c1c1c1c1-", "give it back to that cluster"}},
        {[](SuperblockChoice& c) { c.superblock.node_id = 0xB2; },
         {"node B2", "expected node A1", "give it back to that node"}},
        {[](SuperblockChoice& c) { c.superblock.device_count = 3; },
         {"set of 3", "expected a set of 2", "all devices of the set"}},
        {[](SuperblockChoice& c) { c.superblock.device_bytes = 5; },
         {"1073741824 bytes", "expected the 5 bytes", "former size"}},
        {[](SuperblockChoice& c) { c.state = SuperblockState::newer, c.version = 4; },
         {"format version 4", "expected at most 1", "newer release"}},
        {[](SuperblockChoice& c) { c.state = SuperblockState::unknown; },
         {"not Cairn's", "expected a Cairn device", "another device"}},
        {[](SuperblockChoice& c) { c.state = SuperblockState::damaged; },
         {"damaged superblocks", "at least one whole", "backup"}},
        {[](SuperblockChoice& c) { c.state = SuperblockState::blank; },
         {"is empty", "expected a device", "name the device"}},
    };
    for (const auto& [change, parts] : cases) {
        const std::string sentence = refusal(change);
        EXPECT_TRUE(sentence.starts_with("device /dev/sdx ")) << sentence;
        EXPECT_EQ(sentence.find('\n'), std::string::npos);
        for (const auto part : parts)
            EXPECT_NE(sentence.find(part), std::string::npos) << sentence << " lacks " << part;
    }
}

std::vector<NamedSuperblock> pair() {
    std::vector<NamedSuperblock> devices = {{"/dev/sda", found().superblock}, {"/dev/sdb", found().superblock}};
    devices[1].superblock.device_index = 1;
    return devices;
}

TEST(DeviceSet, IsCompleteInAnyOrder) {
    auto devices = pair();
    EXPECT_TRUE(verify_set(devices));
    std::swap(devices[0], devices[1]);
    EXPECT_TRUE(verify_set(devices));
}

TEST(DeviceSet, DoesNotMixWithAnother) {
    auto devices = pair();
    devices[1].superblock.set.bytes.fill(0x77);
    const std::string sentence = verify_set(devices).error().detail;
    EXPECT_NE(sentence.find("/dev/sdb is of device set 77777777-"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("expected set 5e5e5e5e-"), std::string::npos) << sentence;
}

TEST(DeviceSet, HasEachNumberOnce) {
    auto devices = pair();
    devices[1].superblock.device_index = 0;
    EXPECT_NE(verify_set(devices).error().detail.find(
                  "is number 0 of its set, expected another number than that of /dev/sda"),
              std::string::npos);
}

TEST(DeviceSet, MissesNone) {
    auto devices = pair();
    devices.pop_back();
    EXPECT_NE(verify_set(devices).error().detail.find("set of 2, expected all of them, found 1"), std::string::npos);
}

}  // namespace
}  // namespace cairn::storage
