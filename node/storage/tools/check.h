#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/storage/format/block_walker.h"
#include "node/storage/tools/bodies.h"
#include "node/storage/tools/device_file.h"
#include "node/storage/tools/leftovers.h"

/// cairn-check: whether what stands on devices is whole. The page of the tool: docs/cairn-check.md.
namespace cairn::storage {

struct DeviceFindings {
    std::string path;
    Superblock superblock;
    bool readable = false;  // its superblock was valid, so its blocks were gone through
    uint32_t blocks = 0;
    uint32_t used_blocks = 0;  // that hold chunks; a large record's run counts once
    uint64_t records = 0;      // all stored versions
    uint64_t tombstones = 0;
    uint64_t stored_bytes = 0;  // of records and tombstones
    uint64_t damages[kDamages] = {};
    uint64_t unreadable_blocks = 0;
    uint64_t wrong_bodies = 0;   // whose check is right and which yet are no records
    uint64_t closed_bodies = 0;  // encrypted, and no key was given
    struct Bad {
        uint64_t byte;
        uint32_t block;
        std::string what;
    };
    std::optional<Bad> first_bad;
    /// Whatever else is wrong, a sentence each.
    std::vector<std::string> problems;

    /// Torn ends are not: a power cut leaves them, and nothing in them was promised.
    bool whole() const;
};

struct CheckSettings {
    std::vector<std::string> paths{};
    KeySource key{};
    bool json = false;
};

/// @param devices  all of the namespace.
std::vector<DeviceFindings> check_devices(std::span<DeviceFile> devices, const std::optional<SecretKey>& master_key);

std::string text_of(const DeviceFindings& findings);
std::string json_of(const DeviceFindings& findings);

/// All of the tool but its command line.
/// @param print  takes output.
/// @param warn   takes sentences about what is wrong beside a device's findings.
/// @return  whether everything is whole.
bool check(runtime::Disk& disk, const CheckSettings& settings, const std::function<void(const std::string&)>& print,
           const std::function<void(const std::string&)>& warn);

}  // namespace cairn::storage
