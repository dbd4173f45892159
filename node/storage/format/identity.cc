#include "node/storage/format/identity.h"

#include <cstdio>

namespace cairn::storage {
namespace {

std::string quoted(const std::string& name) { return "'" + name + "'"; }

std::string node_text(uint64_t id) {
    char text[20];
    std::snprintf(text, sizeof(text), "%llX", static_cast<unsigned long long>(id));
    return text;
}

constexpr std::string_view kErase = "to start empty, losing what it holds, overwrite its first 8 MiB with zeros";

/// @param what    found and expected: "is of node A1, expected node B2".
/// @param remedy  what to do.
std::unexpected<Error> refuse(const std::string& path, const std::string& what, const std::string& remedy) {
    return fail("device " + path + " " + what + ": " + remedy);
}

Result<void> verify_state(const SuperblockChoice& found, const std::string& path) {
    const std::string erase(kErase);
    switch (found.state) {
        case SuperblockState::valid: return {};
        case SuperblockState::blank:
        case SuperblockState::unfinished:
            return refuse(path, "is empty, expected a device of this namespace",
                          "name the device that holds its records");
        case SuperblockState::unknown:
            return refuse(path, "holds something that is not Cairn's, expected a Cairn device or zeros",
                          "name another device, or " + erase);
        case SuperblockState::damaged:
            return refuse(path, "has two damaged superblocks, expected at least one whole",
                          "replace the device and let the other nodes fill it, or restore a backup; " + erase);
        case SuperblockState::newer: break;
    }
    return refuse(
        path,
        "has format version " + std::to_string(found.version) + ", expected at most " + std::to_string(kFormatVersion),
        "start the newer release of Cairn that wrote it");
}

}  // namespace

Result<void> verify(const SuperblockChoice& found, const ExpectedDevice& expected) {
    if (auto known = verify_state(found, expected.path); !known) return known;
    const Superblock& is = found.superblock;
    const std::string& path = expected.path;
    const std::string erase(kErase);
    if (is.namespace_name != expected.namespace_name) {
        return refuse(
            path,
            "is of namespace " + quoted(is.namespace_name) + ", expected namespace " + quoted(expected.namespace_name),
            "configure it for that namespace, or " + erase);
    }
    if (!expected.cluster.is_nil() && is.cluster != expected.cluster) {
        return refuse(path, "is of cluster " + is.cluster.text() + ", expected cluster " + expected.cluster.text(),
                      "give it back to that cluster, or " + erase);
    }
    if (is.node_id != expected.node_id) {
        return refuse(path, "is of node " + node_text(is.node_id) + ", expected node " + node_text(expected.node_id),
                      "give it back to that node, or set this node's id to that one's, or " + erase);
    }
    if (is.device_count != expected.device_count) {
        return refuse(path,
                      "is one of a set of " + std::to_string(is.device_count) + ", expected a set of " +
                          std::to_string(expected.device_count) + " as configured",
                      "configure all devices of the set and no other, or " + erase);
    }
    if (is.device_bytes != expected.device_bytes) {
        return refuse(path,
                      "has " + std::to_string(expected.device_bytes) + " bytes, expected the " +
                          std::to_string(is.device_bytes) + " bytes it was set up with",
                      "give it its former size, or " + erase);
    }
    return {};
}

Result<void> verify_set(std::span<const NamedSuperblock> devices) {
    if (devices.empty()) return {};
    const auto& [first_path, first] = devices.front();
    for (size_t i = 0; i < devices.size(); ++i) {
        const auto& [path, is] = devices[i];
        if (is.set != first.set) {
            return refuse(
                path, "is of device set " + is.set.text() + ", expected set " + first.set.text() + " as " + first_path,
                "configure the devices of one set only, or " + std::string(kErase));
        }
        for (size_t j = 0; j < i; ++j) {
            if (devices[j].superblock.device_index != is.device_index) continue;
            return refuse(path,
                          "is number " + std::to_string(is.device_index) +
                              " of its set, expected another number than that of " + devices[j].path,
                          "name each device once; if one is a copy of the other, take the copy away");
        }
    }
    if (devices.size() < first.device_count) {
        return refuse(first_path,
                      "is one of a set of " + std::to_string(first.device_count) + ", expected all of them, found " +
                          std::to_string(devices.size()),
                      "add the missing ones to the configuration");
    }
    return {};
}

}  // namespace cairn::storage
